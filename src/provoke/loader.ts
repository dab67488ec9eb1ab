// A child of ours that loads the machine: fills memory, or keeps a processor busy. It ends when its
// standard input does, so that it never outlives the hunt, however that ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long it works between two looks at its input; milliseconds. */
const SLICE_MS = 5;

/** By a signal: Node's own way to end waits for its threads, and once in a while for ever. */
const END = "process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();";

/** Busy, at the priority of everybody. */
export const BUSY_SCRIPT = `${END}
const slice = () => {
  for (const until = performance.now() + ${SLICE_MS}; performance.now() < until; );
  setImmediate(slice);
};
slice();
console.log('up');`;

/** Fills so many bytes and touches every page again and again, so that they stay. */
export function fillScript(bytes: number): string {
  return `${END}
const step = 64 * 2 ** 20, parts = [];
let left = ${bytes}, at = 0;
const fill = () => {
  if (left > 0) {
    parts.push(Buffer.alloc(Math.min(step, left), 1));
    left -= step;
    if (left <= 0) console.log('up');
  } else {
    const part = parts[at++ % parts.length];
    for (let page = 0; page < part.length; page += 4096) part[page]++;
  }
  setTimeout(fill, left > 0 ? 0 : 10);
};
fill();`;
}

/** Resolves when it is at work. @throws Error when it ends before */
export async function startLoader(script: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.on('error', () => undefined);
  const answered = new AbortController();
  const gone = once(child, 'exit', { signal: answered.signal }).then(
    ([code, signal]) => Promise.reject(new Error(`what loads ended with ${signal ?? code}`)),
    () => undefined,
  );
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), gone]);
  answered.abort();
  return child;
}

/** False where it had ended by itself: the kernel may have killed it for its memory. */
export async function endLoader(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return false;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  return true;
}
