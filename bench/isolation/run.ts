// `npm run bench:isolation [-- --replicates 200] [--truth TEXT] [--json]`: the table of simulated
// hunts for each truth: trials until everything is settled, and how many claims were right, wrong
// or not made. Two processes share the replicates; the seeds are fixed, so a table can be repeated.

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { formatCount } from '../../src/base/quantities.ts';
import { parseOptions } from '../bench-options.ts';
import type { SimulatedHunt } from './simulate.ts';
import { TRUTHS } from './truths.ts';

const values = parseOptions({
  replicates: { type: 'string', default: '100' },
  truth: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
});
const replicates = Number(values.replicates);
const truths = TRUTHS.filter(({ name }) => name.includes(values.truth));
if (!(replicates >= 1) || truths.length === 0) {
  const names = TRUTHS.map(({ name }) => name).join('; ');
  console.error(`bench: --replicates 1 or more, --truth with a part of one of: ${names}`);
  process.exit(2);
}

const SHARD = new URL('shard.ts', import.meta.url);
const shards = Math.min(availableParallelism(), replicates);

for (const { name } of truths) {
  const parts = await Promise.all(
    Array.from({ length: shards }, (_, shard) => simulated(name, shard)),
  );
  print(name, parts.flat());
}

function simulated(name: string, shard: number): Promise<SimulatedHunt[]> {
  return new Promise((resolve, reject) => {
    const child = fork(SHARD, [name, String(shard), String(shards), String(replicates)]);
    child.once('message', (message) => resolve(message as SimulatedHunt[]));
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`a shard of ${name} ended with ${code}`));
    });
  });
}

function print(name: string, hunts: readonly SimulatedHunt[]): void {
  if (values.json) {
    console.log(JSON.stringify({ name, hunts }));
    return;
  }
  const trials = hunts.map((hunt) => hunt.trials).toSorted((a, b) => a - b);
  const mean = (of: (hunt: SimulatedHunt) => number) =>
    formatCount(Math.round(hunts.reduce((sum, hunt) => sum + of(hunt), 0) / hunts.length));
  const count = (outcome: SimulatedHunt['outcome']) =>
    hunts.filter((hunt) => hunt.outcome === outcome).length;
  const stages = ['failure', 'frozen', 'witness', 'sweep', 'settled'];
  console.log(
    [
      name.padEnd(30),
      `mean ${mean((hunt) => hunt.trials).padStart(7)}`,
      `p95 ${formatCount(trials[Math.ceil(0.95 * trials.length) - 1] as number).padStart(7)}`,
      `right ${count('right')}, wrong ${count('wrong')}, no claim ${count('none')}`,
      `attempts ${(hunts.reduce((sum, hunt) => sum + hunt.attempts, 0) / hunts.length).toFixed(2)}`,
      stages.map((stage) => `${stage} ${mean((hunt) => hunt.milestones[stage] ?? hunt.trials)}`),
    ].join('  '),
  );
  for (const { seed, outcome, claim, trials: after } of hunts) {
    if (outcome === 'wrong') console.log(`  wrong: seed ${seed}, ${after} trials: ${claim}`);
  }
}
