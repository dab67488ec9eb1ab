// `heisenwrite doctor --detection` as one runs it, with one or two trials of each fault: through
// real mounts and proxies, with real servers. A medium that cannot be tested is named, and nothing
// is left behind.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DetectionReport } from '../../src/cli/detection/report.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const LIMIT_MS = 10 * 60_000;

/** Its temporary files in a folder of their own, which must be empty in the end. */
async function detection(media: string, trials: number, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-test-'));
  try {
    const words = ['doctor', '--detection', '--media', media, '--trials', String(trials)];
    const own = { TMPDIR: folder, ...environment };
    const { exitCode, stdout, stderr } = await heisenwrite([...words, '--json'], folder, own);
    const control = `heisenwrite-${process.getuid?.()}`;
    const left = readdirSync(folder).filter((name) => name.startsWith('heisenwrite-'));
    expect(left.filter((name) => name !== control)).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
    return { exitCode, stderr, report: JSON.parse(stdout) as DetectionReport };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const MEDIA: readonly (readonly [string, trials: number, needs: readonly Requirement[]])[] = [
  ['file', 2, ['root', 'fuse']],
  ['block', 2, ['root', 'fuse']],
  ['nfs', 1, ['root', 'ganesha']],
  ['sftp', 1, ['root', 'sshd', 'ssh-keygen']],
  ['s3', 1, ['radosgw']],
  ['tcp', 1, ['root', 'ganesha']],
];

describe('every planted fault is found and named, and nothing is invented', () => {
  for (const [name, trials, needs] of MEDIA) {
    test(name, { timeout: LIMIT_MS }, async (context) => {
      requireOrSkip(context, ...needs);
      const { exitCode, report } = await detection(name, trials);
      const [medium] = report.media;
      expect(report.requirements.filter(({ holds }) => !holds)).toEqual([]);
      expect(medium?.rows.filter(({ firstWrong }) => firstWrong !== undefined)).toEqual([]);
      expect({ exitCode, holds: report.holds }).toEqual({ exitCode: 0, holds: true });
      expect(medium?.rows.length).toBeGreaterThan(9);
    });
  }
});

test('a medium whose server is not there is named with the reason', async () => {
  const { exitCode, stderr, report } = await detection('sftp', 1, { PATH: '/nowhere' });
  expect(exitCode).toBe(3);
  expect(report.media[0]).toMatchObject({ name: 'sftp', rows: [] });
  expect(report.media[0]?.skipped).toMatch(/ssh-keygen/);
  expect(stderr).toContain('sftp: not tested');
});

test('what cannot be asked is refused', async () => {
  const refused = async (words: readonly string[], message: RegExp) =>
    expectRefusal(await heisenwrite(['doctor', ...words]), 2, message);
  await refused(
    ['--detection', '--media', 'tape'],
    /no "tape" \(file, block, nfs, sftp, s3, tcp\)/,
  );
  await refused(['--detection', '--trials', '0'], /a whole number/);
  await refused(['--trials', '5'], /--trials is for doctor --detection/);
});
