// The second half of the case `async-export`: the original signature, planted through a real mount
// in 1 of 300 trials of the guilty cells, is found among 1,296 cells and isolated by one command.
// And what planting does to a hunt that is killed, refused, or has nothing to find.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, type TestContext, test } from 'vitest';
import { expectRefusal, heisenwrite, reportIn, started } from './command-line.ts';
import { onTmpfs } from './mounted-place.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const MATRIX = resolve(import.meta.dirname, '../../cases/async-export/matrix.json');
const NEEDS: readonly Requirement[] = ['root', 'fuse'];
const LIMIT_MS = 15 * 60_000;

const matrix = () => JSON.parse(readFileSync(MATRIX, 'utf8'));

const inPlace = (act: (place: string) => Promise<void>) => onTmpfs('size=1G', act);
/** Those of a hunt that has its temporary files below this place. */
const mountsBelow = (place: string) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${place}/heisenwrite-faulty-`));

function real(name: string, act: (context: TestContext) => Promise<void>) {
  test(name, { timeout: LIMIT_MS }, async (context) => {
    for (const need of NEEDS) requireOrSkip(context, need);
    await act(context);
  });
}

describe('the matrix of the original bug', () => {
  real('is hunted in one command: which bits, and which two of six factors', () =>
    inPlace(async (place) => {
      const said = await heisenwrite(['hunt', place, MATRIX, '--seed', '1', '--json'], place);
      const report = reportIn(said);
      console.log(`${report.trials.damaged} of ${report.trials.clean} trials: ${report.stopped}`);
      expect(said.exitCode).toBe(1);
      expect(report.cells).toHaveLength(1296);
      expect(report.trials).toMatchObject({ failed: 0, unknown: 0 });
      expect(report.isolation).toMatchObject({
        claim: 'needs',
        needs: [
          { factor: 'mode', levels: ['buffered'] },
          { factor: 'linux', levels: ['5.1'] },
        ],
      });
      expect(new Set(report.isolation?.irrelevant)).toEqual(
        new Set(['size', 'hardware', 'build', 'storage']),
      );
      expect(report.signature?.words).toContain(
        'always bits 0-31 of a 64-bit word, 1->0, only words that were all ones',
      );
      expect(report.findings.map(({ kinds }) => kinds)).toEqual(
        report.findings.map(() => ['flipped']),
      );
      const { damaged, clean } = report.trials;
      expect(report.planted).toMatchObject({ accused: damaged, silent: 0, others: clean });
      expect(report.planted?.falselyAccused).toBe(0);
      expect(new Set(report.findings.map(({ layer }) => layer))).toEqual(new Set(['persisted']));
    }),
  );

  real('with nothing planted stays silent', () =>
    inPlace(async (place) => {
      const plan = join(place, 'plan.json');
      const [fault] = matrix().faults;
      const never = { ...matrix(), faults: [{ ...fault, path: 'no-such-file' }] };
      writeFileSync(plan, JSON.stringify(never));
      const words = ['hunt', place, plan, '--trials', '300', '--json'];
      const { trials, verdict } = reportIn(await heisenwrite(words, place));
      expect([verdict, trials.clean]).toEqual(['clean', 300]);
    }),
  );
});

describe('a hunt with planted faults', () => {
  real('leaves no mount behind when it is killed, and goes on', () =>
    inPlace(async (place) => {
      const own = { TMPDIR: place };
      const child = started(['hunt', place, MATRIX, '--seed', 'k'], place, own);
      while (mountsBelow(place).length === 0) await sleep(20);
      await sleep(1500);
      child.kill('SIGKILL');
      await child;
      const left = () => readdirSync(place).filter((name) => name.includes('faulty'));
      await expect.poll(() => mountsBelow(place), { timeout: 20_000 }).toEqual([]);
      await expect.poll(left, { timeout: 20_000 }).toEqual([]);
      const words = ['hunt', '--resume', '--trials', '400', '--json'];
      const { trials } = reportIn(await heisenwrite(words, place, own));
      expect([trials.clean + trials.damaged, trials.unknown]).toEqual([400, 0]);
      expect([...mountsBelow(place), ...left()]).toEqual([]);
    }),
  );

  real('plants them in the proof of a fix and in the search for a smaller trial, too', () =>
    inPlace(async (place) => {
      const plan = join(place, 'plan.json');
      const [fault] = matrix().faults;
      const often = { ...matrix(), faults: [{ ...fault, chance: '1/2' }] };
      writeFileSync(plan, JSON.stringify(often));
      const one = ['hardware=R610', 'storage=local', 'build=R610-5.1'];
      const only = one.flatMap((each) => ['--only', each]);
      const hunted = reportIn(await heisenwrite(['hunt', place, plan, ...only, '--json'], place));
      expect(hunted.isolation?.claim).toBe('needs');
      const proof = ['prove', join(place, `heisenwrite-${hunted.hunt}`), '--json'];
      const fixed = await heisenwrite([...proof, '--fixed', 'mode=sync'], place);
      expect(fixed.exitCode, fixed.stderr).toBe(0);
      const none = await heisenwrite([...proof, '--fixed', 'size=16KiB'], place);
      expect(none.exitCode, none.stderr).toBe(1);
      const small = ['hunt', '--shrink', join(place, `heisenwrite-${hunted.hunt}`), '--for', '10s'];
      const shrunk = await heisenwrite([...small, '--json'], place);
      expect(shrunk.exitCode, shrunk.stderr).toBe(1);
      const replay = join(place, `heisenwrite-${JSON.parse(shrunk.stdout).hunt}`, 'replay.json');
      const again = await heisenwrite(['hunt', replay, '--json'], place);
      expect(reportIn(again).verdict).toBe('damaged');
    }),
  );

  real('cannot be planted where there is no directory', () =>
    inPlace(async (place) => {
      const said = await heisenwrite(['hunt', 'opendal+fs:///x', MATRIX], place);
      expectRefusal(said, 2, /faults cannot be planted on opendal\+fs/);
      expect(readdirSync(place)).toEqual([]);
    }),
  );
});
