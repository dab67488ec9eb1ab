// `doctor`: its options and help.

import type { Command } from 'commander';
import { EXIT_UNKNOWN, HeisenwriteError } from '../../domain/errors.ts';
import type { DetectionOptions } from '../detection/doctor-detection.ts';
import type { Terminal } from '../terminal.ts';

interface DoctorOptions extends DetectionOptions {
  readonly detection?: boolean;
}

const DETECTION_HELP = `
With --detection, faults of each kind are planted through mounts and proxies, with real servers on
loopback, and the table says of each: planted, found, called by its right name, falsely accused.
docs/detection.md explains it. Media that cannot be tested here are named with the reason.

Exit: 0 ready (or: the detector does what it must), 1 a planted fault was missed, miscalled or
invented, 2 usage, 3 not ready (or: a medium could not be tested).`;

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
    .option('--detection', 'test the detector itself: plant each fault in each medium')
    .option('--media <names>', 'with --detection: file,block,nfs,sftp,s3 (default: all)')
    .option('--trials <n>', 'with --detection: trials of each fault (default: 10)')
    .option('--seed <seed>', 'with --detection: repeat other decisions (default: 1)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', DETECTION_HELP)
    .action(async (place: string, options: DoctorOptions) => {
      if (options.detection) {
        const { doctorDetection } = await import('../detection/doctor-detection.ts');
        exit(await doctorDetection(options, terminal));
        return;
      }
      refuseWithoutDetection(options);
      const { doctor, doctorLines } = await import('../doctor.ts');
      const report = await doctor(place);
      if (options.json) terminal.printJson(report);
      else for (const line of doctorLines(report)) terminal.print(line);
      exit(report.ready ? 0 : EXIT_UNKNOWN);
    });
}

function refuseWithoutDetection({ media, trials, seed }: DoctorOptions): void {
  const [given] = Object.entries({ media, trials, seed }).filter(
    ([, value]) => value !== undefined,
  );
  if (!given) return;
  throw new HeisenwriteError('invalid-option', `--${given[0]} is for doctor --detection`);
}
