// `stamp`, `verify` and `diagnose`: their options and help.

import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

/** Declares the three; the program is loaded when one is called. */
export function fileCommands(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  const json = new Option('--json', 'print one JSON document');
  root
    .command('stamp')
    .description('write a file that can check itself anywhere')
    .argument('<file>', 'a name that is free')
    .requiredOption('--size <size>', 'for example 1GiB')
    .option('--block <size>', 'a power of two from 512 to 1MiB', '4KiB')
    .option('--generation <n>', 'the version that every block carries', '1')
    .option(
      '--pattern <name>',
      'stamp, alternating, ones, zeros, walking, counter, text, random',
      'stamp',
    )
    .option('--seed <seed>', 'the same seed and options give the same bytes')
    .option('--resume', 'go on with an intact beginning that an ended `stamp` left')
    .addOption(json)
    .action(async (file: string, options) => {
      const { runStamp } = await import('../stamp.ts');
      exit(await runStamp({ file, ...options }, terminal));
    });
  root
    .command('verify')
    .description('check a stamped file, alone: what is wrong, where, of what kind')
    .argument('<file>')
    .option('--manifest <path>', 'any file, by what `heisenwrite manifest` said of the right one')
    .addOption(json)
    .action(async (file: string, options) => {
      const { runVerify } = await import('../verify.ts');
      exit(await runVerify({ file, ...options }, terminal));
    });
  root
    .command('diagnose')
    .description('classify the damage between two files')
    .argument('<bad>', 'the file as it was found')
    .argument('<good>', 'the file as it was meant')
    .addOption(json)
    .action(async (bad: string, good: string, options) => {
      const { runDiagnose } = await import('../diagnose.ts');
      exit(await runDiagnose({ bad, good, ...options }, terminal));
    });
}
