// `mount`: its options and help.

import { type Command, Option } from 'commander';
import { CACHE_POLICIES } from '../../fault/mount/mount-context.ts';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const MOUNT_HELP = `
Examples:
  heisenwrite mount /srv/data /mnt/bad --fault errno:op=write,errno=ENOSPC,probability=0.01
  heisenwrite mount /srv/data /mnt/bad --fault flip:op=write,content=ones,mask=0xffffffff
  heisenwrite mount /srv/data /mnt/bad --fault lost:path=*.wal,without=O_SYNC,count=1
  heisenwrite mount /srv/data /mnt/bad --fault late:errno=EDQUOT,at=close --background
  heisenwrite mount /srv/data /mnt/bad --fault unsynced:signal=SIGUSR1
  heisenwrite fault set /mnt/bad --fault latency:op=read,time=200ms,jitter=50ms
  heisenwrite fault list; heisenwrite fault clear /mnt/bad

Faults are written KIND:key=value,...
  errno      the call fails, nothing is done       errno=EACCES|EIO|ENOSPC|ESTALE|EDQUOT|EROFS|...
  forwarded  the call is carried out, and fails    errno=
  late       a write is lost, the error comes later  errno=,at=close|fsync
  short      fewer bytes are written or read, and the program is told  bytes=
  torn       only the first bytes are written, success is reported     bytes=
  flip       bits are flipped                      mask=0xff,word=,words=
  zero       a range becomes zeros                 at=,bytes=
  lost       nothing is done, success is reported
  misdirect  written to, or read from, another place of the file       by=
  stale      a read, or the attributes, as before the last write
  delayed    written later                         until=close|fsync|reversed
  unsynced   all since the last fsync is lost, as in a crash           signal= or start=
  latency    the call takes longer                 time=,jitter=
  rate       data pass at most so fast             bytes= per second
Each may say when it fires:
  op=write+read  path=*.dat  offset=4KiB-8KiB  content=ones|zeros  with=O_SYNC  without=O_DIRECT
  probability=1/300  count=2  skip=10  signal=SIGHUP  start=1s,for=50ms,every=1s

What only changes what a reader sees never touches DIR. What programs are told and what DIR holds
after each fault is in docs/faults.md, with the kernel's page cache and what it hides.

It runs until Ctrl-C, and leaves no mount behind however it ends. SIGHUP, SIGUSR1 and SIGUSR2 do not
end it: they wake the faults that wait for them (signal=SIGHUP). It needs FUSE (apt install fuse3).

Exit: 0 ended by Ctrl-C, SIGTERM or an unmount (--background: mounted), 2 usage.`;

/** Declares it; the program is loaded when it is called. */
export function mountCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('mount')
    .description('a directory, seen at another place, with faults for any program that runs there')
    .argument('<dir>', 'the directory that holds the files')
    .argument('<mnt>', 'an empty directory, where programs see them')
    .option('--fault <fault>', 'KIND:key=value,..., repeatable', several)
    .option('--seed <seed>', 'repeat the decisions of an earlier run (not its outcomes)')
    .option('--receipts <file>', 'append a line of JSON for each fault that fired')
    .addOption(
      new Option('--cache <policy>', 'whether the kernel may answer reads from its page cache')
        .choices(CACHE_POLICIES)
        .default('auto', 'auto: not while a fault is set for reads or writes'),
    )
    .option('--xattr', 'pass extended attributes on, at one call more for each write')
    .option('--background', 'return once it is mounted; ended by an unmount or SIGTERM')
    .option('--json', 'print JSON lines: what is mounted, receipts, notes, the end')
    .addOption(new Option('--detached').hideHelp())
    .addHelpText('after', MOUNT_HELP)
    .action(async (directory: string, at: string, options) => {
      const { runMount } = await import('../mount.ts');
      exit(await runMount(directory, at, options, terminal));
    });
}
