// A plan with faults on a medium that has an URL: its trials go through a proxy, the faults come in
// the cells that the plan names and in no other, and nothing is left running.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSshd } from '../../src/fleet/sshd.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { heisenwrite, reportIn } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const PLAN = {
  name: 'planted on a medium',
  arms: [
    {
      workload: 'transfer',
      factors: { size: '256KiB', io: '64KiB', order: ['sequential', 'reverse'] },
    },
  ],
  faults: [
    { kind: 'flip', op: 'write', path: 'data', mask: '0xff', count: 1, where: 'order = reverse' },
  ],
  expect: [{ promise: 'read-back', source: 'design' }],
  stop: { trials: 8 },
  schedule: 'balanced',
};

async function huntOn(url: string, environment: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-test-'));
  try {
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(PLAN));
    const own = { ...environment, TMPDIR: folder };
    const said = await heisenwrite(['hunt', url, 'plan.json', '--json'], folder, own);
    expect(readdirSync(folder).filter((name) => name.startsWith('heisenwrite-faulty'))).toEqual([]);
    return { exitCode: said.exitCode, report: reportIn(said) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function expectPlanted(hunted: ReturnType<typeof huntOn>) {
  const { exitCode, report } = await hunted;
  expect(exitCode).toBe(1);
  expect(report.trials).toMatchObject({ clean: 4, damaged: 4, failed: 0, unknown: 0 });
  for (const { levels, trials, damaged } of report.cells) {
    expect(damaged).toBe(levels.order === 'reverse' ? trials : 0);
  }
  expect(new Set(report.findings.flatMap(({ kinds }) => kinds))).toEqual(new Set(['flipped']));
  expect(report.planted).toMatchObject({ accused: 4, silent: 0, falselyAccused: 0 });
}

test('SFTP, with keys of the occasion', { timeout: 300_000 }, async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  const server = await startSshd();
  try {
    await expectPlanted(huntOn(server.url, { ...server.environment, SSH_AUTH_SOCK: '' }));
  } finally {
    await server.stop();
  }
});

test('NFS, its mount daemon beside the proxy', { timeout: 300_000 }, async (context) => {
  requireOrSkip(context, 'root', 'ganesha');
  const server = await startGanesha();
  try {
    await expectPlanted(huntOn(server.url));
  } finally {
    await server.stop();
  }
});
