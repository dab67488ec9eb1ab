// `manifest`: its options and help.

import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

const MANIFEST_HELP = `
A manifest is a text of at most 64 KiB, whatever the size of the file, that says of any copy which
ranges differ, without the original. Mail it, attached or in the body.

  heisenwrite manifest capture.bin -o capture.manifest
  heisenwrite manifest capture.bin | mail -s capture partner@example.org
  heisenwrite manifest capture.bin -o fine.manifest --chunk 64KiB      exact to 64 KiB, and longer

Who has a copy:
  heisenwrite verify copy.bin --manifest capture.manifest

Nobody may see the other's file, and both have a manifest, with whatever chunks:
  heisenwrite manifest --compare theirs.manifest ours.manifest

All manifests of the same bytes have the same root, so two can also be compared by telephone.
A manifest that was damaged on its way is recognised and accuses no file. Against somebody who
chooses both files on purpose it is no proof. Its layout: docs/manifest.md.

Exit: 0 done, or no difference; 1 they differ; 2 usage, or what was given is no manifest; 3 nothing
could be concluded: the manifest is damaged, or the file changed while it was read.`;

/** Declares it; the program is loaded when it is called. */
export function manifestCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('manifest')
    .description('digests of the chunks of any file, to find in a copy what differs')
    .argument('<file>', 'any file; with --compare the manifest that is right')
    .argument('[other]', 'with --compare: the manifest that is held against it')
    .option('-o, --output <path>', 'a name that is free; without it, to standard output')
    .option('--chunk <size>', 'a power of two from 64KiB (such that the manifest fits in 64 KiB)')
    .option('--compare', 'two manifests: which ranges of their files differ')
    .addOption(new Option('--json', 'print one JSON document'))
    .addHelpText('after', MANIFEST_HELP)
    .action(async (file: string, other: string | undefined, options) => {
      const { runManifest } = await import('../manifest.ts');
      exit(await runManifest({ compare: false, ...options, file, other }, terminal));
    });
}
