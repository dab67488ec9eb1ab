// `watch`: its options and help.

import { type Command, InvalidArgumentError } from 'commander';
import type { Terminal } from '../terminal.ts';

const WATCH_HELP = `
Examples:
  heisenwrite watch /srv/drop                     until Ctrl-C
  heisenwrite watch /srv/drop --settle 60s --quiet 10m --for 1d     the wait that your watcher has
  heisenwrite watch sftp://user@host/incoming --for 2h --json

It looks at names, lengths, times and blocks, on this host also at who has a file open and when it
is closed (/proc, inotify), opens no file and changes nothing. Each file that arrives is told of
once it has been quiet (--quiet), with each rule that had called it ready before its last change.
Files that were there before, unfinished names (.part, .tmp, a leading dot) and markers (NAME.ready)
are no arrivals. A change that leaves length and time as they are is not seen; times of SFTP are
whole seconds.

Exit: 0 no rule was fooled, 1 one was, 2 usage, 3 nothing arrived.`;

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('a number from 1 on is wanted.');
}

/** Declares it; the program is loaded when it is called. */
export function watchCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('watch')
    .description('which "is it ready?" rules are fooled by the files that arrive here')
    .argument('<place>', 'a directory, or the URL of a medium')
    .option('--settle <time>', 'how long a rule that waits wants nothing to change', '2s')
    .option('--poll <time>', 'between two looks', '100ms')
    .option('--quiet <time>', 'after which a file is taken for complete', '30s')
    .option('--for <time>', 'how long (default: until Ctrl-C)')
    .option('--files <n>', 'end after so many files', countOf)
    .option('--json', 'print JSON lines: each file, and the end')
    .addHelpText('after', WATCH_HELP)
    .action(async (place: string, options) => {
      const { runWatch } = await import('../watch.ts');
      exit(await runWatch(place, options, terminal));
    });
}
