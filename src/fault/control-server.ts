// The control socket of a running mount or proxy: faults are set, listed and cleared through it
// while programs go on. One socket for each name, so that no two servers claim the same place.

import { unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import { parseFault } from '../domain/fault-grammar.ts';
import type { ArmedFaults } from './armed-faults.ts';
import { isAnswered } from './control-client.ts';
import {
  CONTROL_REQUEST,
  type ControlAnswer,
  type ControlRequest,
  type ServerIdentity,
} from './control-messages.ts';
import { controlPath } from './control-socket.ts';

export interface ControlServer {
  /** Ends it and removes its socket; what is being answered is cut. Never throws. */
  close(): Promise<void>;
}

/**
 * Listens for requests about `faults`. A socket that a dead server left is replaced.
 * @throws HeisenwriteError `invalid-option` where a live server has this name already, or where no
 *   socket can be made
 */
export async function serveControl(
  faults: ArmedFaults,
  about: ServerIdentity,
): Promise<ControlServer> {
  const path = controlPath(about.name);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    const lines = createInterface({ input: socket });
    lines.on('error', () => undefined);
    lines.on('line', (line) => socket.write(`${JSON.stringify(answer(line, faults, about))}\n`));
  });
  await listen(server, path, about.name);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function listen(server: Server, path: string, name: string): Promise<void> {
  const once = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await once().catch(async (error) => {
      if (errnoOf(error) !== 'EADDRINUSE') throw error;
      if (await isAnswered(path)) throw taken(name);
      await unlink(path);
      await once();
    });
  } catch (error) {
    if (error instanceof HeisenwriteError) throw error;
    const message = `no control socket can be made at ${path}: ${(error as Error).message}`;
    throw new HeisenwriteError('invalid-option', message, {
      remedy: 'set XDG_RUNTIME_DIR to a directory with a short path that this user may write to',
    });
  }
}

function taken(name: string): HeisenwriteError {
  return new HeisenwriteError('invalid-option', `${name} is served already`, {
    remedy:
      'change the faults of the server that runs (`heisenwrite fault set`), or end it first; ' +
      '`heisenwrite fault list` shows them all',
  });
}

function answer(line: string, faults: ArmedFaults, identity: ServerIdentity): ControlAnswer {
  try {
    const { changed, ...taken } = carryOut(requestOf(line), faults);
    return {
      ok: true,
      about: { ...identity, pid: process.pid },
      faults: faults.list().map(({ number, fault, matched, fired }) => {
        return { number, text: fault.text, matched, fired };
      }),
      changed,
      receipts: [...(taken.receipts ?? [])],
      dropped: taken.dropped ?? 0,
    };
  } catch (error) {
    if (!(error instanceof HeisenwriteError)) throw error;
    const { code, message, remedy } = error;
    return { ok: false, code, message, remedy };
  }
}

function requestOf(line: string): ControlRequest {
  try {
    return CONTROL_REQUEST.parse(JSON.parse(line));
  } catch {
    throw new HeisenwriteError('invalid-option', 'the server does not know this request', {
      remedy: 'use the same version of heisenwrite for the server and for `heisenwrite fault`',
    });
  }
}

function carryOut(
  request: ControlRequest,
  faults: ArmedFaults,
): { changed: number } & Partial<ReturnType<ArmedFaults['takeReceipts']>> {
  switch (request.ask) {
    case 'list':
      return { changed: 0 };
    case 'set':
      return { changed: setAll(request.faults, faults) };
    case 'clear':
      return { changed: faults.clear(request.number) };
    case 'signal':
      return { changed: faults.signalled(request.signal) };
    case 'receipts':
      return { changed: 0, ...faults.takeReceipts() };
  }
}

function setAll(texts: readonly string[], faults: ArmedFaults): number {
  const set: number[] = [];
  try {
    for (const fault of texts.map(parseFault)) set.push(faults.set(fault).number);
    return set.length;
  } catch (error) {
    for (const number of set) faults.clear(number);
    throw error;
  }
}
