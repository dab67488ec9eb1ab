// `report`: its options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** Declares it; the program is loaded when it is called. */
export function reportCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('report')
    .description('the report of a stored hunt, also of one that was killed or still runs')
    .argument('[hunt]', 'its directory or number (default: the newest here)')
    .option('--json', 'print the report as one JSON document')
    .option('--html <file>', 'write it as one HTML file that needs no network')
    .option('--junit <file>', 'write it as JUnit XML')
    .action(async (named: string | undefined, options) => {
      const { runReport } = await import('../report-command.ts');
      exit(await runReport(named, options, terminal));
    });
}
