// The case `permission-denied-capture` by the real command, with real NFS servers of which one is
// sent SIGHUP: five steps, a fix that is none, and a machine that cannot run it.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { caseRan } from './case-runs.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'ganesha'];
const SLUG = 'permission-denied-capture';

/** Servers of ours that export something below. */
function serversOf(place: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  const ours = /ganesha\.nfsd|rpcbind|proxy nfs/;
  return stdout.split('\n').filter((line) => ours.test(line) && line.includes(place));
}

test('found, isolated, explained, fixed, proven', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const environment = { TMPDIR: place };
    const { report, exitCode, said } = await caseRan([SLUG], place, environment);
    expect(exitCode, said).toBe(0);
    const all = ['found', 'isolated', 'explained', 'fixed', 'proven'];
    expect(report.steps.map(({ step }) => step)).toEqual(all);
    const words = report.steps.map((each) => each.words.join(' '));
    expect(words[0]).toMatch(
      /captures? ended with NFS3ERR_ACCES from WRITE, after .* can be saved/,
    );
    expect(words[1]).toMatch(
      /^The failure needs place=(reloaded or proxied|proxied or reloaded)\. stability/,
    );
    expect(words[1]).toMatch(/(\d+) of \1 failures fell into the \d+ moments of SIGHUP and reload/);
    expect(words[2]).toMatch(/EACCES from write\(\): not an error that write\(2\) lists on Linux/);
    expect(words[3]).toMatch(
      /^with writer=resilient 0 of \d+ trials failed with writer=plain [1-9]/,
    );
    expect(words[4]).toMatch(/^PROVEN: with writer=resilient/);
    console.log(words[1], words[4]);
    // The caches of Node and the directory of control sockets stay, as they always do.
    const left = readdirSync(place).filter((name) => /^(case|heisenwrite-ganesha)-/.test(name));
    expect(left).toEqual([]);
    expect(serversOf(place)).toEqual([]);
  });
}, 400_000);

test('a fix that fixes nothing: exit 1 with the step', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const words = [SLUG, '--fixed', 'budget=21s', '--place', place];
    const { report, exitCode, said } = await caseRan(words, place);
    expect(exitCode, said).toBe(1);
    expect(report.failedStep, said).toBe('fixed');
    expect(existsSync(report.hunt?.directory ?? '')).toBe(true);
    expect(report.hunt?.directory.startsWith(report.kept ?? '-')).toBe(true);
    expect(serversOf(place)).toEqual([]);
  });
}, 400_000);

test('without the programs it is not possible here: exit 3 with the reason', async () => {
  await inDirectory(async (place) => {
    const said = await heisenwrite(['case', SLUG, '--place', place], place, { PATH: place });
    expectRefusal(said, 3, /nfs-ganesha did not start.*\n.*run as root, with nfs-ganesha and/);
    expect(readdirSync(place)).toEqual([]);
  });
});
