// `npm run bench:isolation [-- --replicates 200] [--from 0] [--truth TEXT] [--json]`: the table of
// simulated hunts for each truth: trials until the claim is certified and every free level has a
// witness, trials until the look outside has ended as well, and how many claims were right, wrong
// or not made. Two processes share the replicates, of which `--from` is the first seed: what was
// tuned on some seeds is to be shown on others.

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { formatCount } from '../../src/base/quantities.ts';
import { parseOptions } from '../bench-options.ts';
import type { SimulatedHunt } from './simulate.ts';
import { TRUTHS } from './truths.ts';

const values = parseOptions({
  replicates: { type: 'string', default: '100' },
  from: { type: 'string', default: '0' },
  truth: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
});
const replicates = Number(values.replicates);
const from = Number(values.from);
const truths = TRUTHS.filter(({ name }) => name.includes(values.truth));
if (!(replicates >= 1 && from >= 0) || truths.length === 0) {
  const names = TRUTHS.map(({ name }) => name).join('; ');
  console.error(
    `bench: --replicates 1 or more, --from 0 or more, --truth with a part of one of: ${names}`,
  );
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
    const child = fork(SHARD, [name, ...[from + shard, shards, from + replicates].map(String)]);
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
  const count = (outcome: SimulatedHunt['outcome']) =>
    hunts.filter((hunt) => hunt.outcome === outcome).length;
  const stages = ['failure', 'frozen', 'witness'];
  console.log(
    [
      name.padEnd(30),
      `witnessed ${spread(hunts.map(({ trials, milestones }) => milestones.sweep ?? trials))}`,
      `settled ${spread(hunts.map(({ trials }) => trials))}`,
      `right ${count('right')}, wrong ${count('wrong')}, no claim ${count('none')}`,
      `attempts ${(hunts.reduce((sum, hunt) => sum + hunt.attempts, 0) / hunts.length).toFixed(2)}`,
      ...stages.map((stage) => {
        const after = hunts.map(({ milestones, trials }) => milestones[stage] ?? trials);
        return `${stage} ${formatCount(mean(after))}`;
      }),
    ].join('  '),
  );
  for (const { seed, outcome, claim, trials: after } of hunts) {
    if (outcome === 'wrong') console.log(`  wrong: seed ${seed}, ${after} trials: ${claim}`);
  }
}

function spread(trials: readonly number[]): string {
  const sorted = trials.toSorted((a, b) => a - b);
  const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1] as number;
  return `mean ${formatCount(mean(trials)).padStart(6)} p95 ${formatCount(p95).padStart(6)}`;
}

function mean(of: readonly number[]): number {
  return Math.round(of.reduce((sum, each) => sum + each, 0) / of.length);
}
