// The composition root: commands, their options and help, and the mapping of errors to exit codes.
// Commands are loaded when they are called, so that `--version` and `--help` answer at once.

import { enableCompileCache } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { EXIT_UNKNOWN, EXIT_USAGE, HeisenwriteError } from '../domain/errors.ts';
import type { HuntListener } from '../domain/ports.ts';
import { heisenwriteVersion } from '../observe/facts.ts';
import { createTerminal, type Terminal } from './terminal.ts';

enableCompileCache();

const several = (value: string, before: readonly string[] = []) => [...before, value];

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

Commands: your own programs, on a canary that is checked word by word (docs/plans.md):
  heisenwrite hunt /mnt/x --write 'cp {canary} {out}'
  heisenwrite hunt /mnt/x --write './export {canary} {out}' --read './import {out}'
  heisenwrite hunt /mnt/x --write './convert {canary} {out}' --compare './same {canary} {out}'
{canary} the file to copy, {out} where to, {dir} where they run, {seed}, {trial}, {here} where you
are. Exit status 0 claims success; another is a failure, and nothing is accused.

Presets: survey (default: expects only that what was written is read back, describes the rest),
torn (expects that readers never see a mixture), roundtrip (many ways to write and read back).
Promises for --expect: read-back, unit-atomic, fresh-read, append-atomic, replace-atomic, synced.

Everything is written below PLACE/heisenwrite-<hunt>/, which keeps the evidence.
Exit: 0 clean, 1 damage or failure, 2 usage, 3 nothing could be concluded, 130 interrupted.`;

function program(terminal: Terminal, exit: (code: number) => void): Command {
  const root = new Command('heisenwrite')
    .description('Hunts the write that goes wrong once in a while.')
    .version(heisenwriteVersion())
    .showSuggestionAfterError()
    .exitOverride();
  huntOptions(
    root
      .command('hunt')
      .description('carry out a plan (default: survey the current directory)')
      .argument('[where...]', 'directories, URLs of media, and at most one plan (.json, .ts, .js)')
      .option('--preset <name>', 'survey, torn or roundtrip')
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
      const { runHunt } = await import('./hunt-command.ts');
      exit(await runHunt(where, options, terminal));
    });
  huntOptions(
    root
      .command('survey')
      .description('what does this medium guarantee to writers and readers?')
      .argument('[where...]', 'directories, and URLs of media'),
  ).action(async (where: string[], options) => {
    const { runHunt } = await import('./hunt-command.ts');
    exit(await runHunt(where, { ...options, preset: 'survey' }, terminal));
  });
  fileCommands(root, terminal, exit);
  isolateCommand(root, terminal, exit);
  proveCommand(root, terminal, exit);
  root
    .command('report')
    .description('the report of a stored hunt, also of one that was killed or still runs')
    .argument('[hunt]', 'its directory or number (default: the newest here)')
    .option('--json', 'print the report as one JSON document')
    .option('--html <file>', 'write it as one HTML file that needs no network')
    .option('--junit <file>', 'write it as JUnit XML')
    .action(async (named: string | undefined, options) => {
      const { runReport } = await import('./report-command.ts');
      exit(await runReport(named, options, terminal));
    });
  root
    .command('doctor')
    .description('rig checks, what this machine can do, and what brings the rest')
    .argument('[place]', 'the directory to look at', '.')
    .option('--json', 'print one JSON document')
    .action(async (place: string, options: { json?: boolean }) => {
      const { doctor, doctorLines } = await import('./doctor.ts');
      const report = await doctor(place);
      if (options.json) terminal.printJson(report);
      else for (const line of doctorLines(report)) terminal.print(line);
      exit(report.ready ? 0 : EXIT_UNKNOWN);
    });
  return root;
}

function fileCommands(root: Command, terminal: Terminal, exit: (code: number) => void): void {
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
    .addOption(json)
    .action(async (file: string, options) => {
      const { runStamp } = await import('./stamp.ts');
      exit(await runStamp({ file, ...options }, terminal));
    });
  root
    .command('verify')
    .description('check a stamped file, alone: what is wrong, where, of what kind')
    .argument('<file>')
    .addOption(json)
    .action(async (file: string, options) => {
      const { runVerify } = await import('./verify.ts');
      exit(await runVerify({ file, ...options }, terminal));
    });
  root
    .command('diagnose')
    .description('classify the damage between two files')
    .argument('<bad>', 'the file as it was found')
    .argument('<good>', 'the file as it was meant')
    .addOption(json)
    .action(async (bad: string, good: string, options) => {
      const { runDiagnose } = await import('./diagnose.ts');
      exit(await runDiagnose({ bad, good, ...options }, terminal));
    });
}

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

function isolateCommand(root: Command, terminal: Terminal, exit: (code: number) => void): void {
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
      const { runIsolate } = await import('./isolate.ts');
      exit(await runIsolate(named, options, terminal));
    });
}

const PROVE_HELP = `
Examples:
  heisenwrite prove --fixed writer=direct                of the newest hunt here
  heisenwrite prove heisenwrite-9f3c... --fixed writer=direct,reader=direct
  heisenwrite prove heisenwrite-9f3c... --fixed /mnt/patched     the same cells on another mount
  heisenwrite prove heisenwrite-9f3c... --fixed plan.json --under 1/1000
  heisenwrite prove --resume heisenwrite-51d0...         go on with a proof

Old and fixed run in turn (old, fixed, fixed, old); the old side, cells of the hunt that failed,
must fail again: it is the control. It ends by a sequential rule, which allows to look after every
trial and claims a fix that is none in at most 5% of proofs.

Exit: 0 proven, 1 the fixed side failed as well (also where it failed less often), 2 usage,
3 nothing could be concluded (the old side did not fail, or not often enough), 130 interrupted.`;

function proveCommand(root: Command, terminal: Terminal, exit: (code: number) => void): void {
  root
    .command('prove')
    .description('old against fixed, until it is shown that the fix works, or that it does not')
    .argument('[hunt]', 'the hunt that failed: directory or number (default: the newest here)')
    .option(
      '--fixed <fix>',
      'FACTOR=LEVEL[,FACTOR=LEVEL], a place of the hunt, a directory, a plan',
    )
    .option('--place <dir>', 'where to try it (default: where the hunt was)')
    .option('--only <factor=level>', 'only failing cells with this level, repeatable', several)
    .option(
      '--under <rate>',
      'go on until the fixed side is known to fail less often than this (5%)',
    )
    .option('--without-control <rate>', 'do not run the old side: it is known to fail at this rate')
    .option('--for <time>', 'how long, for example 60s, 5m, 1h')
    .option('--trials <n>', 'stop after N trials of both sides together')
    .option('--seed <seed>', 'repeat the decisions of an earlier proof (not its outcomes)')
    .option('--space <size>', 'what it may take, as of hunt')
    .option('--resume [hunt]', 'go on with a proof that was interrupted (default: the newest here)')
    .option('--json', 'print one JSON document')
    .option('--plain', 'lines instead of the live table')
    .addHelpText('after', PROVE_HELP)
    .action(async (named: string | undefined, options) => {
      const { runProve } = await import('./prove.ts');
      exit(await runProve(named, options, terminal));
    });
}

/** A live table where somebody looks and Ctrl-C can end it, plain lines elsewhere. */
async function chooseListener(words: readonly string[]): Promise<() => HuntListener> {
  const live =
    process.stderr.isTTY === true && !words.includes('--plain') && !words.includes('--json');
  if (live && ['hunt', 'survey', 'prove'].some((command) => words[0] === command)) {
    const { liveListener } = await import('../report/live.ts');
    return () => liveListener(process.stderr, { color: !process.env.NO_COLOR });
  }
  const { plainListener } = await import('../report/plain.ts');
  return () => plainListener(process.stderr);
}

async function main(words: readonly string[]): Promise<void> {
  const terminal = createTerminal(await chooseListener(words));
  let exitCode = 0;
  try {
    await program(terminal, (code) => {
      exitCode = code;
    }).parseAsync(words, { from: 'user' });
  } catch (error) {
    exitCode = codeOf(error, terminal);
  }
  process.exitCode = exitCode;
}

function codeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof HeisenwriteError) {
    terminal.printError(error);
    return error.exitCode;
  }
  // Commander has printed its message; help and version are not errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  // A bug of ours must not exit with 1, which says that the user's data are damaged.
  process.stderr.write(`heisenwrite: a bug of heisenwrite, nothing may be concluded from it:\n`);
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  return EXIT_UNKNOWN;
}

// A reader such as `head` that goes away is no error of ours and changes no exit code; an answer
// that could not be written must not end with 1, which says that the user's data are damaged.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`heisenwrite: the answer could not be written (${error.code})\n`);
  process.exit(EXIT_UNKNOWN);
});

await main(process.argv.slice(2));
