// The case `early-pickup` end to end on a real radosgw and a real sshd, by the command that
// everybody uses: found, isolated, explained, and both of its fixes proven.

import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { caseRan } from './case-runs.ts';
import { requireOrSkip } from './requirements.ts';

const LIMIT_MS = 25 * 60_000;

test(
  'early-pickup, from the first failure to the proof of its fixes',
  async (context) => {
    requireOrSkip(context, 'radosgw', 'sshd');
    await inDirectory(async (place) => {
      const words = ['early-pickup', '--place', place, '--seed', 'early'];
      const { report, exitCode, said: all } = await caseRan(words, place);
      expect(exitCode, all).toBe(0);
      expect(report.steps.map(({ step, shown }) => `${step} ${shown}`)).toEqual(
        ['found', 'isolated', 'explained', 'fixed', 'proven'].map((step) => `${step} true`),
      );
      const [, , explained, fixed, proven] = report.steps.map(({ words: said }) => said.join(' '));
      expect(explained).toMatch(/[1-9]\d* of the copies have the length of the whole file/);
      expect(explained).toMatch(/parts? [\d, and more]+ of 64KiB \(from 0\) (is|are) zeros/);
      for (const remedy of ['rename', 'sequential']) expect(fixed).toContain(`writer=${remedy}`);
      expect(proven?.match(/PROVEN/g)).toHaveLength(2);
    });
  },
  LIMIT_MS,
);
