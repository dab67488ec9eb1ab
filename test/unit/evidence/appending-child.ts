// A hunt reduced to its appends, for tests that kill it: goes on where the evidence stops, and says
// `trial N` or `judged N` on stdout only after the store has acknowledged it.

import { writeSync } from 'node:fs';
import { openEvidence } from '../../../src/evidence/sqlite-store.ts';
import { CLEAN, HEADER, sampleTrial } from './sample-records.ts';

const [directory = '', mode = ''] = process.argv.slice(2);
const create = mode === 'create';
const store = await openEvidence(directory, { create });
const say = (line: string) => writeSync(1, `${line}\n`);

let last = 0;
if (create) await store.begin(HEADER);
for (const record of await store.unjudged()) {
  await store.appendJudgement(record.trial, CLEAN);
  say(`judged ${record.trial}`);
}
for await (const { trial } of store.trials()) last = trial;
say(`from ${last}`);
for (let trial = last + 1; ; trial++) {
  await store.appendTrial(sampleTrial(trial, trial % 3));
  say(`trial ${trial}`);
  await store.appendJudgement(trial, CLEAN);
  say(`judged ${trial}`);
}
