// Hunts of the preset `delivery` with small files and short waits, in a directory and on servers of
// this host, and what they say of their pickups.

import { expect, type TestContext } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { connectMedium } from '../../src/medium/media.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { type Environment, heisenwrite, reportIn } from './command-line.ts';
import { withEnvironment } from './environment.ts';
import { requireOrSkip } from './requirements.ts';

/** Levels that fool a rule of stable sizes in most of the trials. */
export const FOOLED = ['writer=out-of-order', 'rule=size-stable', 'stall=300ms'];
export const QUICK = [
  'size=128KiB',
  'part=16KiB',
  'pace=2ms',
  'settle=40ms',
  'poll=4ms',
  'marker=true',
];

export interface HuntedPlace {
  readonly place: string;
  readonly environment?: Environment;
}

/** @param here the directory in which it is called */
export async function hunted(
  { place, environment }: HuntedPlace,
  here: string,
  levels: readonly string[],
  trials: number,
): Promise<HuntReport> {
  const factors = [...QUICK, ...levels].flatMap((level) => ['--factor', level]);
  const words = ['hunt', place, '--preset', 'delivery', '--seed', 'd', '--trials', String(trials)];
  const said = await heisenwrite([...words, ...factors, '--json'], here, environment);
  return reportIn(said);
}

/** Pickups of all cells, and those of them that were early. */
export function readyOf(report: HuntReport): { tries: number; broken: number } {
  const promises = report.cells.flatMap((cell) => cell.promises);
  const ready = promises.filter(({ promise }) => promise === 'ready-whole');
  return {
    tries: ready.reduce((sum, one) => sum + one.tries, 0),
    broken: ready.reduce((sum, one) => sum + one.broken, 0),
  };
}

/** Of 6 trials of `FOOLED`. */
export function expectFooled(report: HuntReport): void {
  expect(report.verdict).toBe('damaged');
  const { tries, broken } = readyOf(report);
  expect(tries).toBe(6);
  expect(broken).toBeGreaterThan(2);
  const kinds = new Set(report.findings.flatMap((finding) => finding.kinds));
  expect([...kinds][0]).toBe('early');
  for (const kind of kinds) expect(['early', 'zeroed', 'missing']).toContain(kind);
  expect(report.deliveries?.early[0]?.rule).toBe('size-stable');
  expect(report.trials.unknown + report.trials.failed).toBe(0);
}

export function expectSilent(report: HuntReport, pickups: number): void {
  expect(report.verdict, JSON.stringify(report.words)).toBe('clean');
  expect(report.findings).toEqual([]);
  expect(readyOf(report)).toEqual({ tries: pickups, broken: 0 });
}

type Body = (place: HuntedPlace, here: string) => Promise<void>;

/** On a real NFS server; skips where there is none. */
export function overNfs(context: TestContext, body: Body): Promise<void> {
  requireOrSkip(context, 'ganesha');
  return inDirectory(async (here) => {
    const server = await startGanesha(here);
    try {
      await body({ place: server.url }, here);
    } finally {
      await server.stop();
    }
  });
}

/** On a real SFTP server; skips where there is none. */
export function overSftp(context: TestContext, body: Body): Promise<void> {
  requireOrSkip(context, 'sshd');
  return inDirectory(async (here) => {
    const { url: place, environment, stop } = await startSshd();
    try {
      await body({ place, environment }, here);
    } finally {
      await stop();
    }
  });
}

/** What a bucket holds once a hunt is over. */
export async function namesThere(
  url: string,
  environment: Environment,
): Promise<readonly string[]> {
  const restore = withEnvironment({ ...environment });
  const { client } = await connectMedium(url);
  try {
    return await client.names('/');
  } finally {
    await client.close();
    restore();
  }
}
