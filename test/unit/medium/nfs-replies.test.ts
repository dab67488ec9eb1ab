// What a server of NFSv3 may answer and ganesha does not: less than was sent or asked for, less
// stable than was asked for, another verifier, and a WRITE that is answered during a COMMIT.

import { describe, expect, test } from 'vitest';
import type { Stability } from '../../../src/domain/medium.ts';
import { ClientCalls } from '../../../src/medium/client-calls.ts';
import { NfsClient } from '../../../src/medium/nfs-client.ts';
import { NfsFile } from '../../../src/medium/nfs-file.ts';
import { NfsPaths } from '../../../src/medium/nfs-paths.ts';
import type { NfsSpans } from '../../../src/medium/nfs-session.ts';
import type { NfsCalls } from '../../../src/medium/nfs-transport.ts';

type Script = (procedure: string, args: Record<string, unknown>) => object | Promise<object>;

const [FIRST, SECOND] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];

/** Replies as koffi would have made of them, without a server. */
function spansOf(script: Script): NfsSpans {
  const calls: NfsCalls = {
    root: new Uint8Array(4),
    call: async (procedure, args, take) =>
      take((await script(procedure, args as Record<string, unknown>)) as never),
    bytes: (opaque) => (opaque as { value: Uint8Array }).value.slice(),
    copy: (opaque, into) => {
      const { value } = opaque as { value: Uint8Array };
      into.set(value);
      return value.length;
    },
    entries: () => [],
  };
  return { during: (act, limited) => limited(() => act(calls)), close: () => undefined };
}

function fileOn(script: Script, stability: Stability = 'any'): NfsFile {
  const parts = { handle: new Uint8Array(4), path: '/file', stability, writeMax: 8 };
  return new NfsFile({ ...parts, calls: new ClientCalls(), session: spansOf(script) });
}

function written(count: unknown, committed = 0, verifier: Uint8Array = FIRST) {
  return { count, committed, verifier };
}

describe('WRITE', () => {
  test('the rest of a short write is sent, at its own offset', async () => {
    const sent: [unknown, unknown][] = [];
    const file = fileOn((_, { offset, count }) => {
      sent.push([offset, count]);
      return written(Math.min(3, count as number));
    });
    await file.write(100, new Uint8Array(12));
    expect(sent.toSorted()).toEqual([
      ...[
        [100, 8],
        [103, 5],
        [106, 2],
      ],
      ...[
        [108, 4],
        [111, 1],
      ],
    ]);
  });

  test.each([0, 9])('%i of 8 bytes is a short write that is reported', async (count) => {
    const refused = fileOn(() => written(count)).write(0, new Uint8Array(8));
    await expect(refused).rejects.toMatchObject({ operation: 'WRITE', errno: 'SHORT', offset: 0 });
  });

  test.each([
    ['data-sync', 0],
    ['file-sync', 1],
  ] as const)('%s that was answered with stable_how %i is no such write', async (asked, how) => {
    const refused = fileOn(() => written(4, how), asked).write(0, new Uint8Array(4));
    await expect(refused).rejects.toMatchObject({ errno: 'NFS3ERR_STABILITY' });
    await expect(refused).rejects.toThrow(/was answered with (UNSTABLE|DATA_SYNC)/);
  });
});

describe('COMMIT', () => {
  /** Answers writes with the verifiers in turn, and COMMIT with the last argument. */
  function committing(verifiers: Uint8Array[], committed: number, last: Uint8Array) {
    const asked: string[] = [];
    const file = fileOn((procedure, { count }) => {
      asked.push(procedure);
      if (procedure === 'COMMIT') return { verifier: last };
      return written(count, committed, verifiers.shift());
    });
    return { file, asked };
  }

  test('is not sent where the server wrote more stable than asked', async () => {
    const { file, asked } = committing([FIRST], 2, SECOND);
    await file.write(0, new Uint8Array(4));
    await file.sync();
    await file.close();
    expect(asked).toEqual(['WRITE']);
  });

  test.each([
    ['of COMMIT', [FIRST, FIRST], SECOND],
    ['of a write before it', [FIRST, SECOND], SECOND],
    ['of a write after it', [SECOND, FIRST], SECOND],
  ])('another verifier %s is a failure, once', async (_, verifiers, last) => {
    const { file } = committing([...verifiers], 0, last);
    await file.write(0, new Uint8Array(4));
    await file.write(4, new Uint8Array(4));
    await expect(file.sync()).rejects.toMatchObject({
      operation: 'COMMIT',
      errno: 'NFS3ERR_VERIFIER',
    });
    await file.sync();
  });

  test('a write that is answered while it is under way waits for the next', async () => {
    let answer: (reply: object) => void = () => undefined;
    let commits = 0;
    const file = fileOn((procedure, { count }) => {
      if (procedure === 'WRITE') return written(count);
      commits++;
      if (commits > 1) return { verifier: FIRST };
      return new Promise<object>((resolve) => {
        answer = resolve;
      });
    });
    await file.write(0, new Uint8Array(4));
    const syncing = file.sync();
    await file.write(4, new Uint8Array(4));
    answer({ verifier: FIRST });
    await syncing;
    await file.close();
    expect(commits).toBe(2);
  });

  test('that failed leaves the writes to the next one', async () => {
    const answers = [() => Promise.reject(new Error('lost')), () => ({ verifier: SECOND })];
    const file = fileOn((procedure, { count }) =>
      procedure === 'WRITE' ? written(count) : (answers.shift()?.() ?? {}),
    );
    await file.write(0, new Uint8Array(4));
    await expect(file.sync()).rejects.toThrow('lost');
    await expect(file.sync()).rejects.toMatchObject({ errno: 'NFS3ERR_VERIFIER' });
  });
});

describe('READ', () => {
  const content = Uint8Array.from({ length: 40 }, (_, at) => at);

  /** At most three bytes at a time. */
  function clientOf(): NfsClient {
    const session = spansOf((procedure, { offset, count }) => {
      if (procedure === 'LOOKUP') return { object: { value: new Uint8Array(4) } };
      const [from, asked] = [offset as number, count as number];
      const value = content.subarray(from, from + Math.min(3, asked));
      return { data: { value }, end: from + value.length >= content.length ? 1 : 0 };
    });
    return new NfsClient(session, new NfsPaths([]), { readMax: 8, writeMax: 8 }, 1000);
  }

  test.each([
    [0, 40, 40],
    [5, 17, 17],
    [30, 16, 10],
    [40, 8, 0],
  ])('from %i, %i bytes: short answers are not taken for the end', async (from, asked, came) => {
    const into = new Uint8Array(asked).fill(255);
    expect(await clientOf().read('/file', from, into)).toBe(came);
    expect([...into.subarray(0, came)]).toEqual([...content.subarray(from, from + came)]);
  });
});
