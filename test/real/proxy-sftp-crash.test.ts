// `unsynced` in the SFTP proxy: a real sshd is taken to have crashed and come back, and what was
// acknowledged and not made durable is gone, also of sessions that have ended; the rest is not.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { anyManner, stamped, writeWhole } from '../conformance/medium-setting.ts';
import { type FaultySftp, kindsAfterPut, kindsOf, localFile, realSftp } from './faulty-sftp.ts';

const KIB = 1024;
const PART = 32 * KIB;
const SIZE = 8 * PART;
const OLD = stamped(1, SIZE);
const NEW = stamped(1, SIZE, 2);

const AT_SIGNAL = 'unsynced:signal=SIGUSR2';

function stored({ server }: FaultySftp, name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(server.directory, name)));
}

/** The crash, and what it says once it is over: a call through the proxy waits for that. */
async function crash(setting: FaultySftp) {
  setting.faults.signalled('SIGUSR2');
  const client = await setting.connect();
  await client.names('/');
  return setting.receipts();
}

describe('what was not made durable is lost', () => {
  realSftp('of a new file: what came after the fsync', async (setting) => {
    setting.plant(AT_SIGNAL);
    const client = await setting.connect();
    const file = await client.create('/a', anyManner(SIZE));
    await file.write(0, NEW.subarray(0, PART));
    await file.sync();
    await file.write(PART, NEW.subarray(PART));
    // Until it crashes, everybody sees what was written.
    expect(stored(setting, 'a')).toEqual(NEW);
    const path = join(setting.server.directory, 'a');
    expect(await crash(setting)).toMatchObject([
      { kind: 'unsynced', operation: 'write', path, offset: PART, length: SIZE - PART },
    ]);
    expect(stored(setting, 'a')).toEqual(NEW.subarray(0, PART));
    // What is written afterwards, in the same session, can be lost again.
    await file.write(PART, NEW.subarray(PART));
    await file.sync();
    expect(await crash(setting)).toEqual([]);
    expect(stored(setting, 'a')).toEqual(NEW);
    await file.close();
  });

  realSftp('of a rewrite: older data come back, byte for byte', async (setting) => {
    const client = await setting.connect();
    await writeWhole(client, '/a', OLD);
    setting.plant(AT_SIGNAL);
    const file = await client.open('/a', anyManner(SIZE));
    await file.write(100, NEW.subarray(100, PART + 50));
    await file.write(200, NEW.subarray(200, PART + 50));
    await file.write(SIZE, new Uint8Array(10));
    expect(stored(setting, 'a').subarray(100, PART)).toEqual(NEW.subarray(100, PART));
    expect(await crash(setting)).toHaveLength(1);
    expect(stored(setting, 'a')).toEqual(OLD);
    await file.close();
  });
});

describe('what was not made durable is lost, whoever wrote it', () => {
  realSftp('of files that were closed and renamed, by who has gone since', async (setting) => {
    setting.plant(AT_SIGNAL);
    expect(await kindsAfterPut(setting, 'file')).toEqual([]);
    const { directory } = setting.server;
    const renamed = await setting.sftp(`rename ${directory}/file ${directory}/renamed`);
    expect(renamed).toMatchObject({ exitCode: 0 });
    expect(await kindsOf(join(directory, 'renamed'))).toEqual([]);
    const [receipt] = await crash(setting);
    expect(receipt?.path).toBe(join(directory, 'renamed'));
    expect(existsSync(join(directory, 'file'))).toBe(false);
    expect(stored(setting, 'renamed')).toHaveLength(0);
  });

  realSftp('of a file that is named from where the user begins', async (setting) => {
    setting.plant(AT_SIGNAL);
    const source = await localFile(setting);
    const name = `heisenwrite-test-${process.pid}`;
    const put = await setting.sftp(`put ${source} ${name}`);
    expect(put).toMatchObject({ exitCode: 0 });
    try {
      expect((await crash(setting)).map(({ what }) => what)).toEqual([
        expect.stringMatching(/^as it was at the last fsync: 0 bytes/),
      ]);
    } finally {
      await setting.sftp(`rm ${name}`);
    }
  });

  realSftp('where an fsync was acknowledged and not done', async (setting) => {
    setting.plant(AT_SIGNAL, 'lost:op=fsync');
    const client = await setting.connect();
    const file = await client.create('/a', anyManner(SIZE));
    await file.write(0, NEW);
    await file.sync();
    await file.close();
    expect((await crash(setting)).map(({ kind }) => kind)).toEqual(['lost', 'unsynced']);
    expect(stored(setting, 'a')).toHaveLength(0);
  });
});

describe('what is durable, or was not meant, stays', () => {
  realSftp('without a crash, for another path, and for what was synced', async (setting) => {
    setting.plant(`${AT_SIGNAL},path=*/a`);
    const client = await setting.connect();
    await writeWhole(client, '/a', NEW);
    await writeWhole(client, '/b', NEW);
    expect([stored(setting, 'a'), stored(setting, 'b')]).toEqual([NEW, NEW]);
    expect(setting.receipts()).toEqual([]);
    expect(await crash(setting)).toHaveLength(1);
    expect([stored(setting, 'a').length, stored(setting, 'b').length]).toEqual([0, SIZE]);
    expect(await crash(setting)).toEqual([]);
  });

  realSftp(
    'a truncation, what was written before, and files that were removed',
    async (setting) => {
      const client = await setting.connect();
      await writeWhole(client, '/a', OLD);
      setting.plant(AT_SIGNAL);
      const file = await client.open('/a', anyManner(SIZE));
      await file.write(0, NEW.subarray(0, PART));
      await file.truncate(PART);
      await file.close();
      await writeWhole(client, '/removed', NEW);
      await client.removeTree('/removed');
      expect(await crash(setting)).toEqual([]);
      expect(stored(setting, 'a')).toEqual(NEW.subarray(0, PART));
      expect(existsSync(join(setting.server.directory, 'removed'))).toBe(false);
    },
  );

  realSftp('who writes meanwhile waits, and writes to what came back', async (setting) => {
    const client = await setting.connect();
    setting.plant(AT_SIGNAL);
    const file = await client.create('/a', anyManner(SIZE));
    await file.write(0, OLD);
    setting.faults.signalled('SIGUSR2');
    await file.write(PART, NEW.subarray(PART));
    const found = stored(setting, 'a');
    expect(found).toEqual(new Uint8Array([...new Uint8Array(PART), ...NEW.subarray(PART)]));
    await file.close();
  });
});
