// The case `torn-mailbox` by the real command: five steps on an ext4 of its own, another fix that
// is none, and nothing left of either, also when it is killed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { caseRan } from './case-runs.ts';
import { expectRefusal, heisenwrite, started } from './command-line.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'loop-mounts', 'mkfs.ext4', 'dd'];

const mountsBelow = (place: string) =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(place));

test('found, isolated, explained, fixed, proven', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const { report, exitCode, said } = await caseRan(['torn-mailbox'], place);
    expect(exitCode, said).toBe(0);
    expect(report).toMatchObject({ schema: 'heisenwrite.case/1', failedStep: null, kept: null });
    const steps = report.steps.map(({ step, shown }) => [step, shown]);
    const all = ['found', 'isolated', 'explained', 'fixed', 'proven'];
    expect(steps).toEqual(all.map((step) => [step, true]));
    const words = report.steps.map((each) => each.words.join(' '));
    expect(words[0]).toMatch(/^DAMAGED: .* \(torn\), in \d+ of \d+ trials/);
    expect(words[1]).toMatch(/^The failure needs chunk=512B\. [a-z, ]+ do not matter\./);
    expect(words[2]).toMatch(/two neighbouring generations in one unit.*is one request/);
    expect(words[3]).toMatch(/^with chunk=4KiB 0 of 59 trials failed with chunk=512B \d+ of 59/);
    expect(words[4]).toMatch(/^PROVEN: with chunk=4KiB 0 of 59 trials failed, under 5%/);
    expect(readdirSync(place)).toEqual([]);
    expect(mountsBelow(place)).toEqual([]);
  });
}, 240_000);

test('a fix that fixes nothing: exit 1 with the step, the evidence is kept', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const words = ['torn-mailbox', '--fixed', 'time=151ms', '--place', place];
    const { report, exitCode, said } = await caseRan(words, '/');
    expect(exitCode, said).toBe(1);
    expect(report.failedStep, said).toBe('fixed');
    expect(report.steps.at(-1)?.missing).toEqual([
      expect.stringMatching(/^that nothing fails with .*time=151ms/),
    ]);
    expect(readdirSync(place)).toHaveLength(1);
    expect(mountsBelow(place)).toEqual([]);
    for (const run of [report.hunt, report.proof]) {
      const shown = await heisenwrite(['report', run?.directory ?? '', '--json'], place);
      expect(JSON.parse(shown.stdout)).toMatchObject({ hunt: run?.hunt, verdict: 'damaged' });
    }
  });
}, 240_000);

test('killed, it leaves no mount behind', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const child = started(['case', 'torn-mailbox'], place);
    await expect.poll(() => mountsBelow(place), { timeout: 30_000 }).toHaveLength(1);
    child.kill('SIGKILL');
    await child;
    await expect.poll(() => mountsBelow(place), { timeout: 10_000 }).toEqual([]);
  });
});

test('the list, and what is no case', async () => {
  const listed = await heisenwrite(['case']);
  expect(listed.exitCode).toBe(0);
  for (const slug of ['torn-mailbox', 'permission-denied-capture']) {
    expect(listed.stdout).toMatch(new RegExp(`^${slug} +\\S.{20}`, 'm'));
  }
  const asJson = JSON.parse((await heisenwrite(['case', '--json'])).stdout);
  expect(asJson).toMatchObject({ schema: 'heisenwrite.cases/1' });
  await inDirectory(async (place) => {
    const misspelt = await heisenwrite(['case', 'torn-mailbx', '--place', place]);
    expectRefusal(misspelt, 2, /no case "torn-mailbx"; did you mean "torn-mailbox"\?/);
    const nowhere = join(place, 'nowhere');
    const misplaced = await heisenwrite(['case', 'torn-mailbox', '--place', nowhere]);
    expectRefusal(misplaced, 2, /nowhere/);
    expect(existsSync(nowhere)).toBe(false);
    expect(readdirSync(place)).toEqual([]);
  });
});
