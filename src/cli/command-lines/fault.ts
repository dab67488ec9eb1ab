// `fault set`, `fault list`, `fault clear`: their options and help.

import type { Command } from 'commander';
import { EXIT_CLEAN } from '../../domain/errors.ts';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const FAULT_HELP = `
Examples:
  heisenwrite fault list
  heisenwrite fault set /mnt/bad --fault flip:op=write,content=ones,mask=0xffffffff,count=1
  heisenwrite fault set nfs:20490 --fault errno:op=write,errno=EACCES,for=200ms
  heisenwrite fault clear /mnt/bad 2
  heisenwrite fault clear /mnt/bad

TARGET is the mount point of a "heisenwrite mount", or protocol and port of a "heisenwrite proxy".
Faults are written KIND:key=value,... ("heisenwrite mount --help", docs/faults.md). Of several that
are set at once, all are set or, where one is refused, none. "matched" counts the calls that met a
fault's conditions, "fired" those at which it acted.

Exit: 0 done, 2 usage (also where nothing serves TARGET).`;

/** Declares them; the program is loaded when one is called. */
export function faultCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  const fault = root
    .command('fault')
    .description('the faults of a mount or proxy that runs: set, list, clear')
    .addHelpText('after', FAULT_HELP);
  fault
    .command('set')
    .description('sets one or more, besides those that are set')
    .argument('<target>', 'a mount point, or protocol:port of a proxy')
    .option('--fault <fault>', 'KIND:key=value,..., repeatable', several)
    .option('--json', 'print one JSON document')
    .action(async (target: string, options) => {
      const { setFaults } = await import('../fault.ts');
      await setFaults(target, options, terminal);
      exit(EXIT_CLEAN);
    });
  fault
    .command('list')
    .description('shows them, of one or of all that run')
    .argument('[target]', 'a mount point, or protocol:port of a proxy (default: all)')
    .option('--json', 'print one JSON document')
    .action(async (target: string | undefined, options) => {
      const { listFaults } = await import('../fault.ts');
      await listFaults(target, options, terminal);
      exit(EXIT_CLEAN);
    });
  fault
    .command('clear')
    .description('removes one, or all')
    .argument('<target>', 'a mount point, or protocol:port of a proxy')
    .argument('[number]', 'as listed (default: all)')
    .option('--json', 'print one JSON document')
    .action(async (target: string, number: string | undefined, options) => {
      const { clearFaults } = await import('../fault.ts');
      await clearFaults(target, number, options, terminal);
      exit(EXIT_CLEAN);
    });
}
