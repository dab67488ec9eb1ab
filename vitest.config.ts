// Tidy, unit, detection and conformance tests run in parallel; real tests (mounts, browsers,
// servers) run in a project of their own, one file at a time, because they share two cores and one
// kernel. fast-check prints the seed and path of a failing property by itself (test/seeds).

import { defineConfig } from 'vitest/config';

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
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
