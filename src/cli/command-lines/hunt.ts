// `hunt` and `survey`: their options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

function huntOptions(command: Command): Command {
  return command
    .option('--for <time>', 'how long, for example 60s, 5m, 1h')
    .option('--trials <n>', 'stop after N trials')
    .option('--findings <n>', 'stop after N damaged or failed trials')
    .option('--seed <seed>', 'repeat the decisions of an earlier hunt (not its outcomes)')
    .option(
      '--space <size>',
      'what the hunt may take (default: the lesser of 1GiB and a tenth of what is free)',
    )
    .option('--destroy-data-on <device>', 'the path of a block: device, typed again')
    .option('--only <factor=level>', 'only cells with this level, repeatable', several)
    .option('--factor <factor=a,b>', 'other levels for a factor of the plan, repeatable', several)
    .option('--expect <promise>', 'what must hold besides, repeatable', several)
    .option('--schedule <name>', 'adaptive (default: isolates what fails) or balanced')
    .option('--until-isolated', 'stop once it is known what the failures need')
    .option('--dry-run', 'print the cells, the time and the space, and hunt nothing')
    .option('--json', 'print the report as one JSON document')
    .option('--html <file>', 'also write the report as one HTML file')
    .option('--junit <file>', 'also write the report as JUnit XML')
    .option('--plain', 'lines instead of the live table');
}

const HUNT_HELP = `
Examples:
  heisenwrite hunt                          what does the file system under this directory keep?
  heisenwrite hunt /mnt/x --preset torn     exit 1 where a reader can see half of an update
  heisenwrite hunt /mnt/x --preset roundtrip --for 10m --factor pattern=alternating
  heisenwrite hunt plan.json --dry-run      check a plan: cells, time, space
  heisenwrite hunt --resume heisenwrite-9f3c...   go on where a killed hunt stopped
  heisenwrite hunt --shrink heisenwrite-9f3c...   the cheapest trial that still fails, as a plan

Media (docs/media.md): a place may be an URL; keys come from where your own tools have them.
  heisenwrite survey nfs://filer/export/dir      also sftp://user@host/dir, s3://bucket/prefix,
                                                 file:///dir, opendal+webdav:///dir?endpoint=...
  heisenwrite hunt block:/dev/sdx --destroy-data-on /dev/sdx

Commands: your own programs, on a canary that is checked word by word (docs/plans.md):
  heisenwrite hunt /mnt/x --write 'cp {canary} {out}'
  heisenwrite hunt /mnt/x --write './export {canary} {out}' --read './import {out}'
  heisenwrite hunt /mnt/x --write './convert {canary} {out}' --compare './same {canary} {out}'
{canary} the file to copy, {out} where to, {dir} where they run, {seed}, {trial}, {here} where you
are. Exit status 0 claims success; another is a failure, and nothing is accused.

Provocations (docs/provocations.md): factors of every workload, none by default:
  --factor 'stop=none,writer every=50ms for=10ms'          SIGSTOP and SIGCONT of an actor
  --factor 'cpu=none,busy=4,starve all most=50ms'          others are busy; actors are starved
  --factor 'memory=none,limit=64MiB,drop-caches every=50ms'
  --factor 'slow-device=none,write=64KiB'                  bytes a second
  --factor 'signal=none,SIGHUP to=/run/mountd.pid every=1s'
  --factor 'run=none,every=1s exportfs -ra'                a command on a schedule
  --factor 'network=none,cut dev=lo netns=lab every=1s for=200ms'

Presets: survey (default: expects only that what was written is read back, describes the rest),
torn (expects that readers never see a mixture), roundtrip (many ways to write and read back).
Promises for --expect: read-back, unit-atomic, fresh-read, append-atomic, replace-atomic, synced;
of messages (docs/channels.md): message-delivered, message-once, message-whole, sender-order,
total-order, message-in-time.

Everything is written below PLACE/heisenwrite-<hunt>/, which keeps the evidence.
Exit: 0 clean, 1 damage or failure, 2 usage, 3 nothing could be concluded, 130 interrupted.`;

/** Declares both; the program is loaded when one is called. */
export function huntCommands(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  huntOptions(
    root
      .command('hunt')
      .description('carry out a plan (default: survey the current directory)')
      .argument('[where...]', 'directories, URLs of media, and at most one plan (.json, .ts, .js)')
      .option('--preset <name>', 'survey, torn, roundtrip or delivery')
      .option('--write <command>', 'your own writer, repeatable (see Commands)', several)
      .option('--read <command>', 'your own reader, whose output is checked, repeatable', several)
      .option('--compare <command>', 'exit 0 same, 1 differs: for a writer that transforms')
      .option('--input <file>', 'your own file as the canary')
      .option('--command-limit <time>', 'time that each command may take (default: 60s)')
      .option('--shrink [hunt]', 'seek the cheapest trial that still fails as that hunt did')
      .option('--resume [hunt]', 'go on with an interrupted hunt (default: the newest here)'),
  )
    .addHelpText('after', HUNT_HELP)
    .action(async (where: string[], options) => {
      const { runHunt } = await import('../hunt-command.ts');
      exit(await runHunt(where, options, terminal));
    });
  huntOptions(
    root
      .command('survey')
      .description('what does this medium guarantee to writers and readers?')
      .argument('[where...]', 'directories, and URLs of media'),
  ).action(async (where: string[], options) => {
    const { runHunt } = await import('../hunt-command.ts');
    exit(await runHunt(where, { ...options, preset: 'survey' }, terminal));
  });
}
