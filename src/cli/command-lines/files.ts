// `stamp`, `verify` and `diagnose`: their options and help.

import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

const VERIFY_HELP = `
Whoever has some bytes of a stamped file can check them, without the rest and without its writer:

  heisenwrite stamp probe.bin --size 10GiB        at the sender, then sent the usual way
  heisenwrite verify probe.bin                    at each hop: what is wrong there, and where
  heisenwrite verify probe.bin --range 8MiB-16MiB
  heisenwrite verify probe.bin.part --part        what has come so far, or any range of it: the
                                                  stamps say which
  heisenwrite verify archive.tar --member probe.bin
  zcat archive.tar.gz | heisenwrite verify - --member probe.bin
  curl -s URL | heisenwrite verify -              forward only; nothing is stored

The answer lists what is intact, zeros, stale (of an older generation), misdirected (from where),
missing or of another hunt, with offsets of the stamped file, and the part size that explains the
holes, where one does: "exactly parts 7 and 9 of 8MiB". Without --part a beginning that is all right
is still not the whole file. Exit code: 0 as it was stamped, 1 not so, 2 no stamped file, 3 it could
not be read, or somebody wrote to it meanwhile.`;

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
    .argument('<file>', 'a stamped file, a part of one, a tar archive, or - for stdin')
    .option('--range <from-to>', 'only these bytes of the file, such as 8MiB-16MiB')
    .option('--part', 'it is known to be a part: what is not in it is not missing')
    .option('--member <name>', 'a file in the tar archive that the file is')
    .option('--manifest <path>', 'any file, by what `heisenwrite manifest` said of the right one')
    .addOption(json)
    .addHelpText('after', VERIFY_HELP)
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
