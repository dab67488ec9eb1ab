// Whose a temporary name is, and whether its owner still lives: running, stopped, ended and not yet
// reaped, gone, another process with its number, another host.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { wallMs } from '../../../src/base/clock.ts';
import {
  CLAIM_PREFIX,
  isGone,
  newSign,
  PUBLISH_PREFIX,
  signIn,
} from '../../../src/delivery/sign.ts';

const MODULE = new URL('../../../src/delivery/sign.ts', import.meta.url).href;
const SAYS_ITS_SIGN = `
  const { newSign } = await import(${JSON.stringify(MODULE)});
  console.log(newSign());
  setInterval(() => {}, 1000);
`;

test('one that lives, or is only stopped, is not gone; one that was killed is', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SAYS_ITS_SIGN]);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const sign = said.toString().trim();
  expect(isGone(sign, 0, 0)).toBe(false);
  child.kill('SIGSTOP');
  expect(isGone(sign, 0, 0)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(isGone(sign, wallMs(), Number.POSITIVE_INFINITY)).toBe(true);
});

test('another process with the same number is another one', () => {
  const sign = newSign();
  expect(isGone(sign, 0, 0)).toBe(false);
  const [host, pid, start, ...rest] = sign.split('-');
  const other = [host, pid, Number(start) - 1, ...rest].join('-');
  expect(isGone(other, wallMs(), Number.POSITIVE_INFINITY)).toBe(true);
});

test('of another host the last sign of life counts', () => {
  const of = (madeMs: number) => `0123456789ab-1-1-${madeMs}-0000000000000000`;
  const nowMs = Math.floor(wallMs());
  expect(isGone(of(nowMs - 5000), null, 60_000)).toBe(false);
  expect(isGone(of(nowMs - 70_000), null, 60_000)).toBe(true);
  expect(isGone(of(nowMs - 70_000), nowMs - 5000, 60_000)).toBe(false);
  expect(isGone(of(0), 0, Number.POSITIVE_INFINITY)).toBe(false);
});

test('only whole signs are signs', () => {
  const sign = newSign();
  expect(signIn(PUBLISH_PREFIX + sign, PUBLISH_PREFIX)).toBe(sign);
  expect(signIn(`${PUBLISH_PREFIX}${sign}.ready`, PUBLISH_PREFIX)).toBe(sign);
  expect(signIn(`${CLAIM_PREFIX}${sign}.data`, CLAIM_PREFIX)).toBe(sign);
  for (const name of [sign, `${CLAIM_PREFIX}${sign}`, `${PUBLISH_PREFIX}${sign}.bin`]) {
    expect(signIn(name, PUBLISH_PREFIX)).toBeNull();
  }
  expect(signIn(PUBLISH_PREFIX, PUBLISH_PREFIX)).toBeNull();
  expect(isGone('not a sign', 0, 0)).toBe(false);
});
