// The other side of the control socket: what `heisenwrite fault` asks a mount or proxy.

import { readdir, realpath } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ERRORS, type ErrorCode, errnoOf, HeisenwriteError } from '../domain/errors.ts';
import {
  CONTROL_ANSWER,
  type ControlAnswer,
  type ControlRequest,
  type ControlSuccess,
} from './control-messages.ts';
import { controlDirectory, controlPath, isControlSocket } from './control-socket.ts';

/** A server answers at once; one that does not has stopped or hangs. */
const ANSWER_MS = 10_000;
const PROXY_NAME = /^[a-z0-9]+:\d+$/;

/**
 * Asks the server of this name: a mount point, or protocol and port (`nfs:2049`).
 * @throws HeisenwriteError `no-fault-server` where none answers, or what the server refused
 */
export async function askControl(name: string, request: ControlRequest): Promise<ControlSuccess> {
  const answer = await ask(await pathOf(name), request);
  if (answer === null) throw new HeisenwriteError('no-fault-server', `nothing serves ${name}`);
  return successOf(answer);
}

/** What every live server of this user says to `list`, by name. */
export async function liveServers(): Promise<readonly ControlSuccess[]> {
  const directory = controlDirectory();
  const files = (await readdir(directory)).filter(isControlSocket);
  const answers = await Promise.all(
    files.map((file) => ask(join(directory, file), { ask: 'list' })),
  );
  return answers
    .filter((answer) => answer?.ok === true)
    .sort((one, other) => (one.about.name < other.about.name ? -1 : 1));
}

/** Whether a server listens at this socket. */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = await connected(path);
  socket?.destroy();
  return socket !== null;
}

async function pathOf(name: string): Promise<string> {
  if (PROXY_NAME.test(name)) return controlPath(name);
  // As it is written first: a mount whose faults hold up every look at it must still be reached.
  const written = controlPath(resolve(name));
  if (await isAnswered(written)) return written;
  return controlPath(await realpath(name).catch(() => resolve(name)));
}

/** Null where nobody answers. */
async function ask(path: string, request: ControlRequest): Promise<ControlAnswer | null> {
  const socket = await connected(path);
  if (!socket) return null;
  try {
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) {
      return CONTROL_ANSWER.parse(JSON.parse(line));
    }
    return null;
  } catch (error) {
    // It has ended in the midst of it.
    if (errnoOf(error) !== null) return null;
    throw error;
  } finally {
    socket.destroy();
  }
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.on('error', () => resolve(null));
  });
}

function successOf(answer: ControlAnswer): ControlSuccess {
  if (answer.ok) return answer;
  const code = Object.hasOwn(ERRORS, answer.code) ? (answer.code as ErrorCode) : 'invalid-option';
  throw new HeisenwriteError(code, answer.message, { remedy: answer.remedy });
}
