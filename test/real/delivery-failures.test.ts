// Pickers to whom something fails: the others are picked up all the same, nothing is lost, and it
// is said where each file is.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pickUp, publish } from '../../src/index.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { contentsOf, refusal, sha256Of } from './delivery-setting.ts';
import { onTmpfs } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const CHILD = new URL('../fixtures/delivering-child.ts', import.meta.url).pathname;
const MIB = 2 ** 20;

function inFolders(act: (root: string, drop: string) => Promise<void>): Promise<void> {
  return inDirectory(async (root) => {
    for (const each of ['drop', 'in']) mkdirSync(join(root, each));
    await act(root, join(root, 'drop'));
  });
}

async function published(root: string, name: string, bytes: number): Promise<string> {
  const path = join(root, name);
  writeFileSync(path, Buffer.alloc(bytes, name));
  await publish(path, join(root, 'drop'));
  return sha256Of(path);
}

test('a disk that is full for one file takes the others', (context) => {
  requireOrSkip(context, 'root');
  return inFolders((root, drop) =>
    onTmpfs('size=2M', async (into) => {
      const first = await published(root, 'a.bin', 1000);
      await published(root, 'b.bin', 3 * MIB);
      const last = await published(root, 'c.bin', 1000);
      const said = await heisenwrite(['pickup', 'drop', into, '--json'], root);
      expect(said.exitCode).toBe(3);
      const done = JSON.parse(said.stdout);
      expect(done.picked.map(({ name }: { name: string }) => name)).toEqual(['a.bin', 'c.bin']);
      const [failed, ...others] = done.failed;
      expect(others).toEqual([]);
      expect(failed.name).toBe('b.bin');
      expect(failed.why).toMatch(
        `bring b.bin from drop to ${into}: write of ${into}/.heisenwrite-`,
      );
      expect(failed.why).toMatch(/the file is still there/);
      expect(failed.remedy).toBe('free some space there, then pick up again');
      expect(said.stderr).toMatch(/^heisenwrite: b\.bin was not picked up: bring/);
      expect(contentsOf(into)).toEqual({ 'a.bin': first, 'c.bin': last });
      expect(readdirSync(drop)).toEqual(['b.bin', 'b.bin.ready']);
      // The library rejects, but not before the others have had their turn.
      await published(root, 'd.bin', 1000);
      expect((await refusal(pickUp(drop, { into }))).code).toBe('no-space');
      expect(existsSync(join(into, 'd.bin'))).toBe(true);
      expectRefusal(await heisenwrite(['publish', 'b.bin', into], root), 3, /ENOSPC/);
    }),
  );
});

describe('a picker that owns nothing', () => {
  /** As nobody, with files of root in a folder that all may change. */
  function asNobody(root: string, diesAt?: string) {
    const order = { file: null, place: join(root, 'drop'), into: join(root, 'in'), diesAt };
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const command = [...nobody, process.execPath, CHILD, JSON.stringify(order)];
    return spawnSync('setpriv', command, { encoding: 'utf8' });
  }

  function testAsNobody(name: string, body: (root: string, drop: string) => Promise<void>): void {
    test(name, (context) => {
      requireOrSkip(context, 'root');
      return inFolders(async (root, drop) => {
        chmodSync(root, 0o755);
        for (const each of [drop, join(root, 'in')]) chmodSync(each, 0o777);
        await body(root, drop);
      });
    });
  }

  testAsNobody('gives back what it, or another like it, had claimed', async (root, drop) => {
    const sha256 = await published(root, 'a.bin', MIB);
    expect(asNobody(root, 'taken').signal).toBe('SIGKILL');
    const said = asNobody(root);
    expect(said.status, said.stderr).toBe(0);
    expect(contentsOf(join(root, 'in'))).toEqual({ 'a.bin': sha256 });
    expect(readdirSync(drop)).toEqual([]);
  });

  testAsNobody('never replaces a name while it gives back', async (root, drop) => {
    const older = await published(root, 'a.bin', MIB);
    asNobody(root, 'taken');
    writeFileSync(join(drop, 'a.bin'), 'of a program that knows nothing of claims');
    const said = asNobody(root);
    expect(said.status, said.stderr).toBe(0);
    const [kept = ''] = readdirSync(drop);
    expect(sha256Of(join(drop, kept))).toBe(older);
    expect(readFileSync(join(drop, 'a.bin'), 'utf8')).toMatch(/^of a program/);
  });

  testAsNobody(
    'is not kept from other files by a claim that it may not touch',
    async (root, drop) => {
      const older = await published(root, 'a.bin', 1000);
      const end = spawnSync(process.execPath, [
        CHILD,
        JSON.stringify({ file: null, place: drop, into: join(root, 'in'), diesAt: 'taken' }),
      ]);
      expect(end.signal).toBe('SIGKILL');
      const claims = readdirSync(drop);
      for (const each of claims) chmodSync(join(drop, each), 0o600);
      const sha256 = await published(root, 'b.bin', 1000);
      const said = asNobody(root);
      expect(said.status).not.toBe(0);
      expect(said.stderr).toMatch(/EACCES/);
      expect(contentsOf(join(root, 'in'))).toEqual({ 'b.bin': sha256 });
      expect(readdirSync(drop)).toEqual(claims);
      expect((await pickUp(drop, { into: join(root, 'in') })).picked).toHaveLength(1);
      expect(contentsOf(join(root, 'in'))).toEqual({ 'a.bin': older, 'b.bin': sha256 });
    },
  );
});
