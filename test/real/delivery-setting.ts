// A folder on each medium, on real servers, with a file to deliver, and children that publish and
// pick up in it and die where they are told to.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { connectMedium } from '../../src/medium/media.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import type { ChildOrder } from '../fixtures/delivering-child.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { withEnvironment } from './environment.ts';
import { missing, type Requirement, requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;
const CHILD = new URL('../fixtures/delivering-child.ts', import.meta.url).pathname;

interface Server {
  readonly url: string;
  stop(): Promise<void> | void;
}

export interface DeliveryMedium {
  readonly name: string;
  readonly needs: readonly Requirement[];
  /** Of the file that is delivered. */
  readonly bytes: number;
  start(): Promise<Server>;
}

async function startLocal(): Promise<Server> {
  const root = mkdtempSync(join(tmpdir(), 'heisenwrite-delivery-'));
  return { url: pathToFileURL(root).href, stop: () => rmSync(root, { recursive: true }) };
}

async function startSftp(config: readonly string[] = []): Promise<Server> {
  const server = await startSshd({ config });
  const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: undefined });
  return {
    url: server.url,
    async stop() {
      restore();
      await server.stop();
    },
  };
}

async function startS3(): Promise<Server> {
  const server = await startRadosgw();
  const restore = withEnvironment(server.environment);
  return {
    url: server.url,
    async stop() {
      restore();
      await server.stop();
    },
  };
}

export const DELIVERY_MEDIA: readonly DeliveryMedium[] = [
  { name: 'local', needs: [], bytes: 9 * MIB + 5, start: startLocal },
  { name: 'nfs', needs: ['root', 'ganesha'], bytes: 5 * MIB + 5, start: () => startGanesha() },
  { name: 'sftp', needs: ['root', 'sshd', 'ssh-keygen'], bytes: 5 * MIB + 5, start: startSftp },
  {
    name: 'sftp without extensions',
    needs: ['root', 'sshd', 'ssh-keygen'],
    bytes: 3 * MIB,
    start: () => startSftp(['ForceCommand internal-sftp -P fsync,posix-rename']),
  },
  { name: 's3, one request', needs: ['radosgw'], bytes: 2 * MIB + 5, start: startS3 },
  { name: 's3, in parts', needs: ['radosgw'], bytes: 17 * MIB + 5, start: startS3 },
];

export interface DeliverySetting {
  /** Of a folder that is empty at first. */
  readonly url: string;
  readonly connection: MediumConnection;
  /** On this host, empty at first: what is picked up goes here. */
  readonly into: string;
  /** Writes a file of random bytes; the same name again gives another content. */
  file(name: string, bytes?: number): string;
  names(): Promise<readonly string[]>;
  /** Uploads in parts that nobody completed. */
  uploads(name: string): Promise<number>;
  child(order: Omit<ChildOrder, 'place'>): Promise<ChildEnd>;
}

export interface ChildEnd {
  readonly wasKilled: boolean;
  /** Null where it was killed. */
  readonly result: unknown;
}

type DeliveryTest = (name: string, body: (setting: DeliverySetting) => Promise<void>) => void;

/** To be called in a describe: the server is started before its tests, and stopped after them. */
export function deliveryTest(medium: DeliveryMedium): DeliveryTest {
  let server: Server | null = null;
  let folders = 0;
  beforeAll(async () => {
    if (medium.needs.every((each) => missing(each) === null)) server = await medium.start();
  });
  afterAll(() => server?.stop());
  return (name, body) =>
    test(name, async (context) => {
      requireOrSkip(context, ...medium.needs);
      if (!server) throw new Error('the medium was not started');
      const root = mkdtempSync(join(tmpdir(), 'heisenwrite-delivery-test-'));
      const folder = `folder-${folders++}`;
      const parent = await connectMedium(server.url);
      try {
        await parent.client.makeDirectory(`/${folder}`);
        const at = new URL(server.url);
        at.pathname = `${at.pathname.replace(/\/$/, '')}/${folder}`;
        const connection = await connectMedium(at.href);
        await body(settingIn(root, at.href, connection, medium.bytes)).finally(() =>
          connection.client.close(),
        );
      } finally {
        await parent.client.removeTree(`/${folder}`);
        await parent.client.close();
        rmSync(root, { recursive: true });
      }
    });
}

function settingIn(
  root: string,
  url: string,
  connection: MediumConnection,
  usualBytes: number,
): DeliverySetting {
  const [sources, into] = [join(root, 'sources'), join(root, 'into')];
  for (const each of [sources, into]) mkdirSync(each);
  return {
    url,
    connection,
    into,
    file(name, bytes = usualBytes) {
      const path = join(sources, name);
      writeFileSync(path, randomBytes(bytes));
      return path;
    },
    names: () => connection.client.names('/'),
    uploads: async (name) => (await connection.client.uploads?.(`/${name}`))?.length ?? 0,
    child: (order) => runChild({ ...order, place: url }),
  };
}

async function runChild(order: ChildOrder): Promise<ChildEnd> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal === 'SIGKILL') return { wasKilled: true, result: null };
  expect(code, complained).toBe(0);
  return { wasKilled: false, result: JSON.parse(said) };
}

interface Folders {
  /** Where it is published, and where it is picked up to. */
  readonly drop: string;
  readonly into: string;
  /** `a.bin`, of 17 bytes. */
  readonly file: string;
}

/** A test with two folders of this host and a file beside them. */
export function foldersTest(name: string, body: (folders: Folders) => Promise<void>): void {
  test(name, () =>
    inDirectory(async (root) => {
      const folders = { drop: join(root, 'drop'), into: join(root, 'into') };
      for (const each of Object.values(folders)) mkdirSync(each);
      const file = join(root, 'a.bin');
      writeFileSync(file, 'what is delivered');
      await body({ ...folders, file });
    }),
  );
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Name to SHA-256. */
export function contentsOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, sha256Of(join(directory, name))]),
  );
}

/** SHA-256 of what a medium has under a name, or null. */
export async function digestThere(
  { client }: MediumConnection,
  name: string,
): Promise<string | null> {
  const bytes = await client.length(`/${name}`);
  if (bytes === null) return null;
  const whole = new Uint8Array(bytes);
  for (let came = 0; came < bytes; ) {
    const read = await client.read(`/${name}`, came, whole.subarray(came, came + MIB));
    expect(read).toBeGreaterThan(0);
    came += read;
  }
  return createHash('sha256').update(whole).digest('hex');
}

export function refusal(doing: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return doing.then(
    () => ({ message: 'nothing was refused' }),
    (error: { code?: string; message: string }) => error,
  );
}
