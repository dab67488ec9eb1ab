// The lines of a tracer, through a pipe with a name: the traced program inherits no descriptor of
// it, the tracer waits where we are slow, and dies (SIGPIPE) where we have died.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeisenwriteError } from '../domain/errors.ts';

export interface LineStream {
  readonly path: string;
  /** When whoever wrote has closed it, or nobody came. */
  readonly ended: Promise<void>;
  /** The tracer has opened it, or will not come: nothing of it is left in the file system. */
  finish(): void;
}

/** @throws HeisenwriteError `write-failed` */
export function openLineStream(onLine: (line: string) => void): LineStream {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-trace-'));
  const path = join(directory, 'lines');
  const made = spawnSync('mkfifo', ['-m', '600', path], { encoding: 'utf8' });
  if (made.status !== 0) {
    rmSync(directory, { recursive: true });
    const said = made.error?.message ?? made.stderr.trim();
    throw new HeisenwriteError('write-failed', `no pipe could be made in ${directory}: ${said}`);
  }
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Until the tracer has opened it, a writer of our own keeps it from being at its end.
  let own: number | null = openSync(path, constants.O_WRONLY);
  const finish = () => {
    if (own === null) return;
    closeSync(own);
    own = null;
    rmSync(directory, { recursive: true, force: true });
  };
  const socket = new Socket({ fd: reader, readable: true, writable: false });
  socket.setEncoding('utf8');
  let rest = '';
  socket.on('data', (piece: string) => {
    finish();
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (rest !== '') onLine(rest);
      resolve();
    });
  });
  return { path, ended, finish };
}
