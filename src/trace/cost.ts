// What the tracer costs a program that writes, measured here and now: the same loop of small writes
// with and without it. It says what a call costs that is nothing but a call; slow calls suffer
// less.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guard } from '../base/guard.ts';
import { runProgram } from '../base/process-group.ts';
import { TraceAnalysis } from './analysis.ts';
import type { TraceRequest, Tracing } from './tracing.ts';
import { machineWorld } from './world.ts';

const WRITES = 400;
const BATCHES = 5;
export const WRITE_BYTES = 512;
const LIMIT_MS = 30_000;

/** Prints the median time of a write over batches, ns, into its second file. */
const LOOP = `
const { openSync, writeSync, writeFileSync } = require('node:fs');
const fd = openSync(process.argv[1], 'w');
const data = Buffer.alloc(${WRITE_BYTES});
const batch = () => {
  const begun = process.hrtime.bigint();
  for (let n = 0; n < ${WRITES}; n++) writeSync(fd, data);
  return Number(process.hrtime.bigint() - begun) / ${WRITES};
};
batch();
const times = Array.from({ length: ${BATCHES} }, batch).sort((a, b) => a - b);
writeFileSync(process.argv[2], String(times[${BATCHES >> 1}]));
`;

export interface TracingCost {
  /** Nanoseconds for a write of `WRITE_BYTES`, median of batches. */
  readonly withoutNs: number;
  readonly withNs: number;
  readonly ratio: number;
  readonly writes: number;
}

/** Null where the loop could not be run. */
export async function measureCost(
  trace: (request: TraceRequest) => Promise<Tracing>,
  guard: Guard,
): Promise<TracingCost | null> {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-cost-'));
  const [file, answer] = [join(directory, 'file'), join(directory, 'answer')];
  const words = [process.execPath, '-e', LOOP, file, answer];
  const said = () => Number(readFileSync(answer, 'utf8'));
  try {
    await runProgram({ words, directory, limitMs: LIMIT_MS, keptBytes: 1000 });
    const withoutNs = said();
    const analysis = new TraceAnalysis(machineWorld(), {});
    const onEvent = (event: Parameters<TraceRequest['onEvent']>[0]) => analysis.take(event);
    const target = { command: words, stdout: 'ignore' } as const;
    const tracing = await trace({ target, probes: [], guard, onEvent });
    // Its answer is there long before; a Node that does not end must not hold the trace.
    const late = setTimeout(() => tracing.signal('SIGKILL'), LIMIT_MS);
    await tracing.ended;
    clearTimeout(late);
    const withNs = said();
    return { withoutNs, withNs, ratio: withNs / withoutNs, writes: WRITES * BATCHES };
  } catch {
    return null;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
