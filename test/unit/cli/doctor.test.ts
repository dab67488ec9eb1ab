// doctor on this machine: what is optional never makes it fail, and it leaves nothing behind.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doctor, doctorLines } from '../../../src/cli/doctor.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync('/var/tmp/heisenwrite-test-');
});
afterEach(() => rmSync(place, { recursive: true }));

test('a good place is ready, and is left empty', async () => {
  const report = await doctor(place);
  expect(report.schema).toBe('heisenwrite.doctor/1');
  expect(report.ready).toBe(true);
  expect(report.abilities.find(({ name }) => name === 'Node')?.present).toBe(true);
  for (const { present, bring } of report.abilities) expect(bring === null).toBe(present);
  expect(readdirSync(place)).toEqual([]);
  expect(doctorLines(report).at(-1)).toMatch(/^Ready to hunt here\./);
});

test('without programs it is as ready, and each has the command that brings it', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    const report = await doctor(place);
    const fio = report.abilities.find(({ name }) => name === 'fio');
    expect(fio).toMatchObject({ present: false, required: false });
    expect(fio?.bring).toContain('fio');
    expect(report.ready).toBe(true);
    expect(doctorLines(report).join('\n')).toMatch(/no {3}fio .*not found/);
  } finally {
    process.env.PATH = path;
  }
});

test('a place that takes no files is not ready, with the reason', async () => {
  const report = await doctor('/proc');
  expect(report.ready).toBe(false);
  expect(report.abilities.find(({ name }) => name === 'writing here')?.present).toBe(false);
  expect(doctorLines(report).join('\n')).toContain('NO   writing here');
});

test.runIf(existsSync('/dev/shm'))('where pages cannot leave the cache it says so', async () => {
  const shm = mkdtempSync('/dev/shm/heisenwrite-test-');
  try {
    const report = await doctor(shm);
    const cache = report.abilities.find(({ name }) => name === 'dropping the cache here');
    expect(cache).toMatchObject({ present: false, required: false });
    expect(report.ready).toBe(true);
  } finally {
    rmSync(shm, { recursive: true });
  }
});

test('a place that is not there', async () => {
  await expect(doctor(`${place}/none`)).rejects.toMatchObject({ code: 'no-such-place' });
});
