// A real S3 server for tests and the self-test: radosgw over one monitor and one OSD that keeps
// objects in memory, on loopback, with its own folder and free ports. Ceph's own authentication is
// off (nobody else reaches it); that of S3 is real, with two users. Up in about 3 s.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { freePorts } from './free-ports.ts';

const run = promisify(execFile);
const PATIENCE_MS = 60_000;
const STEP_MS = 50;

export interface S3User {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RadosgwExtras {
  /** What follows the bucket in a host name: buckets are found there, too. */
  readonly domain?: string;
  /** Files of PEM: it speaks HTTPS as well, on a port of its own. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
}

export interface Radosgw {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** `https://127.0.0.1:port`; null where that was not asked for. */
  readonly tlsEndpoint: string | null;
  /** Of a bucket of `owner` that is empty at first. */
  readonly url: string;
  readonly bucket: string;
  /** Belongs to `stranger`; `owner` may not do anything in it. */
  readonly strangersBucket: string;
  readonly owner: S3User;
  readonly stranger: S3User;
  /** Where the AWS SDK finds `owner`. */
  readonly environment: Readonly<Record<string, string>>;
  /** With the owner's credentials; the test closes it. */
  client(): S3Client;
  /** The gateway alone dies, as by kill -9; what is stored stays. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: the port still accepts connections, and nobody answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const OWNER: S3User = {
  accessKeyId: 'OWNERACCESSKEY',
  secretAccessKey: 'owner-secret-that-must-appear-nowhere-01',
};
const STRANGER: S3User = {
  accessKeyId: 'STRANGERACCESSKEY',
  secretAccessKey: 'stranger-secret-nowhere-either-02',
};

/**
 * @param storeBytes what the OSD takes at most; memory is used as it fills
 *
 * Needs the Debian packages ceph-mon, ceph-osd and radosgw (requirement `radosgw`).
 */
export async function startRadosgw(
  storeBytes = 2 * 2 ** 30,
  extras: RadosgwExtras = {},
): Promise<Radosgw> {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-radosgw-'));
  const daemons = new Daemons(folder);
  try {
    const [port, tlsPort] = await startCluster(folder, daemons, storeBytes, extras);
    const endpoint = `http://127.0.0.1:${port}`;
    await createUser(folder, 'owner', OWNER);
    const startGateway = async () => {
      const gateway = daemons.start('radosgw', '-n', 'client.rgw');
      await untilAnswering(endpoint, gateway, folder);
      return gateway;
    };
    const gateway = await startGateway();
    await createUser(folder, 'stranger', STRANGER);
    await createBucket(endpoint, OWNER, 'hunts');
    await createBucket(endpoint, STRANGER, 'foreign');
    const tlsEndpoint = extras.tls ? `https://127.0.0.1:${tlsPort}` : null;
    return { tlsEndpoint, ...running(endpoint, gateway, startGateway, daemons, folder) };
  } catch (error) {
    await daemons.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function running(
  endpoint: string,
  first: ChildProcess,
  startGateway: () => Promise<ChildProcess>,
  daemons: Daemons,
  folder: string,
): Omit<Radosgw, 'tlsEndpoint'> {
  let gateway = first;
  return {
    endpoint,
    url: `s3://hunts/trials?endpoint=${endpoint}`,
    bucket: 'hunts',
    strangersBucket: 'foreign',
    owner: OWNER,
    stranger: STRANGER,
    environment: {
      AWS_ACCESS_KEY_ID: OWNER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: OWNER.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    client: () => clientOf(endpoint, OWNER),
    kill: () => daemons.end(gateway, 'SIGKILL'),
    async restart() {
      await daemons.end(gateway, 'SIGKILL');
      gateway = await startGateway();
    },
    pause: () => void gateway.kill('SIGSTOP'),
    resume: () => void gateway.kill('SIGCONT'),
    async stop() {
      gateway.kill('SIGCONT');
      await daemons.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the monitor and the OSD; returns the ports that the gateway will have. */
async function startCluster(
  folder: string,
  daemons: Daemons,
  storeBytes: number,
  { domain, tls }: RadosgwExtras,
): Promise<readonly [port: number, tlsPort: number]> {
  const [monitorPort, port, tlsPort] = (await freePorts(3)) as [number, number, number];
  const cluster = randomUUID();
  const disk = randomUUID();
  for (const name of ['mon', 'osd', 'run', 'gateway']) mkdirSync(join(folder, name));
  const files = tls && `ssl_certificate=${tls.certificate} ssl_private_key=${tls.privateKey}`;
  const front = `endpoint=127.0.0.1:${port}${files ? ` ssl_endpoint=127.0.0.1:${tlsPort} ` : ''}`;
  const name = domain === undefined ? '' : `rgw dns name = ${domain}\n`;
  const configuration = configurationOf(folder, cluster, monitorPort, front + (files ?? '')) + name;
  const store = `memstore device bytes = ${storeBytes}\n`;
  await writeFile(join(folder, 'ceph.conf'), configuration + store);
  const map = join(folder, 'monmap');
  const monitor = `[v2:127.0.0.1:${monitorPort}]`;
  await run('monmaptool', ['--create', '--addv', 'a', monitor, '--fsid', cluster, map]);
  await ceph(folder, 'ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
  daemons.start('ceph-mon', '-i', 'a');
  // The OSD must have the identity that the monitor was told, or its boot is ignored in silence.
  await ceph(folder, 'ceph', '--connect-timeout', '30', 'osd', 'new', disk);
  await ceph(folder, 'ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', disk);
  daemons.start('ceph-osd', '-i', '0');
  return [port, tlsPort];
}

function configurationOf(folder: string, cluster: string, monitor: number, front: string): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${monitor}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
# radosgw sets this to secure, which a cluster without authentication cannot be.
ms mon client mode = crc
# Each pool takes some rounds of the monitor, of a second each by default.
paxos propose interval = 0.05
run dir = ${folder}/run
crash dir = ${folder}/run
admin socket =
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
mon data = ${folder}/mon
mon data avail crit = 1
mon allow pool size one = true
osd data = ${folder}/osd
osd objectstore = memstore
osd memory target = ${896 * 2 ** 20}
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
# What was overwritten is freed after a minute, not after two hours.
rgw gc obj min wait = 60
rgw gc processor period = 15
rgw data = ${folder}/gateway
rgw frontends = beast ${front}
`;
}

async function ceph(folder: string, program: string, ...parameters: string[]): Promise<void> {
  const all = ['-c', join(folder, 'ceph.conf'), ...parameters];
  await run(program, all, { timeout: PATIENCE_MS });
}

function createUser(folder: string, name: string, user: S3User): Promise<void> {
  const keys = ['--access-key', user.accessKeyId, '--secret', user.secretAccessKey];
  const names = ['--uid', name, '--display-name', name];
  return ceph(folder, 'radosgw-admin', '-n', 'client.rgw', 'user', 'create', ...names, ...keys);
}

function clientOf(endpoint: string, credentials: S3User): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

async function createBucket(endpoint: string, user: S3User, Bucket: string): Promise<void> {
  const client = clientOf(endpoint, user);
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
  } finally {
    client.destroy();
  }
}

async function untilAnswering(endpoint: string, gateway: ChildProcess, folder: string) {
  const untilMs = monotonicMs() + PATIENCE_MS;
  for (;;) {
    const isUp = await fetch(endpoint).then(
      (reply) => reply.arrayBuffer().then(() => true),
      () => false,
    );
    if (isUp) return;
    if (monotonicMs() > untilMs || gateway.exitCode !== null) {
      const log = join(folder, 'client.rgw.log');
      const words = existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : 'no log';
      throw new HeisenwriteError('missing-component', `no radosgw at ${endpoint}: ${words}`, {
        remedy: 'install ceph-mon, ceph-osd and radosgw (Debian: apt-get install)',
      });
    }
    await sleep(STEP_MS);
  }
}

/** They die with this process too, also when it is killed. */
class Daemons {
  private readonly folder: string;
  private readonly children = new Set<ChildProcess>();

  constructor(folder: string) {
    this.folder = folder;
  }

  start(program: string, ...parameters: string[]): ChildProcess {
    const out = openSync(join(this.folder, `${program}.out`), 'a');
    const all = [program, '-f', '-c', join(this.folder, 'ceph.conf'), ...parameters];
    const stdio: ['ignore', number, number] = ['ignore', out, out];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...all], { stdio });
    this.children.add(child);
    return child;
  }

  async end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    this.children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Nothing is kept, so nothing needs an orderly end. */
  async stop(): Promise<void> {
    await Promise.all([...this.children].map((child) => this.end(child, 'SIGKILL')));
  }
}

/** All are open at the same time while they are looked for, so that they differ. */
