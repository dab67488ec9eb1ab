// `agent`: its options and help.

import type { Command } from 'commander';
import { heisenwriteVersion } from '../../base/version.ts';
import { EXIT_USAGE } from '../../domain/errors.ts';
import type { Terminal } from '../terminal.ts';

const AGENT_HELP = `
A hunt starts it on another host, over ssh, where a plan asks for a reader there:

  heisenwrite hunt nfs://filer/export/dir --factor reader=connection,ssh:user@other

heisenwrite of the same version must be in the PATH there, and the URL must lead to the same place
from there. Keys, known hosts and aliases are those of your ssh; HEISENWRITE_SSH="ssh -F FILE" is
used instead of ssh where it is set.`;

/** Declares it; the program is loaded when it is called. */
export function agentCommand(
  root: Command,
  _terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('agent')
    .description('take part in a hunt of another host (started by it over ssh)')
    .addHelpText('after', AGENT_HELP)
    .action(async () => {
      if (process.stdin.isTTY) {
        process.stderr.write('heisenwrite: an agent is started by a hunt; see agent --help\n');
        exit(EXIT_USAGE);
        return;
      }
      const { serveOverStdio } = await import('../../trial/stdio-agent.ts');
      await serveOverStdio(heisenwriteVersion());
      // A connection of a role must not keep an agent whose hunt has gone.
      process.exit(0);
    });
}
