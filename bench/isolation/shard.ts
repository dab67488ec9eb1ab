// Every so many-th replicate of one truth, in a process of its own.

import { simulate } from './simulate.ts';
import { TRUTHS } from './truths.ts';

const [name, shard, shards, replicates] = process.argv.slice(2);
const truth = TRUTHS.find((each) => each.name === name);
if (truth && process.send) {
  const hunts = [];
  for (let seed = Number(shard); seed < Number(replicates); seed += Number(shards)) {
    hunts.push(simulate(truth, seed));
  }
  process.send(hunts);
}
