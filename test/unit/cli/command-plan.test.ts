// Paths in the commands of a plan: from the directory of the plan, or from where it was typed, in
// every workload that runs programs of the user's own, and in no other.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planFrom } from '../../../src/cli/plan-source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-plan-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function programsOf(workload: string, program: string): Promise<readonly unknown[]> {
  const path = join(folder, 'plan.json');
  const factors = workload === 'delivery' ? { writer: 'command', program } : { program };
  writeFileSync(path, JSON.stringify({ name: 'own', arms: [{ workload, factors }] }));
  const plan = await planFrom([path], {});
  return plan.arms[0]?.factors.program ?? [];
}

test.each([
  ['command', '{here}/save {canary} {out}', (here: string) => `'${here}'/save {canary} {out}`],
  ['delivery', 'cp {from} {to} # {here}', (here: string) => `cp {from} {to} # '${here}'`],
  ['delivery', './upload {from} {to}', (here: string) => `${here}/upload {from} {to}`],
])('%s: %s', async (workload, program, expected) => {
  const [found] = await programsOf(workload, program);
  expect(String(found).replaceAll("'", '')).toBe(expected(folder).replaceAll("'", ''));
});

test('a program that is looked up in PATH stays as it is', async () => {
  expect(await programsOf('delivery', 'rsync {from} {to}')).toEqual(['rsync {from} {to}']);
});

test('of the command line it is the directory where it was typed', async () => {
  const factor = ['writer=command', 'program={here}/upload {from} {to}'];
  const plan = await planFrom([folder], { preset: 'delivery', factor });
  expect(String(plan.arms[0]?.factors.program)).toContain(process.cwd());
});
