// The watcher that most Node programs use (npm: chokidar), as its manual recommends it for files
// that are still being written: `awaitWriteFinish`, which is a rule of stable sizes by polling.

import { basename } from 'node:path';
import type { ReadinessRule } from '../../domain/delivery.ts';

/** As chokidar has it by itself. */
const POLL_MS = 100;

export const chokidarFinished: ReadinessRule = {
  name: 'chokidar',
  about: 'chokidar has told of it (awaitWriteFinish, stabilityThreshold as the other rules wait)',
  sees: ['directory'],
  begin({ settleMs, directory, signal }) {
    const told = new Set<string>();
    if (directory !== null) void tellInto(told, directory, settleMs, signal);
    return (name) => told.has(name);
  },
};

/** The library is loaded where it is used. What it cannot watch it never tells of. */
async function tellInto(
  told: Set<string>,
  directory: string,
  settleMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { watch } = await import('chokidar');
  if (signal.aborted) return;
  const pollInterval = Math.max(1, Math.min(POLL_MS, settleMs / 2));
  const watcher = watch(directory, {
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval },
    depth: 0,
  });
  watcher.on('add', (path) => told.add(basename(path)));
  watcher.on('unlink', (path) => told.delete(basename(path)));
  watcher.on('error', () => undefined);
  signal.addEventListener('abort', () => void watcher.close(), { once: true });
}
