// `prove`: its options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const PROVE_HELP = `
Examples:
  heisenwrite prove --fixed writer=direct                of the newest hunt here
  heisenwrite prove heisenwrite-9f3c... --fixed writer=direct,reader=direct
  heisenwrite prove heisenwrite-9f3c... --fixed /mnt/patched     the same cells on another mount
  heisenwrite prove heisenwrite-9f3c... --fixed sftp://new/dir   ... or on another server
  heisenwrite prove heisenwrite-9f3c... --fixed plan.json --under 1/1000
  heisenwrite prove --resume heisenwrite-51d0...         go on with a proof

Old and fixed run in turn (old, fixed, fixed, old); the old side, cells of the hunt that failed,
must fail again: it is the control. It ends by a sequential rule, which allows to look after every
trial and claims a fix that is none in at most 5% of proofs.

Exit: 0 proven, 1 the fixed side failed as well (also where it failed less often), 2 usage,
3 nothing could be concluded (the old side did not fail, or not often enough), 130 interrupted.`;

/** Declares it; the program is loaded when it is called. */
export function proveCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('prove')
    .description('old against fixed, until it is shown that the fix works, or that it does not')
    .argument('[hunt]', 'the hunt that failed: directory or number (default: the newest here)')
    .option(
      '--fixed <fix>',
      'FACTOR=LEVEL[,FACTOR=LEVEL], a place of the hunt, a directory, a plan',
    )
    .option('--place <where>', 'directory or URL where to try it (default: where the hunt was)')
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
    .option('--destroy-data-on <device>', 'the path of a block: device, typed again')
    .option('--resume [hunt]', 'go on with a proof that was interrupted (default: the newest here)')
    .option('--json', 'print one JSON document')
    .option('--plain', 'lines instead of the live table')
    .addHelpText('after', PROVE_HELP)
    .action(async (named: string | undefined, options) => {
      const { runProve } = await import('../prove.ts');
      exit(await runProve(named, options, terminal));
    });
}
