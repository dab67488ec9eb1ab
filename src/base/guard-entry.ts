// The guard process: reads duties, one JSON document a line, answers each that it took, and runs
// those that are left, newest first, when its input ends. See guard.ts.

import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const COMMAND_LIMIT_MS = 10_000;

const duties = new Map<number, readonly string[]>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Who waits for an answer may be gone.
process.stdout.on('error', () => undefined);

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { number, command } = JSON.parse(line);
  if (command === null) duties.delete(number);
  else {
    duties.set(number, command);
    process.stdout.write('taken\n');
  }
}
for (const [program, ...args] of [...duties.values()].reverse()) {
  spawnSync(program as string, args, { stdio: 'ignore', timeout: COMMAND_LIMIT_MS });
}
