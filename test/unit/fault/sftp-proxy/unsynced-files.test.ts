// What is remembered of files that can be lost, as they are renamed, removed and made durable, and
// crashes that come one after the other.

import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import type { ArmedFault } from '../../../../src/fault/armed-faults.ts';
import { UnsyncedFiles } from '../../../../src/fault/sftp-proxy/unsynced-files.ts';

const NOTHING = new Uint8Array();

function armedFault(number: number): ArmedFault {
  const fault = parseFault('unsynced:signal=SIGUSR1');
  return { number, fault, operations: new Set(['write']), matched: 0, fired: 0 };
}

describe('files that can be lost', () => {
  it('follow their name, and one in the place of another takes it', () => {
    const files = new UnsyncedFiles();
    const armed = armedFault(1);
    const file = files.opened(armed, '/home/a', 'a', 0);
    files.opened(armed, '/home/b', 'b', 0);
    files.renamed('/home/a', '/home/b', 'b');
    expect(files.by(armed)).toEqual([file]);
    expect(file).toMatchObject({ path: '/home/b', name: 'b' });
    files.renamed('/home/unknown', '/home/b', 'b');
    expect(files.by(armed)).toEqual([]);
  });

  it('are known across sessions, and anew to another fault', () => {
    const files = new UnsyncedFiles();
    const [one, other] = [armedFault(1), armedFault(2)];
    const file = files.opened(one, '/a', '/a', 0);
    file.history.keep(0, 1, NOTHING, 0, false);
    const again = files.opened(one, '/a', '/a', 100);
    expect(again).toBe(file);
    expect([again.sizeBytes, again.history.lost()?.size]).toEqual([100, 0]);
    expect(files.opened(other, '/a', '/a', 100).history.lost()).toBeNull();
    expect(files.by(one)).toEqual([]);
  });

  it('have nothing to lose once they are durable or gone', () => {
    const files = new UnsyncedFiles();
    const armed = armedFault(1);
    files.opened(armed, '/a', '/a', 0).history.keep(0, 1, NOTHING, 0, false);
    files.synced('/a');
    expect(files.of('/a')?.history.lost()).toBeNull();
    files.forget('/a');
    expect(files.of('/a')).toBeUndefined();
  });
});

describe('crashes', () => {
  it('come one after the other, and are over when the last is', async () => {
    const files = new UnsyncedFiles();
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    files.during(async () => {
      await promise;
      order.push('first');
    });
    files.during(async () => void order.push('second'));
    const { crash } = files;
    expect(crash).not.toBeNull();
    resolve();
    await crash;
    expect([order, files.crash]).toEqual([['first', 'second'], null]);
  });
});
