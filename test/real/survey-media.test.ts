// Surveys and hunts on real servers from the command line: what each medium guarantees, in words
// with bounds; a server that is killed in the middle and comes back; and no secret in any file.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { type Environment, heisenwrite, reportIn, started } from './command-line.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

interface Server {
  readonly url: string;
  readonly environment: Environment;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  nfs: async () => ({ environment: {}, ...(await startGanesha()) }),
  sftp: startSshd,
  s3: startRadosgw,
};
const NEEDS: Readonly<Record<string, readonly Requirement[]>> = {
  nfs: ['root', 'ganesha'],
  sftp: ['sshd'],
  s3: ['radosgw'],
};

async function withServer(
  scheme: string,
  act: (server: Server, here: string) => Promise<void>,
): Promise<void> {
  const server = await (SERVERS[scheme] as () => Promise<Server>)();
  try {
    await inDirectory((here) => act(server, here));
  } finally {
    await server.stop();
  }
}

function keptWords({ guarantees }: HuntReport): string {
  return guarantees
    .filter((each) => each.kept)
    .map(({ words }) => words)
    .join('\n');
}

/** radosgw answers a read of an object that is being overwritten with 500 once in a while. */
function isKnown(scheme: string, { operation, errno }: HuntReport['failures'][number]): boolean {
  return scheme === 's3' && operation === 'GetObject' && errno === 'HTTP500';
}

/** What every one of them keeps, and what only some can do at all. */
const KEPT: Readonly<Record<string, readonly RegExp[]>> = {
  nfs: [/then read back by a second client/, /a temporary name renamed over the old content/],
  sftp: [/then read back by a second client/, /a temporary name renamed over the old content/],
  s3: [/then read back by a second client/, /a content put in one operation/],
};

test.for(Object.keys(SERVERS))('survey %s:// says what it guarantees', (scheme, context) => {
  requireOrSkip(context, ...(NEEDS[scheme] as readonly Requirement[]));
  return withServer(scheme, async ({ url, environment }, here) => {
    const words = ['survey', url, '--for', '25s', '--seed', 's', '--json'];
    const said = await heisenwrite(words, here, environment);
    const report = reportIn(said);
    expect(report.trials.damaged + report.trials.unknown, said.stderr).toBe(0);
    const surprising = report.failures.filter((each) => !isKnown(scheme, each));
    expect(surprising).toEqual([]);
    expect(said.exitCode, said.stderr).toBe(report.trials.failed === 0 ? 0 : 1);
    for (const sentence of KEPT[scheme] as readonly RegExp[]) {
      expect(keptWords(report)).toMatch(sentence);
    }
    expect(keptWords(report)).toMatch(/under [\d.]+%/);
    expect(report.facts['file system']).toMatch(/nfs|sftp|s3/i);
  });
});

test.for(Object.keys(SERVERS))('%s:// killed under a hunt, and back again', (scheme, context) => {
  requireOrSkip(context, ...(NEEDS[scheme] as readonly Requirement[]));
  return withServer(scheme, async ({ url, environment, kill, restart }, here) => {
    const only = ['--only', 'workload=transfer', '--only', 'size=1MiB'];
    const words = ['hunt', url, ...only, '--for', '8m', '--seed', 's', '--json'];
    const child = started(words, here, environment);
    const hunts = () => readdirSync(here).filter((name) => name.startsWith('heisenwrite-'));
    while (hunts().length === 0) await sleep(100);
    await sleep(2000);
    const troubled = async () => {
      const said = await heisenwrite(['report', hunts()[0] as string, '--json'], here);
      const { failed, unknown } = reportIn(said).trials;
      return failed + unknown > 0;
    };
    // Between two trials, or within the patience of a client, it goes and comes back unnoticed.
    for (let kills = 0; kills < 60 && !(await troubled()); kills++) {
      // At another moment of a trial each time.
      await sleep(1000 + 37 * kills);
      await kill();
      await sleep(800);
      await restart();
    }
    await sleep(3000);
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child;
    const report = reportIn({ exitCode, stdout, stderr });
    expect(report.trials.damaged).toBe(0);
    expect(report.trials.clean).toBeGreaterThan(0);
    expect(report.trials.failed + report.trials.unknown).toBeGreaterThan(0);
    for (const { errno } of report.failures) expect(errno).toMatch(/^[A-Z][A-Za-z0-9_]+$/);
    for (const { because } of report.unknowns) expect(because.length).toBeGreaterThan(10);
    const after = await heisenwrite(
      ['hunt', '--resume', '--for', '4s', '--json'],
      here,
      environment,
    );
    expect(reportIn(after).trials.clean).toBeGreaterThan(report.trials.clean);
  });
});

test.for(['sftp', 's3'])('no secret of %s:// is in any file of a hunt', (scheme, context) => {
  requireOrSkip(context, ...(NEEDS[scheme] as readonly Requirement[]));
  return withServer(scheme, async ({ url, environment }, root) => {
    const here = join(root, 'here');
    mkdirSync(here);
    const words = ['hunt', url, '--for', '5s', '--html', 'report.html', '--junit', 'report.xml'];
    const { stdout, stderr } = await heisenwrite(words, here, environment);
    const secrets = secretsOf(environment);
    expect(secrets.length).toBeGreaterThan(0);
    const written = filesBelow(here).map((path) => readFileSync(path));
    expect(written.length).toBeGreaterThan(3);
    for (const secret of secrets) {
      expect(written.some((content) => content.includes(secret))).toBe(false);
      expect(`${stdout}${stderr}`.includes(secret.toString())).toBe(false);
    }
  });
});

/** The secret key of AWS, and what is inside a private key's file. */
function secretsOf(environment: Environment): Buffer[] {
  const { AWS_SECRET_ACCESS_KEY: key, HEISENWRITE_SSH_IDENTITY: identity } = environment;
  const lines =
    identity === undefined ? [] : readFileSync(identity, 'utf8').split('\n').slice(2, 5);
  return [key, ...lines].filter((each) => each !== undefined && each.length > 20).map(bufferOf);
}

function bufferOf(text: string | undefined): Buffer {
  return Buffer.from(text ?? '');
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}
