// A board that crossed is followed: what the workload writes here is told, until the trial is over.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TrialBoards } from '../../../src/fleet/guest-actors.ts';
import { createUnitBoard, runActors, stopActors } from '../../../src/workload/unit-board.ts';

const RUNNING = 1;
const STOPPED = 2;

async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !met(); tries++) await sleep(10);
}

test('tells when actors run and stop, and nothing of a board that is forgotten', async () => {
  const told: [number, number][] = [];
  const boards = new TrialBoards((board, value) => told.push([board, value]));
  const board = createUnitBoard(1);
  const number = boards.numberOf(board);
  expect(boards.numberOf(board)).toBe(number);
  expect(boards.numberOf(createUnitBoard(1))).not.toBe(number);
  runActors(board);
  await until(() => told.length === 1);
  stopActors(board);
  await until(() => told.length === 2);
  expect(told).toEqual([
    [number, RUNNING],
    [number, STOPPED],
  ]);
  boards.forget();
  runActors(board);
  await sleep(50);
  expect(told).toHaveLength(2);
});
