// The NFS proxy before the kernel's own client, that of a guest which mounts through it, with
// NFSv3, NFSv4.0 and the sessions of NFSv4.1: without faults every word is right, and what is
// planted in a WRITE or a READ is what programs in the guest meet.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { TrialOutcome } from '../../src/domain/trial.ts';
import { Guest } from '../../src/fleet/guest.ts';
import { GuestActors, guestClock, TrialBoards } from '../../src/fleet/guest-actors.ts';
import { guestKernel } from '../../src/fleet/guest-kernel.ts';
import { HOST_ADDRESS } from '../../src/fleet/guest-messages.ts';
import { guestProgram } from '../../src/fleet/guest-program.ts';
import { roundtrip } from '../../src/workload/roundtrip.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';
import { type FaultyNfs, withFaultyNfs } from './faulty-nfs.ts';
import { requireOrSkip } from './requirements.ts';

/** An emulated guest on busy cores. */
const CALL_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 300_000;
const GUEST_ADDRESS = '10.0.2.15';
/** O_DIRECT: nothing is answered from the cache of the guest. */
const LEVELS = { size: 524_288, io: 131_072, steps: 1, mode: 'direct' };
/** More than one WRITE takes, so that they are unstable and a COMMIT follows. */
const CACHED = { ...LEVELS, size: 4_194_304, mode: 'buffered' };

interface Tried {
  readonly observations: readonly Observation[];
  /** The file on the server. */
  readonly stored: () => Buffer;
}

interface Kernel {
  /** Mounts the export through the proxy. */
  mount(nfs: FaultyNfs, version: string): Promise<void>;
  /** Writes a file in a directory of that mount, and checks every word of it. */
  trial(version: string, directory: string, levels: Levels): Promise<TrialOutcome>;
}

async function withKernel(body: (kernel: Kernel) => Promise<void>): Promise<void> {
  await inDirectory(async (folder) => {
    const kernel = await guestKernel('6.1', () => undefined);
    const program = await guestProgram(() => undefined);
    const told: { guest?: Guest } = {};
    const boards = new TrialBoards((board, value) => told.guest?.tell({ board, at: 0, value }));
    const consoleLog = join(folder, 'console.log');
    const guest = await Guest.boot({ kernel, program, consoleLog }, boards);
    told.guest = guest;
    try {
      await body({
        async mount({ url, server }, version) {
          const { searchParams } = new URL(url);
          const ports = [`port=${searchParams.get('nfsport')}`];
          if (version === '3') ports.push(`mountport=${searchParams.get('mountport')}`);
          else ports.push(`clientaddr=${GUEST_ADDRESS}`);
          const more = version === '3' ? ['mountproto=tcp', 'nolock'] : [];
          const options = [`vers=${version}`, 'proto=tcp', 'nosharecache', 'sec=sys'];
          const mount = {
            at: `/mnt/${version}`,
            source: `${HOST_ADDRESS}:${server.exported}`,
            isSync: false,
            options: [...options, ...more, ...ports].join(','),
          };
          await guest.ask({ ask: 'mount', mount }, CALL_LIMIT_MS);
        },
        async trial(version, name, levels) {
          const actors = new GuestActors(guest, await guestClock(guest));
          actors.limit(CALL_LIMIT_MS);
          const directory = `/mnt/${version}/${name}`;
          const outcome = await roundtrip.run(settingFor(roundtrip, levels, { directory, actors }));
          boards.forget();
          await guest.ask({ ask: 'forget' }, CALL_LIMIT_MS);
          return outcome;
        },
      });
    } catch (error) {
      const said = readFileSync(consoleLog, 'latin1').slice(-2000);
      throw new Error(`${(error as Error).message}\nthe console says: ${said}`, { cause: error });
    } finally {
      await guest.close();
    }
  });
}

/** Whether what was read wrongly is what the server has. */
function sameAsStored({ observations, stored }: Tried): boolean[] {
  return observations.map(({ bytes, offset }) =>
    stored()
      .subarray(offset, offset + bytes.length)
      .equals(bytes),
  );
}

async function expectPlanted(kernel: Kernel, nfs: FaultyNfs, version: string): Promise<void> {
  let trials = 0;
  const tried = async (fault: string | null, levels: Levels = LEVELS) => {
    const name = `with-${version}-${trials++}`;
    mkdirSync(join(nfs.server.exported, name));
    nfs.plant(...(fault === null ? [] : [fault]));
    const { failures, observations } = await kernel.trial(version, name, levels);
    const files = nfs.receipts().map(({ path }) => path);
    expect(files.filter((path) => !path.endsWith(`/${name}/data`))).toEqual([]);
    const damage = observations.flatMap((each) => [...diagnose(each).damage]);
    const found = damage.map(({ kind, offset }) => [kind, offset] as const);
    const stored = () => nfs.stored(`${name}/data`);
    return { failures, found, observations, fired: files.length, stored };
  };
  const at = LEVELS.io + 8 * 5;

  const clean = await tried(null);
  expect(clean).toMatchObject({ failures: [], found: [], fired: 0 });
  expect(clean.stored()).toHaveLength(LEVELS.size);

  const written = await tried(`flip:op=write,offset=${at}-${at + 1},word=5,mask=0xff,count=1`);
  expect(written).toMatchObject({ failures: [], found: [['flipped', at]], fired: 1 });
  expect(sameAsStored(written)).toEqual([true]);

  const read = await tried(`flip:op=read,offset=${at}-${at + 1},word=5,mask=0xff,count=1`);
  expect(read).toMatchObject({ failures: [], found: [['flipped', at]], fired: 1 });
  expect(sameAsStored(read)).toEqual([false]);

  const refused = await tried('errno:op=write,errno=ENOSPC,count=1');
  expect(refused.failures).toMatchObject([{ operation: 'write', errno: 'ENOSPC' }]);
  expect(refused).toMatchObject({ found: [], fired: 1 });

  const uncommitted = await tried('errno:op=fsync,errno=EIO,count=1', CACHED);
  expect(uncommitted.failures).toMatchObject([{ operation: 'close', errno: 'EIO' }]);
  expect(uncommitted).toMatchObject({ found: [], fired: 1 });

  const held = await tried('delayed:until=reversed', CACHED);
  expect(held).toMatchObject({ failures: [], found: [] });
  expect(held.fired).toBeGreaterThan(0);
  expect(held.stored()).toHaveLength(CACHED.size);

  // What a crash takes the kernel writes again, since the COMMIT has another verifier.
  const crashes = setInterval(() => nfs.faults.signalled('SIGUSR2'), 5);
  const crashed = await tried('unsynced:signal=SIGUSR2,count=2', CACHED);
  clearInterval(crashes);
  expect(crashed).toMatchObject({ failures: [], found: [], fired: 2 });
  expect(crashed.stored()).toHaveLength(CACHED.size);
  // The cache of the guest would hide it.
  expect(crashed.stored().indexOf(Buffer.alloc(LEVELS.io))).toBe(-1);

  // After calls of the proxy's own the session goes on.
  const cached = await tried(null, CACHED);
  expect(cached).toMatchObject({ failures: [], found: [], fired: 0 });
  expect(cached.stored()).toHaveLength(CACHED.size);
}

test(
  'a kernel mounts through the proxy, with NFSv3, NFSv4.0 and NFSv4.1',
  async (context) => {
    requireOrSkip(context, 'root', 'guests', 'ganesha');
    await withFaultyNfs(async (nfs) => {
      await withKernel(async (kernel) => {
        for (const version of ['3', '4.0', '4.1']) {
          await kernel.mount(nfs, version);
          await expectPlanted(kernel, nfs, version);
        }
      });
    });
  },
  TEST_LIMIT_MS,
);
