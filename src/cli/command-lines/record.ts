// `record`: its options and help.

import { type Command, Option } from 'commander';
import { FLAG_KINDS } from '../../trace/flags/flag.ts';
import type { Terminal } from '../terminal.ts';
import { several, severalOf } from './several.ts';

const RECORD_HELP = `
Examples:
  heisenwrite record -- dd if=/dev/zero of=/mnt/nfs/file bs=1M count=1000
  heisenwrite record -p 4711
  heisenwrite record -p 4711 --for 30s --json
  heisenwrite record --via bpftrace --probe u:/usr/lib/libcpg.so.4:cpg_mcast_joined -p 4711
  heisenwrite replay heisenwrite-4711.hwrec

File and socket calls of a program and of its children become events of a recording that
"heisenwrite replay" reads. Flagged, with call, time, process and path:
  unlisted-errno         an error that the call's manual does not list (EACCES from write)
  short-write            fewer bytes than asked, and the rest was not written
  ignored-error          close or fsync failed, and the program ended with 0, renamed the file into
                         its place, or took a later fsync for success
  append-race            two processes at positions of their own, without O_APPEND: one wrote over
                         what the other had written
  truncated-after-write  cut by somebody else while its writer had it open, or before anybody had
                         read it
  rename-before-fsync    put in place by the program that wrote it, or after an earlier sync, while
                         what was written to it was not synced

It is traced by strace, which works everywhere and makes small writes several times slower, or by
bpftrace, which costs less and needs root and a kernel that allows it; which one it was and what it
costs here, measured, is said at the end. Writes through memory maps and io_uring are not seen.

The process is never changed: it goes on when the trace ends, by Ctrl-C, SIGTERM or kill -9 of
heisenwrite. A command that was started here gets SIGTERM and SIGHUP handed on. Its output stays its
own: what is said of it goes to standard error, and with --json its output does.

Exit: 0 nothing flagged, 1 something flagged, 2 usage, 3 the tracer failed or lost events.`;

/** Declares it; the program is loaded when it is called. */
export function recordCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('record')
    .description('file and socket calls of any program, recorded, and what is wrong with them')
    .argument('[command...]', 'the program to run, with its arguments, after --')
    .option('-p, --process <pid>', 'attach to a process that runs')
    .option('-o, --output <file>', 'the recording (default: heisenwrite-PID.hwrec here)')
    .option('--slots <count>', 'events that it keeps, the last ones', '65536')
    .addOption(
      new Option('--via <tracer>', 'what traces it')
        .choices(['auto', 'strace', 'bpftrace'])
        .default('auto'),
    )
    .option('--probe <probe>', 'u:/PATH/LIBRARY:FUNCTION (ur: its return), repeatable', several)
    .option('--allow <kind>', 'do not flag it, repeatable', severalOf(FLAG_KINDS))
    .option('--for <duration>', 'take the tracer away after that long (30s, 5m)')
    .option('--no-cost', 'do not measure what the tracer costs')
    .option('--json', 'print one JSON document')
    .addHelpText('after', RECORD_HELP)
    .action(async (command: readonly string[], options) => {
      const { runRecord } = await import('../record.ts');
      exit(await runRecord(command, options, terminal));
    });
}
