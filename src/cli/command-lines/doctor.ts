// `doctor`: its options and help.

import type { Command } from 'commander';
import { EXIT_UNKNOWN } from '../../domain/errors.ts';
import type { Terminal } from '../terminal.ts';

/** Declares it; the program is loaded when it is called. */
export function doctorCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('doctor')
    .description('rig checks, what this machine can do, and what brings the rest')
    .argument('[place]', 'the directory to look at', '.')
    .option('--json', 'print one JSON document')
    .action(async (place: string, options: { json?: boolean }) => {
      const { doctor, doctorLines } = await import('../doctor.ts');
      const report = await doctor(place);
      if (options.json) terminal.printJson(report);
      else for (const line of doctorLines(report)) terminal.print(line);
      exit(report.ready ? 0 : EXIT_UNKNOWN);
    });
}
