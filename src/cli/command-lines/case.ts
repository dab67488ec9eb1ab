// `case`: its options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

const CASE_HELP = `
Examples:
  heisenwrite case                          which cases there are
  heisenwrite case torn-mailbox             found, isolated, explained, fixed, proven
  heisenwrite case torn-mailbox --place /mnt/x --keep
  heisenwrite case torn-mailbox --fixed time=201ms     and if the fix were another?

It makes the servers and file systems that the case needs, hunts with the plan of the case, proves
its fix, and shows each step as it goes (docs/cases.md). All of it happens in a directory of its own
below the place, which is removed unless --keep is given or a step was not shown.

Exit: 0 every step was shown, 1 one was not, 2 usage, 3 not possible here, 130 interrupted.`;

/** Declares it; the program is loaded when it is called. */
export function caseCommand(root: Command, terminal: Terminal, exit: (code: number) => void): void {
  root
    .command('case')
    .description('run a case study end to end, or list them')
    .argument('[case]', 'its name')
    .option('--place <dir>', 'where it may work (default: the current directory)')
    .option('--fixed <fix>', 'prove another fix than that of the case, as of prove')
    .option('--seed <seed>', 'repeat the decisions of an earlier run (not its outcomes)')
    .option('--keep', 'leave the hunts and their evidence, and say where')
    .option('--json', 'print one JSON document')
    .addHelpText('after', CASE_HELP)
    .action(async (slug: string | undefined, options) => {
      const { runCase } = await import('../case.ts');
      exit(await runCase(slug, options, terminal));
    });
}
