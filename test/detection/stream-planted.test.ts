// Messages that are lost, doubled, swapped, cut, joined, changed or late on their way to a real
// receiver: each is named for what it is, and held against the channel only where that promised it.

import { describe, expect, test } from 'vitest';
import { localChannel } from '../../src/channel/local.ts';
import { judge } from '../../src/diagnose/judge.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { Damage } from '../../src/domain/damage.ts';
import type { PromiseName } from '../../src/domain/promise.ts';
import type { Judgement, TrialOutcome } from '../../src/domain/trial.ts';
import { streamWorkload } from '../../src/workload/stream.ts';
import { streamRoles } from '../../src/workload/stream-roles.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';
import { type FaultyChannel, faultyChannel } from '../fixtures/channel/faulty-channel.ts';

const SMALL: Levels = { senders: 1, receivers: 1, count: 20, size: 100, drain: 60 };

interface Seen {
  readonly outcome: TrialOutcome;
  readonly judgement: Judgement;
  readonly damage: readonly Damage[];
}

async function seen(
  faults: FaultyChannel,
  levels: Levels = {},
  expected: readonly PromiseName[] = [],
): Promise<Seen> {
  const channels = [faultyChannel(localChannel, faults)];
  const actors = new InProcessActors(undefined, streamRoles(channels));
  const workload = streamWorkload(channels);
  const outcome = await inDirectory((directory) =>
    workload.run(settingFor(workload, { ...SMALL, ...levels }, { directory, actors })),
  );
  const expectations = expected.map((promise) => ({ promise, source: 'design' as const }));
  const judgement = judge(outcome, expectations, null);
  const all = [...judgement.damage, ...judgement.described];
  return { outcome, judgement, damage: all.flatMap(({ damage }) => damage) };
}

const kinds = ({ damage }: Seen) => damage.map(({ kind }) => kind);
const named = (...sequences: readonly number[]) =>
  sequences.map((sequence) => ({ sender: 0, sequence }));
const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** Holds back a message until that many others have passed. */
function holding(which: number, others: number): (message: Uint8Array, at: number) => Uint8Array[] {
  let held: Uint8Array = new Uint8Array(0);
  return (message, at) => {
    if (at === which) held = message.slice();
    if (at === which) return [];
    return at === which + others ? [message, held] : [message];
  };
}

describe('nothing planted, nothing said', () => {
  test.each([0, 1, 3, 4, 7, 8, 15, 16, 17, 24, 100, 5000])('messages of %i bytes', async (size) => {
    const all = await seen({ plant: [] }, { size, senders: 3, receivers: 2 });
    expect(all.outcome.observations).toEqual([]);
    expect(all.judgement.verdict).toBe('clean');
    const [delivered] = all.outcome.tallies;
    expect(delivered).toEqual({ promise: 'message-delivered', tries: 120, broken: 0 });
  });

  test.each(['none', 'first', 'middle', 'last'])('an empty vector: %s', async (empty) => {
    const all = await seen({ plant: [] }, { empty, vectors: 3, frame: 90, fit: 'exact' });
    expect(all.judgement.verdict).toBe('clean');
    expect(all.outcome.opportunities.bytesWritten).toBe(20 * 180);
  });
});

describe('lost', () => {
  const dropping = (...lost: readonly number[]): FaultyChannel => ({
    plant: [(message, at) => (lost.includes(at) ? [] : [message])],
  });

  test('a message in the middle, by its number', async () => {
    const all = await seen(dropping(7));
    expect(all.judgement).toMatchObject({ verdict: 'damaged', because: 'lost' });
    expect(all.damage).toMatchObject([
      { kind: 'lost', offset: 700, length: 100, messages: named(7) },
    ]);
    expect(all.damage[0]?.because).toContain('message 7 of sender-0');
    expect(all.judgement.damage[0]?.layer).toBe('in-flight');
  });

  test('the last one, and a run of them as one range', async () => {
    const all = await seen(dropping(3, 4, 5, 19));
    expect(all.damage).toMatchObject([
      { kind: 'lost', offset: 300, length: 300, messages: named(3, 4, 5) },
      { kind: 'lost', offset: 1900, messages: named(19) },
    ]);
    expect(all.outcome.tallies[0]).toMatchObject({ tries: 20, broken: 4 });
  });

  test('an empty message is missed, though it cannot say which it is', async () => {
    const all = await seen(dropping(7), { size: 0 });
    expect(kinds(all)).toEqual(['lost']);
    expect(all.damage[0]?.because).toContain('1 fewer of 0 bytes');
  });

  test('one byte tells which of up to 256', async () => {
    expect((await seen(dropping(7), { size: 1 })).damage).toMatchObject([{ messages: named(7) }]);
    const many = await seen(dropping(7), { size: 1, count: 300 });
    expect(kinds(many)).toEqual(['lost']);
  });

  test('a channel that does not promise it is described, unless the plan expects it', async () => {
    const faults = { ...dropping(7), declares: { reliable: false } };
    const described = await seen(faults);
    expect(described.judgement.verdict).toBe('clean');
    expect(described.judgement.described.flatMap(({ damage }) => damage)).toMatchObject([
      { kind: 'lost' },
    ]);
    expect((await seen(faults, {}, ['message-delivered'])).judgement.verdict).toBe('damaged');
  });

  test('what a receiver that was cut off did not get may be in flight: not lost', async () => {
    const all = await seen({ plant: [], cutAt: 10 });
    expect(kinds(all)).toEqual([]);
    expect(all.judgement).toMatchObject({
      verdict: 'failed',
      because: 'receive on the stream: EPIPE',
    });
  });
});

describe('duplicated', () => {
  test('once more, at once or later', async () => {
    const all = await seen({
      plant: [(message, at) => (at === 7 ? [message, message] : [message])],
    });
    expect(all.judgement).toMatchObject({ verdict: 'damaged', because: 'duplicated' });
    expect(all.damage).toMatchObject([{ offset: 700, length: 100, messages: named(7) }]);
  });

  test('an empty message too many', async () => {
    const plant = [
      (message: Uint8Array, at: number) => (at === 7 ? [message, message] : [message]),
    ];
    const all = await seen({ plant }, { size: 0 });
    expect(kinds(all)).toEqual(['duplicated']);
  });

  test('it is not reordered besides', async () => {
    const first: Uint8Array[] = [];
    const plant = [
      (message: Uint8Array, at: number) => {
        first.push(message.slice());
        return at === 9 ? [message, first[2] as Uint8Array] : [message];
      },
    ];
    expect(kinds(await seen({ plant }))).toEqual(['duplicated']);
  });
});

describe('reordered', () => {
  test('of one sender: the one that came too late', async () => {
    const all = await seen({ plant: [holding(7, 2)] });
    expect(all.judgement).toMatchObject({ verdict: 'damaged', because: 'reordered' });
    expect(all.damage).toMatchObject([{ offset: 700, messages: named(7) }]);
    expect(all.damage[0]?.because).toContain('came after message 9 of sender-0');
  });

  test('of two senders only between receivers, where that is promised', async () => {
    // The messages of two senders alternate where they share a thread, so a neighbour is another's.
    const levels = { senders: 2, receivers: 2, rate: 2000 };
    const one = await seen({ plant: [undefined, swapped()] }, levels);
    expect(new Set(one.judgement.damage.map(({ promise }) => promise))).toEqual(
      new Set(['total-order']),
    );
    expect(one.judgement.because).toBe('reordered');
    const declares = { totalOrder: false };
    const other = await seen({ plant: [undefined, swapped()], declares }, levels);
    expect(other.judgement.verdict).toBe('clean');
    expect(other.judgement.described).toMatchObject([{ promise: 'total-order' }]);
  });

  test('messages too short to say which they are have no order', async () => {
    const all = await seen({ plant: [holding(7, 2)] }, { size: 1, count: 300 });
    expect(all.outcome.tallies.map(({ promise }) => promise)).not.toContain('sender-order');
    expect(all.judgement.verdict).toBe('clean');
  });
});

/** Swaps the first two neighbours that are of different senders. */
function swapped(): (message: Uint8Array) => Uint8Array[] {
  let [held, done] = [null as Uint8Array | null, false];
  const senderOf = (message: Uint8Array) => (message[0] as number) % 2;
  return (message) => {
    if (done) return [message];
    if (held === null) {
      held = message.slice();
      return [];
    }
    const before = held;
    if (senderOf(before) === senderOf(message)) {
      held = message.slice();
      return [before];
    }
    done = true;
    return [message, before];
  };
}

describe('deliveries that are not the message', () => {
  const at7 = (plant: (message: Uint8Array) => readonly Uint8Array[]): FaultyChannel => ({
    plant: [(message, at) => (at === 7 ? plant(message) : [message])],
  });

  test('truncated: its end, its beginning, its middle', async () => {
    const end = await seen(at7((message) => [message.subarray(0, 60)]));
    expect(end.judgement).toMatchObject({ verdict: 'damaged', because: 'truncated' });
    expect(end.damage).toMatchObject([{ offset: 60, length: 40, messages: named(7) }]);
    const head = await seen(at7((message) => [message.subarray(32)]));
    expect(head.damage).toMatchObject([
      { kind: 'truncated', offset: 0, length: 32, messages: named(7) },
    ]);
    const middle = await seen(
      at7((message) => [joined(message.subarray(0, 40), message.subarray(64))]),
    );
    // Words of one message begin alike: cut out at 40 or at 44, the same bytes are left.
    expect(middle.damage).toMatchObject([{ kind: 'truncated', offset: 44, length: 24 }]);
  });

  test('to nothing: an empty delivery, and the message is lost', async () => {
    const all = await seen(at7(() => [new Uint8Array(0)]));
    expect(new Set(kinds(all))).toEqual(new Set(['truncated', 'lost']));
  });

  test('merged with the next, which is lost', async () => {
    let held: Uint8Array = new Uint8Array(0);
    const plant = [
      (message: Uint8Array, at: number) => {
        if (at === 7) held = message.slice();
        if (at === 7) return [];
        return [at === 8 ? joined(held, message) : message];
      },
    ];
    const all = await seen({ plant });
    expect(all.judgement.because).toBe('lost, merged');
    const merged = all.damage.find(({ kind }) => kind === 'merged');
    expect(merged).toMatchObject({ length: 200, messages: named(7, 8) });
    expect(merged?.because).toContain('one delivery of 200 bytes holds all of message 7');
    expect(all.damage.find(({ kind }) => kind === 'lost')).toMatchObject({ messages: named(8) });
  });

  test('altered: the bytes, and that it was delivered all the same', async () => {
    const all = await seen(
      at7((message) => {
        const other = message.slice();
        other[50] = (other[50] as number) ^ 4;
        return [other];
      }),
    );
    expect(all.judgement.because).toBe('altered');
    expect(all.damage).toMatchObject([{ offset: 50, length: 1, messages: named(7) }]);
    expect(all.damage[0]?.samples).toHaveLength(1);
  });

  test('altered in the number that it begins with', async () => {
    const all = await seen(at7((message) => [joined(Buffer.alloc(4, 99), message.subarray(4))]));
    expect(all.damage).toMatchObject([{ kind: 'altered', offset: 0, messages: named(7) }]);
  });

  test('bytes behind it are extra; bytes of nobody are foreign', async () => {
    const more = await seen(at7((message) => [joined(message, Buffer.alloc(9, 1))]));
    expect(more.damage).toMatchObject([{ kind: 'extra', offset: 100, length: 9 }]);
    const noise = await seen(at7((message) => [message, Buffer.alloc(100, 0x5a)]));
    expect(kinds(noise)).toEqual(['foreign']);
  });
  test('a channel that does not keep boundaries is described', async () => {
    const faults = at7((message) => [message.subarray(0, 60)]);
    const all = await seen({ ...faults, declares: { whole: false } });
    expect(all.judgement.verdict).toBe('clean');
    expect(all.judgement.described).toMatchObject([{ damage: [{ kind: 'truncated' }] }]);
  });
});

describe('late', () => {
  test('past the deadline, which no channel promises', async () => {
    const slow = { plant: [], delayMs: 30 };
    const all = await seen(slow, { deadline: 10, count: 5 });
    expect(all.judgement.verdict).toBe('clean');
    expect(all.outcome.tallies.at(-1)).toEqual({ promise: 'message-in-time', tries: 5, broken: 5 });
    expect(new Set(kinds(all))).toEqual(new Set(['late']));
    const expected = await seen(slow, { deadline: 10, count: 5 }, ['message-in-time']);
    expect(expected.judgement).toMatchObject({ verdict: 'damaged', because: 'late' });
    expect(expected.damage[0]?.because).toMatch(
      /message 0 of sender-0 was delivered .* later than/,
    );
  });

  test('before it, nothing', async () => {
    const all = await seen({ plant: [], delayMs: 30 }, { deadline: 10_000, count: 5 });
    expect(all.outcome.observations).toEqual([]);
  });
});
