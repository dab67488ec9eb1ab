// Every so many-th replicate of one truth, in a process of its own.

import { simulate } from './simulate.ts';
import { TRUTHS } from './truths.ts';

const [name, ...numbers] = process.argv.slice(2);
const [first, step, end] = numbers.map(Number) as [number, number, number];
const truth = TRUTHS.find((each) => each.name === name);
if (truth && process.send) {
  const hunts = [];
  for (let seed = first; seed < end; seed += step) {
    hunts.push(simulate(truth, seed));
  }
  process.send(hunts);
}
