// `heisenwrite fault set|list|clear`: the faults of mounts and proxies that run, changed while the
// programs on them go on.

import { HeisenwriteError } from '../domain/errors.ts';
import { askControl, liveServers } from '../fault/control-client.ts';
import type { ControlSuccess } from '../fault/control-messages.ts';
import { columnLines } from '../report/columns.ts';
import { paints } from '../report/wrap.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.faults/1';
const WIDTH_DEFAULT = 100;

export interface FaultOptions {
  readonly fault?: readonly string[];
  readonly json?: boolean;
}

/** @throws HeisenwriteError no-fault-server, invalid-option, invalid-fault */
export async function setFaults(
  target: string,
  { fault = [], json }: FaultOptions,
  terminal: Terminal,
): Promise<void> {
  if (fault.length === 0) {
    throw new HeisenwriteError('invalid-option', 'fault set needs a fault', {
      remedy: `give one or more: heisenwrite fault set ${target} --fault KIND:key=value,...`,
    });
  }
  show([await askControl(target, { ask: 'set', faults: [...fault] })], json, terminal);
}

/** Of one server, or of all that run. @throws HeisenwriteError no-fault-server */
export async function listFaults(
  target: string | undefined,
  { json }: FaultOptions,
  terminal: Terminal,
): Promise<void> {
  const servers =
    target === undefined ? await liveServers() : [await askControl(target, { ask: 'list' })];
  show(servers, json, terminal);
  if (servers.length === 0 && !json) terminal.print('no mount and no proxy of this user runs');
}

/** One fault, or all. @throws HeisenwriteError no-fault-server, invalid-option */
export async function clearFaults(
  target: string,
  written: string | undefined,
  { json }: FaultOptions,
  terminal: Terminal,
): Promise<void> {
  const number = written === undefined ? undefined : Number(written);
  const isNumber = number === undefined || (Number.isSafeInteger(number) && number > 0);
  const answer = isNumber ? await askControl(target, { ask: 'clear', number }) : null;
  if (answer === null || (number !== undefined && answer.changed === 0)) {
    throw new HeisenwriteError('invalid-option', `${target} has no fault ${written}`, {
      remedy: `see their numbers with: heisenwrite fault list ${target}`,
    });
  }
  show([answer], json, terminal);
}

function show(
  servers: readonly ControlSuccess[],
  json: boolean | undefined,
  terminal: Terminal,
): void {
  if (json) {
    const listed = servers.map(({ about, faults }) => ({ ...about, faults }));
    terminal.printJson({ schema: SCHEMA, servers: listed });
    return;
  }
  const paint = paints(terminal.out.isTTY === true && !process.env.NO_COLOR);
  const width = terminal.out.columns ?? WIDTH_DEFAULT;
  for (const { about, faults } of servers) {
    const what = about.server === 'mount' ? 'mount of' : 'proxy to';
    terminal.print(`${about.name}: ${what} ${about.at}, process ${about.pid}`);
    if (faults.length === 0) terminal.print('  no fault is set: everything passes');
    else {
      const rows = faults.map(({ number, text, matched, fired }) => ({
        cells: [String(number), String(matched), String(fired), text],
        tone: 'plain' as const,
      }));
      const headings = ['fault', 'matched', 'fired', ''];
      const lines = columnLines(headings, rows, { width, indent: 2, paint });
      for (const line of lines) terminal.print(line);
    }
  }
}
