// Tidy, unit, detection and conformance tests run in parallel. Real tests (mounts, browsers,
// servers) share two cores and one kernel: those that mostly wait for servers and programs run two
// at a time, those that measure rates and times one at a time. fast-check prints the seed and path
// of a failing property by itself (test/seeds).

import { defineConfig } from 'vitest/config';

/** Neither their outcome nor their bounds depend on how fast anything is. */
const TOGETHER = [
  'bad-input*',
  'builds',
  'command-workload',
  'delivery*',
  'evidence-*',
  'hunt-resume',
  'launcher',
  'medium-*',
  'package',
  'planted-matrix',
  'proxy-command',
  'proxy-s3*',
  'proxy-sftp*',
  'publish-command',
  'record-planted',
  'record-refused',
  'replay',
  'report-page',
  'second-host',
  'url-hunt',
].map((name) => `test/real/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'tidy',
          include: ['test/tidy/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'fast',
          include: ['test/{unit,detection,conformance}/**/*.test.ts'],
          setupFiles: ['test/property-seed.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'real-together',
          include: TOGETHER,
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          exclude: TOGETHER,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
