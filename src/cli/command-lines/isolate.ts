// `isolate`: its options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const ISOLATE_HELP = `
Examples:
  heisenwrite isolate                       of the newest hunt here
  heisenwrite isolate /mnt/x/heisenwrite-9f3c...
  heisenwrite isolate --csv runs.csv --ignore started_at --ignore run
  heisenwrite isolate --csv ci.csv --verdict conclusion --json

A table has a header and a row for each trial; every column is a factor but these:
  verdict   pass, ok, clean, 0; fail, error, damaged, 1; skipped, unknown or nothing
  count     optional: so many trials that ended alike
or, instead of a verdict, the columns trials and failures:

  kernel,sync,size,trials,failures
  5.1,async,4KiB,1200,4
  5.2,async,4KiB,1180,0

Levels that are all numbers, sizes (4KiB) or durations (30s) are taken as ordered. Leave out times,
run numbers and what was measured with --ignore: they are no factors. An empty level is one, too.

Exit: 1 a claim is made (something failed, as of diff), 2 usage, 3 nothing could be concluded, also
where no trial failed.`;

/** Declares it; the program is loaded when it is called. */
export function isolateCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('isolate')
    .description('which factors the failures need, with its certificate')
    .argument('[hunt]', 'its directory or number (default: the newest here)')
    .option('--csv <file>', 'a table of trials that were made elsewhere, instead of a hunt')
    .option('--verdict <column>', 'the column that says how a trial ended (default: verdict)')
    .option('--ignore <column>', 'a column that is no factor, repeatable', several)
    .option('--separator <character>', 'comma, semicolon, tab or pipe (default: from the header)')
    .option('--seed <seed>', 'of the draws that pair the trials of a table')
    .option('--json', 'print one JSON document')
    .addHelpText('after', ISOLATE_HELP)
    .action(async (named: string | undefined, options) => {
      const { runIsolate } = await import('../isolate.ts');
      exit(await runIsolate(named, options, terminal));
    });
}
