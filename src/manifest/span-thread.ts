// A further thread that digests spans until there are no more, and then says how that went.

import { parentPort, workerData } from 'node:worker_threads';
import { createPairHash } from './digest-tree.ts';
import { type SpanJob, type SpanOutcome, SpanReader } from './spans.ts';

const reader = new SpanReader(workerData as SpanJob, await createPairHash());
let outcome: SpanOutcome | null = null;
while (outcome === null) outcome = reader.next();
parentPort?.postMessage(outcome);
