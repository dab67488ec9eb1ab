// The agent inside a guest: it connects to the hunt that booted it, runs roles on actors as the
// hunt would here, mounts what it is told to, and ends with the connection, whereupon the guest
// powers off. It is started by the guest's init with the kernel's command line as parameters.

import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { assert } from '../base/assert.ts';
import { monotonicNs } from '../base/clock.ts';
import { runProgram } from '../base/process-group.ts';
import { hostFacts, placeFacts } from '../observe/facts.ts';
import { ActorPool } from '../trial/actor-pool.ts';
import { makeRecordingsPlace, takeRecordings } from '../trial/recordings-place.ts';
import {
  type FromAgent,
  HOST_ADDRESS,
  PORT_PARAMETER,
  type Request,
  TOKEN_PARAMETER,
  type ToAgent,
} from './guest-messages.ts';
import { mountNfs, unmount } from './guest-mount.ts';
import { type Boards, fromLine, lineReader, sharedBoard, toLine } from './wire.ts';

/** Of what a program says. */
const KEPT_BYTES = 65_536;

type Board = ReturnType<typeof sharedBoard>;

const parameters = new Map(
  process.argv.map((each) => each.split('=', 2) as [string, string | undefined]),
);
const mounted = new Set<string>();
const known = new Map<number, Board>();
const recordings = makeRecordingsPlace('guest');
const actors = new ActorPool(recordings);

const boards: Boards = {
  numberOf: (board) => {
    const found = [...known].find(([, each]) => each.buffer === board.buffer);
    assert(found !== undefined, 'a board of the hunt');
    return found[0];
  },
  boardOf: (number, values) => {
    const board = known.get(number) ?? sharedBoard(values);
    known.set(number, board);
    return board;
  },
};

const socket = connect(Number(parameters.get(PORT_PARAMETER)), HOST_ADDRESS);
socket.setNoDelay(true);
socket.on('connect', () => send({ hello: parameters.get(TOKEN_PARAMETER) ?? '' }));
socket.on('data', lineReader(take));
socket.on('error', (error) => console.error(`agent: ${error.message}`));
socket.on('close', () => process.exit(0));

function send(message: FromAgent): void {
  socket.write(toLine(message, boards));
}

function take(line: string): void {
  const message = fromLine(line, boards) as ToAgent;
  if ('board' in message) {
    const board = known.get(message.board);
    if (!board) return;
    Atomics.store(board, message.at, message.value);
    Atomics.notify(board, message.at);
    return;
  }
  const { id } = message;
  answer(message).then(
    (result) => send({ id, result }),
    (error: Error) => send({ id, error: error.stack ?? error.message }),
  );
}

async function answer(request: Request): Promise<object> {
  switch (request.ask) {
    case 'call':
      actors.limit(request.limitMs);
      actors.keepTime(request.clock);
      return actors.call(request.name, request.role, request.assignment, request.host);
    case 'mount': {
      const { at } = request.mount;
      if (mounted.has(at)) unmount(at);
      mkdirSync(at, { recursive: true });
      mountNfs(request.mount);
      mounted.add(at);
      return {};
    }
    case 'run': {
      const { words, limitMs } = request;
      return runProgram({ words, directory: '/tmp', limitMs, keptBytes: KEPT_BYTES });
    }
    case 'facts':
      return { host: hostFacts(), place: placeFacts(request.path) };
    case 'clock':
      return { ns: monotonicNs() };
    case 'recordings':
      return { taken: recordings === null ? [] : takeRecordings(recordings) };
    case 'forget':
      known.clear();
      return {};
    case 'power-off':
      // The host must not go on seeing a guest whose answer is still under way.
      setImmediate(() => socket.end(() => process.exit(0)));
      return {};
  }
}
