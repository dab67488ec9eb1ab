// A fix proven, and one refuted, on a real ext4: hunts that fail, the same cells with and without
// the fix in turn, a proof that is killed and goes on, and the smallest trial that still fails.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import type { ProofReport } from '../../src/domain/proof.ts';
import type { ShrinkReport } from '../../src/domain/shrink.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import {
  expectRefusal,
  heisenwrite,
  listing,
  reportIn,
  type Said,
  started,
} from './command-line.ts';
import { onLoop } from './mounted-place.ts';
import { missing, type Requirement, requireOrSkip } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'loop-mounts', 'mkfs.ext4'];
const OURS = /^heisenwrite-/;
const SPACE = ['--space', '120MiB'];
/** On a busy machine it tears far more seldom; it ends long before by itself. */
const PATIENT = ['--trials', '600'];
/** A buffered unit of 64 KiB under a polling reader: torn in most trials on ext4, by design. */
const TORN = [
  ...['--preset', 'torn', '--only', 'workload=mailbox', '--only', 'program=builtin'],
  ...['--only', 'unit=64KiB', '--factor', 'time=100ms', '--seed', 'torn', '--until-isolated'],
  ...['--for', '240s', ...SPACE, '--json'],
];
const PUBLISH = [
  '--preset',
  'torn',
  '--only',
  'workload=replace',
  '--only',
  'size=64KiB',
  ...SPACE,
];

/** The one document on standard output. */
function documentIn<Document>({ stdout, stderr }: Said): Document {
  expect(stdout, stderr).toMatch(/^\{/);
  return JSON.parse(stdout) as Document;
}

/** Reading evidence touches what SQLite shares between its readers, and nothing else. */
function filesIn(place: string): Record<string, string> {
  const files = Object.entries(listing(place)).filter(([name]) => !/sqlite-(shm|wal)$/.test(name));
  return Object.fromEntries(files);
}

describe('on ext4', () => {
  let release = () => {};
  let mounted: Promise<void> | null = null;
  let place = '';
  let torn: HuntReport;

  const prove = (...words: string[]) => heisenwrite(['prove', ...words], place);
  const proven = async (...words: string[]) => {
    const said = await prove(...words, ...SPACE, '--json');
    return { exitCode: said.exitCode, said, proof: documentIn<ProofReport>(said) };
  };

  beforeAll(async () => {
    if (NEEDS.some((need) => missing(need) !== null)) return;
    await new Promise<void>((ready, failed) => {
      mounted = onLoop('ext4', (at) => {
        place = at;
        ready();
        return new Promise<void>((done) => {
          release = done;
        });
      });
      mounted.catch(failed);
    });
    writeFileSync(join(place, 'precious'), 'do not touch');
    mkdirSync(join(place, 'torn'));
    const said = await heisenwrite(['hunt', 'torn', ...TORN], place);
    torn = reportIn(said);
  });

  afterAll(async () => {
    release();
    await mounted;
  });

  function needs(context: TestContext): void {
    requireOrSkip(context, ...NEEDS);
    expect(torn.isolation?.claim).toMatch(/needs|raises|any-of/);
  }

  test('a reader past the cache repairs the torn mailbox: proven, exit 0', async (context) => {
    needs(context);
    const { proof, exitCode } = await proven(
      torn.directory,
      '--fixed',
      'reader=direct',
      ...PATIENT,
    );
    expect(exitCode, proof.words.join(' ')).toBe(0);
    expect(proof).toMatchObject({ schema: 'heisenwrite.proof/1', outcome: 'proven' });
    expect(proof.words[0]).toMatch(/^PROVEN: with reader=direct 0 of \d+ trials failed, under /);
    expect(proof.fixed.failures).toBe(0);
    expect(proof.fixed.high).toBeLessThanOrEqual(0.05);
    expect(proof.old.failures).toBeGreaterThanOrEqual(6);
    expect(proof.of).toBe(torn.hunt);
    console.log(proof.words.join(' '));
    // The finding of the old side can be replayed as any other: the plan lies with the proof.
    const { findings } = reportIn(await heisenwrite(['report', proof.directory, '--json']));
    const replay = findings[0]?.replay.split(' ').slice(1) ?? [];
    const again = reportIn(await heisenwrite([...replay, '--trials', '4', '--json'], place));
    expect(again.cells.map(({ levels }) => levels)).toEqual([findings[0]?.levels]);
  });

  test('what changes nothing is not proven, exit 1', async (context) => {
    needs(context);
    const { proof, exitCode } = await proven(torn.directory, '--fixed', 'time=101ms', ...PATIENT);
    expect(exitCode).toBe(1);
    expect(['not-proven', 'rarer']).toContain(proof.outcome);
    expect(proof.words[0]).toMatch(/^NOT PROVEN/);
    expect(proof.fixed.failures).toBeGreaterThan(0);
    console.log(proof.words.join(' '));
  });

  test('too few trials are open, exit 3, and say what they would need', async (context) => {
    needs(context);
    const { proof, exitCode } = await proven(
      torn.directory,
      '--fixed',
      'reader=direct',
      '--trials',
      '4',
    );
    expect(exitCode).toBe(3);
    expect(proof.outcome).toBe('open');
    expect(proof.needed?.trials).toBeGreaterThan(0);
    expect(proof.words.join(' ')).toMatch(/It takes \d more failures? with reader=buffered/);
    expect(proof.old.trials + proof.fixed.trials).toBe(4);
  });

  test('killed, a proof loses no recorded trial and goes on in the same order', async (context) => {
    needs(context);
    mkdirSync(join(place, 'killed'));
    const words = ['prove', torn.directory, '--fixed', 'reader=direct', '--place', 'killed'];
    const child = started([...words, '--under', '20%', '--seed', 'k', ...PATIENT, ...SPACE], place);
    const trialsIn = async () => {
      const [name] = readdirSync(join(place, 'killed')).filter((each) => OURS.test(each));
      const hunt = join(place, 'killed', name ?? '');
      if (name === undefined || !existsSync(join(hunt, 'evidence.sqlite'))) return [];
      const store = await openEvidence(hunt, { create: false, readOnly: true });
      const cells: number[] = [];
      for await (const { cell } of store.trials()) cells.push(cell.index);
      await store.close();
      return cells;
    };
    await expect
      .poll(async () => (await trialsIn()).length, { timeout: 60_000 })
      .toBeGreaterThan(4);
    child.kill('SIGKILL');
    await child;
    const before = await trialsIn();
    const resumed = await heisenwrite(['hunt', '--resume', 'killed', '--json'], place);
    const proof = documentIn<ProofReport>(resumed);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const after = await trialsIn();
    expect(after.slice(0, before.length)).toEqual(before);
    // The cells of a pair follow on each other; ABBA throughout: old, fixed, fixed, old.
    expect(after.map((cell) => cell % 2)).toEqual(after.map((_, at) => [0, 1, 1, 0][at % 4]));
    expect(proof.fixed.trials + proof.old.trials).toBe(after.length);
    expect(proof.fixed.high).toBeLessThanOrEqual(0.2);
    const shown = await heisenwrite(['prove', '--resume', 'killed'], place);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toMatch(/PROVEN: with reader=direct/);
  });

  test('a rename repairs what was written in place', async (context) => {
    needs(context);
    mkdirSync(join(place, 'publish/in-place'), { recursive: true });
    const inPlace = [...PUBLISH, '--factor', 'publish=in-place', '--trials', '6', '--seed', 'p'];
    expect((await heisenwrite(['hunt', 'publish/in-place', ...inPlace], place)).exitCode).toBe(1);
    const { proof, exitCode } = await proven(
      ...['publish/in-place', '--fixed', 'publish=rename', '--place', 'publish'],
    );
    expect(exitCode, proof.words.join(' ')).toBe(0);
    expect(proof.words[0]).toMatch(/^PROVEN: with publish=rename 0 of .*; with publish=in-place/);
    console.log(proof.words.join(' '));
  });

  test('without a failure there is no control: exit 3, unless a rate is given', async (context) => {
    needs(context);
    mkdirSync(join(place, 'clean'));
    const clean = [...PUBLISH, '--only', 'publish=rename', '--trials', '3', '--seed', 'c'];
    expect((await heisenwrite(['hunt', 'clean', ...clean], place)).exitCode).toBe(0);
    const before = filesIn(place);
    const refusal = await prove('clean', '--fixed', 'sync=true');
    expectRefusal(refusal, 3, /no trial of .* failed: .*\n.*--without-control 1\/300/);
    expect(filesIn(place)).toEqual(before);
    const given = ['--fixed', 'sync=true', '--without-control', '1/4'];
    const { proof, exitCode } = await proven('clean', ...given);
    expect(exitCode, proof.words.join(' ')).toBe(0);
    expect(proof.fixed.trials).toBe(59);
    expect(proof.old.trials).toBe(0);
    const excluded = await prove('clean', '--fixed', 'sync=true', '--without-control', '4/5');
    expectRefusal(excluded, 2, /failed in 0 of 3 trials, under 64%.*\n.*does not exclude/);
  });

  test.for<[string[], number, RegExp]>([
    [['nowhere', '--fixed', 'reader=direct'], 2, /nowhere is not a hunt/],
    [['HUNT'], 2, /--fixed is missing/],
    [['HUNT', '--fixed', 'direct'], 2, /"direct" is no FACTOR=LEVEL, .*did you mean writer=direct/],
    [['HUNT', '--fixed', 'reader=buffered'], 2, /this is the old side, which failed/],
    [['HUNT', '--fixed', 'empty.json'], 2, /no cell left: the constraint "record > 1MiB"/],
    [['HUNT', '--fixed', 'reader=direct', '--under', '2'], 2, /--under takes a rate/],
    [['--resume', 'publish/in-place'], 2, /is a hunt and no proof/],
  ])('refused: prove %j', async ([words, exitCode, message], context) => {
    needs(context);
    const plan = { name: 'p', arms: [{ workload: 'append', constraints: ['record > 1MiB'] }] };
    writeFileSync(join(place, 'empty.json'), JSON.stringify(plan));
    const before = filesIn(place);
    const named = words.map((word) => (word === 'HUNT' ? torn.directory : word));
    expectRefusal(await prove(...named), exitCode, message);
    expect(filesIn(place)).toEqual(before);
  });

  test('shrunk: a smaller trial that fails as often, and a plan that shows it', async (context) => {
    needs(context);
    const shrinking = [
      'hunt',
      '--shrink',
      torn.directory,
      '--for',
      '120s',
      '--seed',
      's',
      ...SPACE,
    ];
    const said = await heisenwrite([...shrinking, '--json'], place);
    const shrink = documentIn<ShrinkReport>(said);
    expect(said.exitCode, said.stderr).toBe(1);
    console.log(shrink.words.join(' '), `${shrink.trials} trials in ${shrink.seconds.toFixed(0)}s`);
    expect(Number(shrink.shrunk.time)).toBeLessThan(Number(shrink.start.time));
    for (const factor of ['unit', 'time', 'writers', 'readers']) {
      const most = factor.endsWith('s') ? 4 * Number(shrink.start[factor]) : shrink.start[factor];
      expect(Number(shrink.shrunk[factor])).toBeLessThanOrEqual(Number(most));
    }
    expect(shrink.confirmed, shrink.stopped).toBe(true);
    const { start, shrunk } = shrink.rates;
    const perSecond = (rate: typeof start) => rate.failures / rate.seconds;
    expect(perSecond(shrunk)).toBeGreaterThan(0.25 * perSecond(start));
    expect(JSON.parse(readFileSync(String(shrink.plan), 'utf8')).arms).toHaveLength(1);

    const replay = shrink.replay.split(' ').slice(1);
    const again = reportIn(await heisenwrite([...replay, ...SPACE, '--json'], place));
    expect(again).toMatchObject({
      verdict: 'damaged',
      stopped: 'the number of findings was reached',
    });
    expect(again.cells.map(({ levels }) => levels)).toEqual([shrink.shrunk]);
    expect(again.signature?.kinds).toEqual(['torn']);
  });

  test('shrinking needs a claim', async (context) => {
    needs(context);
    const before = filesIn(place);
    const said = await heisenwrite(['hunt', '--shrink', 'clean'], place);
    expectRefusal(said, 3, /is not certified: no trial failed/);
    expect(filesIn(place)).toEqual(before);
  });

  test('nothing but directories of hunts was made', (context) => {
    needs(context);
    expect(readFileSync(join(place, 'precious'), 'utf8')).toBe('do not touch');
    const made = ['clean', 'empty.json', 'killed', 'publish', 'torn'];
    const others = readdirSync(place).filter((name) => !OURS.test(name) && !made.includes(name));
    expect(others.sort()).toEqual(['lost+found', 'precious']);
    for (const name of ['clean', 'killed', 'publish/in-place', 'torn']) {
      expect(readdirSync(join(place, name)).filter((each) => !OURS.test(each))).toEqual([]);
    }
  });
});
