// `replay`: its options and help.

import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const REPLAY_HELP = `
Print: position, time since the oldest record, writer, event, fields
  heisenwrite replay recordings/                      all of a directory, merged by time
  heisenwrite replay a.hwrec --last 20
  heisenwrite replay a.hwrec --event send --where 'size >= 4KiB and took > 5ms'
  heisenwrite replay . --from +1.5 --to +1.6          between two times, as printed
  heisenwrite replay . --around 'sender 1234:1041' --context 10
  heisenwrite replay . --around +1.503211042

Which message that was sent was never received?
  heisenwrite replay . --match send:id recv:id
  heisenwrite replay . --match send:from,id recv:from,id --late 100ms
  heisenwrite replay . --match send:id recv:id --deliver each     to every receiver

  Lost is said only of what no ring has forgotten and what cannot be under way any more; the rest
  is unknown. Ids need not be unique, but what tells senders apart belongs into the key.

What is different before a failure? One file or directory for each run, several of each kind:
  heisenwrite replay --diff good-1 good-2 good-3 --bad bad-1 bad-2 bad-3
  heisenwrite replay --diff good.hwrec bad.hwrec

For other programs:
  heisenwrite replay . --json | jq 'select(.event == "send")'
  heisenwrite replay . --export perfetto --output trace.pftrace --match send:id recv:id
  heisenwrite replay . --export ctf --output trace/   then: babeltrace2 trace/

A query is clauses joined by "and": FIELD = != < <= > >= VALUE, and ~ for "contains". Values are
numbers, sizes (4KiB), spans (5ms) or text; names are fields, EVENT.FIELD, event, writer, sequence.
Times: +1.5 and 1500ms count from the oldest record, 86400.5 is the clock's own (--absolute).

Exit: 0 printed, nothing lost; 1 lost, duplicated, never sent, or what --late and --ordered forbid,
or a difference; 2 usage; 3 nothing could be concluded.`;

/** Declares it; the program is loaded when it is called. */
export function replayCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('replay')
    .description(
      'flight recordings: print, query, match what was sent and received, compare, export',
    )
    .argument('[paths...]', 'recordings, or directories of them')
    .option('--last <n>', 'the last events only')
    .option('--event <name>', 'events of this name, repeatable', several)
    .option('--where <query>', 'events that fit, repeatable: all must', several)
    .option('--from <time>', 'from this time on')
    .option('--to <time>', 'up to this time')
    .option('--around <record|time>', 'WRITER:POSITION or a time: what is around it')
    .option('--context <n>', 'events shown before and after (10; with --match 4)')
    .option('--absolute', 'times as the clock has them, in seconds')
    .option('--match <terms...>', 'EVENT:FIELD,... of a send and of its receipt')
    .addOption(
      new Option('--deliver <to>', 'with several receivers: to one of them, or to each').choices([
        'once',
        'each',
      ]),
    )
    .option('--late <span>', 'with --match: a receipt after more than this is late')
    .option('--ordered', 'with --match: messages of one sender must stay in order')
    .option('--under-way <span>', 'with --match: younger than this at the end is not called lost')
    .option('--diff <good...>', 'runs that went well, to compare with those of --bad')
    .option('--bad <bad...>', 'runs that failed')
    .addOption(
      new Option('--export <format>', 'for other programs').choices([
        'perfetto',
        'ctf',
        'json',
        'csv',
      ]),
    )
    .option('--output <path>', 'where the export goes; json and csv: standard output without it')
    .option('--json', 'print JSON lines; with --match and --diff one document')
    .addHelpText('after', REPLAY_HELP)
    .action(async (paths: readonly string[], options) => {
      const { runReplay } = await import('../replay.ts');
      exit(await runReplay(paths, options, terminal));
    });
}
