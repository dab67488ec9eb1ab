// The composition root: the commands (declared in command-lines/) and what errors exit with.
// Commands are loaded when they are called, so that `--version` and `--help` answer at once.

import { Command, CommanderError } from 'commander';
import { heisenwriteVersion } from '../base/version.ts';
import { EXIT_UNKNOWN, EXIT_USAGE, HeisenwriteError } from '../domain/errors.ts';
import type { HuntListener } from '../domain/ports.ts';
import { agentCommand } from './command-lines/agent.ts';
import { caseCommand } from './command-lines/case.ts';
import { doctorCommand } from './command-lines/doctor.ts';
import { faultCommand } from './command-lines/fault.ts';
import { fileCommands } from './command-lines/files.ts';
import { huntCommands } from './command-lines/hunt.ts';
import { isolateCommand } from './command-lines/isolate.ts';
import { manifestCommand } from './command-lines/manifest.ts';
import { mountCommand } from './command-lines/mount.ts';
import { proveCommand } from './command-lines/prove.ts';
import { proxyCommand } from './command-lines/proxy.ts';
import { publishCommands } from './command-lines/publish.ts';
import { recordCommand } from './command-lines/record.ts';
import { replayCommand } from './command-lines/replay.ts';
import { reportCommand } from './command-lines/report.ts';
import { watchCommand } from './command-lines/watch.ts';
import { createTerminal, type Terminal } from './terminal.ts';

function program(terminal: Terminal, exit: (code: number) => void): Command {
  const root = new Command('heisenwrite')
    .description('Hunts the write that goes wrong once in a while.')
    .version(heisenwriteVersion())
    .showSuggestionAfterError()
    .exitOverride();
  huntCommands(root, terminal, exit);
  fileCommands(root, terminal, exit);
  manifestCommand(root, terminal, exit);
  isolateCommand(root, terminal, exit);
  proveCommand(root, terminal, exit);
  caseCommand(root, terminal, exit);
  reportCommand(root, terminal, exit);
  agentCommand(root, terminal, exit);
  replayCommand(root, terminal, exit);
  proxyCommand(root, terminal, exit);
  mountCommand(root, terminal, exit);
  faultCommand(root, terminal, exit);
  recordCommand(root, terminal, exit);
  watchCommand(root, terminal, exit);
  publishCommands(root, terminal, exit);
  doctorCommand(root, terminal, exit);
  return root;
}

/** A live table where somebody looks and Ctrl-C can end it, plain lines elsewhere. */
async function chooseListener(words: readonly string[]): Promise<HuntListener> {
  const live =
    process.stderr.isTTY === true && !words.includes('--plain') && !words.includes('--json');
  if (live && ['hunt', 'survey', 'prove'].some((command) => words[0] === command)) {
    const { liveListener } = await import('../report/live.ts');
    return liveListener(process.stderr, { color: !process.env.NO_COLOR });
  }
  const { plainListener } = await import('../report/plain.ts');
  return plainListener(process.stderr);
}

/** Runs the command of these words; the process ends with its exit code. */
export async function main(words: readonly string[]): Promise<void> {
  surviveLostReader();
  const terminal = createTerminal(() => chooseListener(words));
  let exitCode = 0;
  try {
    await program(terminal, (code) => {
      exitCode = code;
    }).parseAsync(words, { from: 'user' });
  } catch (error) {
    exitCode = codeOf(error, terminal);
    if (exitCode !== 0 && asksForJson(words)) printErrorDocument(error, exitCode, terminal);
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

/** What follows `--` belongs to a program of the user's. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

/** In one line, as it may come after lines of a stream. */
function printErrorDocument(error: unknown, exitCode: number, { print }: Terminal): void {
  const { message } = error as Error;
  const told =
    error instanceof HeisenwriteError
      ? { code: error.code, message, remedy: error.remedy, definite: error.definite }
      : { code: error instanceof CommanderError ? 'usage' : 'bug', message };
  print(JSON.stringify({ schema: 'heisenwrite.error/1', exitCode, error: told }));
}

/**
 * A reader such as `head` that goes away is no error of ours and changes no exit code; an answer
 * that could not be written must not end with 1, which says that the user's data are damaged.
 */
function surviveLostReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`heisenwrite: the answer could not be written (${error.code})\n`);
    process.exit(EXIT_UNKNOWN);
  });
}
