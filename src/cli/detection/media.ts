// The media of the self-test, each with a server of its own where it needs one, on loopback and in
// a folder of its own. What cannot be started is named with its reason.

import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshHuntNumber } from '../../base/rng.ts';
import type { ConnectOptions } from '../../domain/medium.ts';
import type { TrialsPlace } from '../../domain/ports.ts';
import { Ganesha } from '../../fleet/ganesha.ts';
import { startRadosgw } from '../../fleet/radosgw.ts';
import { startSshd } from '../../fleet/sshd.ts';
import { openMedium } from '../places.ts';
import { ClientTrials, directoryTrials } from '../trials-place.ts';
import { withEnvironment } from '../with-environment.ts';
import type { DetectionRow } from './row.ts';
import { blockRows, fileRows } from './rows-mounted.ts';
import { nfsRows, s3Rows, sftpRows, tcpRows } from './rows-proxied.ts';

/** After which a call is given up; what is never answered costs so much. */
const CALL_LIMIT_MS = 2000;
const IMAGE_BYTES = 16 * 2 ** 20;

export interface TestedMedium {
  readonly name: string;
  /** What stands between a program and its bytes. */
  readonly about: string;
  readonly rows: readonly DetectionRow[];
  /** Instead of the one that understands what is spoken. */
  readonly proxy?: 'tcp';
  /** Starts what it needs. @throws HeisenwriteError `missing-component` and the like */
  open(): Promise<MediumGround>;
}

export interface MediumGround {
  readonly place: TrialsPlace;
  /** Ends what was started; never rejects. */
  close(): Promise<void>;
}

export const TESTED_MEDIA: readonly TestedMedium[] = [
  {
    name: 'file',
    about: 'a directory under `heisenwrite mount`, buffered and O_DIRECT',
    rows: fileRows,
    open: async () => {
      const folder = newFolder();
      return { place: directoryTrials(folder), close: async () => removeFolder(folder) };
    },
  },
  {
    name: 'block',
    about: 'an image file of a block device under `heisenwrite mount`',
    rows: blockRows,
    async open() {
      const folder = newFolder();
      const image = join(folder, 'image');
      const descriptor = openSync(image, 'wx');
      ftruncateSync(descriptor, IMAGE_BYTES);
      closeSync(descriptor);
      const options = { destroyDataOn: image };
      return overClient(`block:${image}`, options, async () => removeFolder(folder));
    },
  },
  {
    name: 'nfs',
    about: 'NFSv3 through `heisenwrite proxy nfs`, nfs-ganesha behind it',
    rows: nfsRows,
    open: overGanesha,
  },
  {
    name: 'sftp',
    about: 'SFTP through `heisenwrite proxy sftp`, OpenSSH behind it',
    rows: sftpRows,
    async open() {
      const server = await startSshd();
      const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: '' });
      return overClient(server.url, { limitMs: CALL_LIMIT_MS }, async () => {
        restore();
        await server.stop();
      });
    },
  },
  {
    name: 's3',
    about: 'S3 through `heisenwrite proxy s3`, radosgw behind it',
    rows: s3Rows,
    async open() {
      const server = await startRadosgw();
      const restore = withEnvironment(server.environment);
      return overClient(server.url, { limitMs: 2 * CALL_LIMIT_MS }, async () => {
        restore();
        await server.stop();
      });
    },
  },
  {
    name: 'tcp',
    about: 'NFSv3 through `heisenwrite proxy tcp`, which knows nothing of it',
    rows: tcpRows,
    proxy: 'tcp',
    open: overGanesha,
  },
];

async function overGanesha(): Promise<MediumGround> {
  const folder = newFolder();
  const server = await Ganesha.start(folder).catch((error: Error) => {
    removeFolder(folder);
    throw error;
  });
  const { nfsPort, mountPort } = server;
  const url = `nfs://127.0.0.1${folder}?nfsport=${nfsPort}&mountport=${mountPort}`;
  return overClient(url, { limitMs: CALL_LIMIT_MS }, async () => {
    await server.stop();
    removeFolder(folder);
  });
}

async function overClient(
  url: string,
  options: ConnectOptions,
  end: () => Promise<void>,
): Promise<MediumGround> {
  try {
    const place = new ClientTrials(await openMedium({ url, options }), freshHuntNumber());
    return {
      place,
      async close() {
        await place.clear();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-detection-'));
  const trials = join(folder, 'trials');
  mkdirSync(trials);
  return trials;
}

function removeFolder(trials: string): void {
  rmSync(join(trials, '..'), { recursive: true, force: true });
}
