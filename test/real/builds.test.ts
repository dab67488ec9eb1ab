// Builds as factors, with a real compiler: each level is built once and found again in the cache,
// one that does not compile makes its cells unknown and leaves the others alone, and a bug that
// only one build has is found and isolated to its level.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { heisenwrite, reportIn, type Said } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const SOURCE = `#include <stdio.h>
int main(int count, char **word) {
  FILE *in = fopen(word[1], "rb"), *out = fopen(word[2], "wb");
  int byte;
  long at = 0;
  if (!in || !out) return 1;
  while ((byte = getc(in)) != EOF) {
#ifdef PLANTED
    if (at == 4242) byte ^= 0x10;
#endif
    putc(byte, out);
    at++;
  }
  return fclose(out) == 0 ? 0 : 1;
}
`;

function planWith(factors: object, more: object = {}) {
  return {
    name: 'built',
    arms: [
      {
        workload: 'command',
        factors: {
          program: '{build:copier} {canary} {out}',
          size: '16KiB',
          pattern: ['stamp', 'alternating'],
        },
      },
    ],
    builds: {
      copier: {
        sources: ['src/*.c'],
        command: 'gcc {optimise} {define} -o {out} {source}',
        factors,
        ...more,
      },
    },
  };
}

interface Workshop {
  readonly cache: string;
  hunt(plan: object, ...words: string[]): Promise<Said>;
}

async function inWorkshop(act: (workshop: Workshop) => Promise<void>): Promise<void> {
  await inDirectory(async (base) => {
    for (const name of ['place', 'src']) mkdirSync(join(base, name));
    writeFileSync(join(base, 'src', 'copy.c'), SOURCE);
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(base, 'cache');
    try {
      await act({
        cache: join(base, 'cache', 'heisenwrite', 'builds'),
        hunt(plan, ...words) {
          writeFileSync(join(base, 'plan.json'), JSON.stringify(plan));
          return heisenwrite(
            ['hunt', 'plan.json', 'place', '--json', '--seed', 's', ...words],
            base,
          );
        },
      });
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    }
  });
}

const CLEAN = { optimise: ['-O0', '-O2'], define: 'none' };

describe('builds', () => {
  test('each level once, and none a second time', async (context) => {
    requireOrSkip(context, 'gcc');
    await inWorkshop(async ({ hunt, cache }) => {
      const first = reportIn(await hunt(planWith(CLEAN), '--trials', '8'));
      expect(first.trials).toEqual({ clean: 8, damaged: 0, failed: 0, unknown: 0 });
      expect(first.factors.find(({ factor }) => factor === 'optimise')?.levels).toEqual([
        '-O0',
        '-O2',
      ]);
      const made = readdirSync(cache).map((name) => statSync(join(cache, name, 'program')).ino);
      expect(made.length).toBe(2);
      const again = reportIn(await hunt(planWith(CLEAN), '--trials', '4'));
      expect(again.trials.clean).toBe(4);
      expect(readdirSync(cache).map((name) => statSync(join(cache, name, 'program')).ino)).toEqual(
        made,
      );
      const logs = readdirSync(join(again.directory, 'builds'));
      expect(logs.length).toBe(2);
      for (const log of logs) {
        expect(readFileSync(join(again.directory, 'builds', log), 'utf8')).toContain('made before');
      }
    });
  });

  test('a program in the cache that was damaged is made again', async (context) => {
    requireOrSkip(context, 'gcc');
    await inWorkshop(async ({ hunt, cache }) => {
      await hunt(planWith(CLEAN), '--trials', '2');
      for (const name of readdirSync(cache)) writeFileSync(join(cache, name, 'program'), 'rotten');
      expect(reportIn(await hunt(planWith(CLEAN), '--trials', '4')).trials.clean).toBe(4);
    });
  });

  test('one that fails makes its cells unknown, and no others', async (context) => {
    requireOrSkip(context, 'gcc');
    await inWorkshop(async ({ hunt }) => {
      const factors = { optimise: ['-O2', '-Onosuch'], define: 'none' };
      const report = reportIn(await hunt(planWith(factors), '--trials', '30'));
      expect(report.trials).toEqual({ clean: 28, damaged: 0, failed: 0, unknown: 2 });
      const [unknown] = report.unknowns;
      expect(unknown?.because).toMatch(/^build copier optimise=-Onosuch .*error: .*-O.*; log: \//);
      const log = unknown?.because.split('log: ')[1] as string;
      expect(readFileSync(log, 'utf8')).toMatch(/compiler: gcc .*\n.*-Onosuch/);
      for (const { levels, trials, unknown: untested } of report.cells) {
        if (levels.optimise === '-Onosuch') expect([trials, untested]).toEqual([1, 1]);
        else expect(untested).toBe(0);
      }
      const more = ['hunt', '--resume', report.directory, '--trials', '34', '--json'];
      expect(reportIn(await heisenwrite(more)).trials).toMatchObject({ clean: 32, unknown: 2 });
    });
  });

  test('where nothing can be built nothing is concluded', async (context) => {
    requireOrSkip(context, 'gcc');
    await inWorkshop(async ({ hunt }) => {
      const said = await hunt(planWith({ optimise: '-O2', define: 'none' }, { host: 'elsewhere' }));
      expect(said.exitCode, said.stderr).toBe(3);
      const report = reportIn(said);
      expect(report.trials).toMatchObject({ clean: 0, unknown: 2 });
      expect(report.unknowns[0]?.because).toContain('is to be built on elsewhere');
    });
  });

  test('a bug that only one build has is isolated to its level', async (context) => {
    requireOrSkip(context, 'gcc');
    await inWorkshop(async ({ hunt }) => {
      const factors = {
        optimise: ['-O0', '-O2', '-Onosuch'],
        define: ['none', '-DPLANTED'],
      };
      const said = await hunt(planWith(factors), '--until-isolated', '--trials', '600');
      expect(said.exitCode, said.stderr).toBe(1);
      const report = reportIn(said);
      expect(report.findings[0]?.damage).toMatchObject([
        { kind: 'flipped', offset: 4242, length: 1, bits: { bitsInWord: [20] } },
      ]);
      expect(report.stopped).toBe('what the failures need was isolated');
      const needs = report.isolation?.causes.map(({ literals }) => literals);
      expect(needs).toMatchObject([[{ factor: 'define', levels: ['-DPLANTED'] }]]);
      expect(report.findings[0]?.replay).toContain('--only define=-DPLANTED');
    });
  });
});
