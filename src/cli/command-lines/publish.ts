// `publish` and `pickup`: their options and help.

import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

const PUBLISH_HELP = `
Examples:
  heisenwrite publish report.bin /srv/drop
  heisenwrite publish report.bin sftp://drop@partner/incoming --verify
  heisenwrite publish report.bin s3://bucket/incoming --name report-17.bin --replace

It is written under a temporary name on the same medium, synced, read back (--verify), named in one
step, and then marked (NAME.ready, with length and SHA-256). Killed at any moment it leaves no half
file under its name; the same command again goes on and clears up. A name whose file a picker has
claimed and not delivered is taken.

Exit: 0 it is there, whole; 2 usage, or the name is taken; 3 it could not be done.`;

const PICKUP_HELP = `
Examples:
  heisenwrite pickup /srv/drop /srv/in
  heisenwrite pickup sftp://drop@partner/incoming /srv/in --json

It moves all that is ready now: what has a marker (NAME.ready) that agrees in length and SHA-256.
Each file is taken once, also with several pickers at once; what differs is left, and said. A file
that fails keeps no other from being taken; where it is now is said.

Exit: 0 done, also where nothing was ready; 2 usage; 3 it could not be done, of one file or more.`;

/** Declares both; the program is loaded when one is called. */
export function publishCommands(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  const json = new Option('--json', 'print one JSON document');
  const stale = new Option(
    '--stale <time>',
    'after which what another host left counts as left behind',
  ).default('1d');
  root
    .command('publish')
    .description('bring a file into a folder so that nobody can take a half of it')
    .argument('<file>', 'a file of this host')
    .argument('<place>', 'a directory, or the URL of a medium')
    .option('--name <name>', 'in that folder (default: that of the file)')
    .option('--replace', 'also where the name holds another content')
    .option('--verify', 'read all of it back through a second client before anybody can see it')
    .option('--no-marker', 'without NAME.ready')
    .option('--mode <octal>', 'permissions there (default: those of the file), less a umask')
    .addOption(stale)
    .addOption(json)
    .addHelpText('after', PUBLISH_HELP)
    .action(async (file: string, place: string, options) => {
      const { runPublish } = await import('../publish.ts');
      exit(await runPublish({ file, place, ...options }, terminal));
    });
  root
    .command('pickup')
    .description('move what was published out of a folder, each file once and whole')
    .argument('<place>', 'a directory, or the URL of a medium')
    .argument('<into>', 'a directory, or the URL of a medium')
    .addOption(
      new Option('--trust <what>', 'what says that a file is ready')
        .choices(['marker', 'name'])
        .default('marker'),
    )
    .option('--replace', 'also where the name holds another content there')
    .addOption(stale)
    .addOption(json)
    .addHelpText('after', PICKUP_HELP)
    .action(async (place: string, into: string, options) => {
      const { runPickUp } = await import('../pick-up.ts');
      exit(await runPickUp({ place, into, ...options }, terminal));
    });
}
