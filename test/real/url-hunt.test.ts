// A hunt on a place that has an URL: the evidence is where the command ran, the trials are on the
// medium, what is clean is removed from it, and a hunt that was killed goes on.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite, listing, reportIn, started } from './command-line.ts';

/** A directory to run in, and one that is the medium, with a file of the user's in it. */
function withMedium(act: (here: string, there: string, url: string) => Promise<void>) {
  return inDirectory(async (root) => {
    const [here, there] = [join(root, 'here'), join(root, 'there')];
    mkdirSync(here);
    mkdirSync(there);
    writeFileSync(join(there, 'precious'), 'not ours');
    await act(here, there, pathToFileURL(there).href);
  });
}

test('a survey says what the medium keeps, and leaves nothing on it but what shows damage', () =>
  withMedium(async (here, there, url) => {
    const before = listing(there);
    const said = await heisenwrite(['survey', url, '--for', '15s', '--seed', 's', '--json'], here);
    expect(said.exitCode, said.stderr).toBe(0);
    const report = reportIn(said);
    expect(report.verdict).toBe('clean');
    expect(report.trials.unknown + report.trials.failed).toBe(0);
    const workloads = new Set(report.cells.map(({ levels }) => levels.workload));
    expect([...workloads].toSorted()).toEqual(['exchange', 'transfer']);
    const kept = report.guarantees.filter((each) => each.kept);
    expect(kept.map(({ words }) => words).join('\n')).toMatch(/a content put in one operation/);
    expect(report.replay).toBe(`heisenwrite hunt ${url} --preset survey --seed s`);
    expect(listing(there)).toEqual(before);
    const [hunt = ''] = readdirSync(here);
    expect(readdirSync(join(here, hunt))).toContain('evidence.sqlite');
  }));

test('a hunt that was killed goes on and clears what it had left', () =>
  withMedium(async (here, there, url) => {
    const words = ['hunt', url, '--only', 'workload=transfer', '--only', 'size=64KiB'];
    const child = started([...words, '--trials', '4000', '--seed', 's', '--json'], here);
    const left = () => readdirSync(there).some((name) => name.startsWith('heisenwrite-'));
    while (!left()) await sleep(20);
    await sleep(1500);
    child.kill('SIGKILL');
    await child;
    expect(left()).toBe(true);
    const resumed = await heisenwrite(['hunt', '--resume', '--for', '3s', '--json'], here);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const { trials } = reportIn(resumed);
    expect(trials.clean).toBeGreaterThan(10);
    expect(trials.failed + trials.unknown).toBe(0);
    expect(readdirSync(there)).toEqual(['precious']);
  }));

test.each([
  ['ftp://host/x', /ftp: is not a medium here/],
  ['file:///absent/place', /absent\/place/],
  ['file://someone:secret@/tmp', /a secret \(a password\)/],
  ['s3://bucket/x?secret_access_key=secret', /a secret \(the parameter secret_access_key\)/],
])('%s is refused with the remedy, and nothing is made', (url, message) =>
  withMedium(async (here, there) => {
    const said = await heisenwrite(['hunt', url, '--for', '1s'], here);
    expectRefusal(said, 2, message);
    expect(`${said.stdout}${said.stderr}`).not.toMatch(/:secret|=secret/);
    expect(readdirSync(here)).toEqual([]);
    expect(existsSync(join(there, 'precious'))).toBe(true);
  }),
);

test('--dry-run makes nothing, and says which cells this medium cannot do', () =>
  withMedium(async (here, there, url) => {
    const said = await heisenwrite(['hunt', url, '--dry-run'], here);
    expect(said.exitCode, said.stderr).toBe(0);
    expect(said.stdout).toMatch(/cells left out: there is no choice of stability here/);
    expect(said.stdout).toMatch(/cells left out: there is no upload in parts here/);
    expect(readdirSync(here)).toEqual([]);
    expect(readdirSync(there)).toEqual(['precious']);
  }));

test('a fix is proven, and the failing trial made smaller, on the medium of the hunt', () =>
  withMedium(async (here, there, url) => {
    const torn = ['--preset', 'torn', '--factor', 'way=in-place,rename', '--factor', 'time=200ms'];
    const words = ['hunt', url, ...torn, '--only', 'size=256KiB', '--until-isolated'];
    const report = reportIn(await heisenwrite([...words, '--for', '90s', '--json'], here));
    expect(report.isolation?.needs).toMatchObject([{ factor: 'way', levels: ['in-place'] }]);
    const proof = ['prove', '--fixed', 'way=rename', '--trials', '400', '--json'];
    const proven = await heisenwrite(proof, here);
    expect(proven.exitCode, proven.stderr).toBe(0);
    const hunt = join(here, `heisenwrite-${report.hunt}`);
    const shrunk = await heisenwrite(['hunt', '--shrink', hunt, '--for', '15s', '--json'], here);
    expect(shrunk.exitCode, shrunk.stderr).toBe(1);
    expect(readdirSync(there)).toEqual(['precious']);
  }));
