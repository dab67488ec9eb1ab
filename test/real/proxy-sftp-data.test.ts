// Data that the SFTP proxy changes between real clients and a real sshd: what it says it did to
// what was meant for it, nothing to what was not, and `verify` finds it again.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { verifyFile } from '../../src/diagnose/files.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { kindsAfterPut, kindsOf, localFile, realSftp } from './faulty-sftp.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('what is written is not what was sent', () => {
  realSftp('flipped, and verify says so; its near miss is clean', async (setting) => {
    setting.plant('flip:op=write,mask=0x10,count=1,path=*/bad');
    expect(await kindsAfterPut(setting, 'good')).toEqual([]);
    expect(await kindsAfterPut(setting, 'bad')).toEqual(['flipped']);
    const [receipt] = setting.receipts();
    expect(receipt?.what).toMatch(/^word \d+ \^ 0x10$/);
    const word = Number(/\d+/.exec(receipt?.what ?? '')?.[0]);
    const { damage, signature } = await verifyFile(join(setting.server.directory, 'bad'));
    expect(damage).toMatchObject([{ offset: (receipt?.offset ?? 0) + 8 * word, length: 1 }]);
    expect(signature).not.toBeNull();
  });

  realSftp('only words that are all ones', async (setting) => {
    setting.plant('flip:op=write,mask=0xffffffff,content=ones,count=1');
    expect(await kindsAfterPut(setting, 'none', await localFile(setting))).toEqual([]);
    const ones = await localFile(setting, { pattern: 'ones' });
    expect(await kindsAfterPut(setting, 'some', ones)).toEqual(['flipped']);
  });

  realSftp('zeroed, lost and torn', async (setting) => {
    setting.plant('zero:op=write,at=8KiB,bytes=4KiB,count=1,path=*/zeroed');
    expect(await kindsAfterPut(setting, 'zeroed')).toEqual(['zeroed']);
    setting.plant('lost:op=write,offset=64KiB-65KiB,count=1');
    expect(await kindsAfterPut(setting, 'lost')).toEqual(['zeroed']);
    const client = await setting.connect();
    const older = readFileSync(await localFile(setting));
    const newer = readFileSync(await localFile(setting, { generation: 2 }));
    await writeWhole(client, '/torn', older);
    setting.plant('torn:bytes=4KiB,count=1');
    const file = await client.open('/torn', anyManner(MIB));
    await file.write(0, newer);
    await file.close();
    expect(setting.receipts()).toMatchObject([{ kind: 'torn', operation: 'write', offset: 0 }]);
    expect(await kindsOf(join(setting.server.directory, 'torn'))).toEqual(['stale']);
  });
});

describe('what is written is not where, or when, it was sent', () => {
  realSftp('short: the first bytes are there, and the client is told', async (setting) => {
    const client = await setting.connect();
    setting.plant('short:op=write,bytes=100,count=1');
    expect(await refusal(writeWhole(client, '/short', stamped(1, 512)))).toMatchObject({
      operation: 'write',
      errno: 'SSH_FX_FAILURE',
    });
    const found = readFileSync(join(setting.server.directory, 'short'));
    expect(new Uint8Array(found)).toEqual(stamped(1, 512).subarray(0, 100));
  });

  realSftp('misdirected, and verify knows where it belongs', async (setting) => {
    setting.plant('misdirect:op=write,offset=256KiB-257KiB,count=1');
    expect(await kindsAfterPut(setting, 'misdirected')).toContain('misdirected');
  });

  realSftp('delayed until close: in order, or reversed; fsync brings it early', async (setting) => {
    const client = await setting.connect();
    const path = join(setting.server.directory, 'delayed');
    const writeTwice = async () => {
      const file = await client.create('/delayed', anyManner(512));
      await file.write(0, stamped(1, 512));
      await file.write(0, stamped(2, 512));
      return file;
    };
    setting.plant('delayed');
    const inOrder = await writeTwice();
    expect(statSync(path).size).toBe(0);
    await inOrder.close();
    expectStamped(await readWhole(client, '/delayed'), 2, 512);
    setting.plant('delayed:until=reversed');
    await (await writeTwice()).close();
    expectStamped(await readWhole(client, '/delayed'), 1, 512);
    setting.plant('delayed:until=fsync');
    const early = await writeTwice();
    await early.sync();
    expect(statSync(path).size).toBe(512);
    await early.close();
  });

  realSftp('calls other than write that are acknowledged and not done', async (setting) => {
    const client = await setting.connect();
    await writeWhole(client, '/kept', stamped(1, 512));
    setting.plant('lost:op=unlink+rename+mkdir+truncate+fsync');
    await client.removeTree('/kept');
    await client.rename('/kept', '/moved');
    const file = await client.open('/kept', anyManner(512));
    await file.truncate(1);
    await file.sync();
    await file.close();
    expect(readdirSync(setting.server.directory)).toEqual(['kept']);
    expect(statSync(join(setting.server.directory, 'kept')).size).toBe(512);
  });
});

describe('what is read is not what is there', () => {
  realSftp('flipped and zeroed on the way, while the file is right', async (setting) => {
    const source = await localFile(setting);
    expect(await kindsAfterPut(setting, 'file', source)).toEqual([]);
    for (const [fault, kind] of [
      ['flip:op=read,mask=0x3,count=1', 'flipped'],
      ['zero:op=read,at=4KiB,bytes=4KiB,count=1', 'zeroed'],
    ] as const) {
      setting.plant(fault);
      const back = `${source}-${kind}`;
      const get = await setting.sftp(`get ${setting.server.directory}/file ${back}`);
      expect(get).toMatchObject({ exitCode: 0 });
      expect(await kindsOf(back)).toEqual([kind]);
      expect(setting.receipts()).toMatchObject([{ operation: 'read' }]);
    }
    expect(await kindsOf(join(setting.server.directory, 'file'))).toEqual([]);
  });

  realSftp('of another place, or as it was before the last write', async (setting) => {
    const client = await setting.connect();
    setting.plant('stale:path=*/file');
    await writeWhole(client, '/file', stamped(1, 64 * KIB));
    expectStamped(await readWhole(client, '/file'), 1, 64 * KIB);
    expect(setting.receipts()).toEqual([]);
    await writeWhole(client, '/file', stamped(1, 64 * KIB, 2));
    expectStamped(await readWhole(client, '/file'), 1, 64 * KIB, 1);
    await client.put('/file', stamped(1, 64 * KIB, 3));
    expectStamped(await readWhole(client, '/file'), 1, 64 * KIB, 2);
    expect(setting.receipts()[0]?.what).toBe('65536 bytes as they were before the last write');
    // Another connection sees it, too; what was written unseen makes the past unknown.
    const other = await setting.connect();
    expectStamped(await readWhole(other, '/file'), 1, 64 * KIB, 2);
    setting.faults.clear();
    await writeWhole(other, '/file', stamped(1, 64 * KIB, 4));
    setting.plant('stale');
    expectStamped(await readWhole(other, '/file'), 1, 64 * KIB, 4);
    await client.put('/file', stamped(1, 64 * KIB, 3));
    setting.plant('misdirect:op=read,by=4KiB,count=1');
    const into = new Uint8Array(4096);
    await client.read('/file', 0, into);
    expect(into).toEqual(stamped(1, 8192, 3).subarray(4096));
  });
});

describe('what is told is not what is there', () => {
  realSftp('attributes as they were before they last changed', async (setting) => {
    const path = join(setting.server.directory, 'grown');
    const client = await setting.connect();
    setting.plant('stale:op=getattr,path=*/grown,count=1');
    await client.put('/grown', new Uint8Array(4096));
    expect(await client.length('/grown')).toBe(4096);
    expect(setting.receipts()).toEqual([]);
    await client.put('/grown', new Uint8Array(8192));
    expect(await client.length('/grown')).toBe(4096);
    expect(statSync(path).size).toBe(8192);
    expect(setting.receipts()).toMatchObject([
      { kind: 'stale', operation: 'getattr', path, what: 'the attributes before the last change' },
    ]);
    expect(await client.length('/grown')).toBe(8192);
  });

  realSftp('short reads are made good by the clients', async (setting) => {
    const source = await localFile(setting);
    await kindsAfterPut(setting, 'file', source);
    setting.plant('short:op=read,bytes=1000,probability=0.5');
    const client = await setting.connect();
    const found = await readWhole(client, '/file');
    expect(Buffer.from(found).equals(readFileSync(source))).toBe(true);
    const get = await setting.sftp(`get ${setting.server.directory}/file ${source}-short`);
    expect(get).toMatchObject({ exitCode: 0 });
    expect(await kindsOf(`${source}-short`)).toEqual([]);
    expect(setting.receipts().length).toBeGreaterThan(3);
  });
});
