// What every channel must keep, whatever is behind it: what it declares, tested with real senders
// and receivers. A test asks only for what is declared, so that UDP may lose and TCP may not.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { channelOf } from '../../src/channel/channels.ts';
import type {
  ChannelPromises,
  ChannelReceiver,
  ChannelSender,
  ChannelSetting,
} from '../../src/domain/channel.ts';
import { missing, type Requirement, requireOrSkip } from '../real/requirements.ts';

export interface StartedChannel {
  /** As a level of the factor `channel` says it. */
  readonly level: string;
  stop(): Promise<void>;
}

const HEARD_MS_MAX = 10_000;
const QUIET_MS = 100;

/** Of one conversation. */
interface Talk {
  readonly senders: readonly ChannelSender[];
  /** Of each receiver, copied. */
  readonly heard: readonly (readonly Buffer[])[];
  readonly failures: readonly Error[];
  readonly receivers: readonly ChannelReceiver[];
}

interface Counts {
  readonly senders: number;
  readonly receivers: number;
}

let talks = 0;

async function talkOver(
  { adapter, url }: ReturnType<typeof channelOf>,
  counts: Counts,
  act: (talk: Talk) => Promise<void>,
): Promise<void> {
  const setting: ChannelSetting = { url, name: `conformance-${process.pid}-${++talks}` };
  const heard: Buffer[][] = [];
  const failures: Error[] = [];
  const receivers: ChannelReceiver[] = [];
  const senders: ChannelSender[] = [];
  try {
    for (let index = 0; index < counts.receivers; index++) {
      const mine: Buffer[] = [];
      heard.push(mine);
      const events = {
        deliver: (message: Uint8Array) => void mine.push(Buffer.from(message)),
        failed: (error: Error) => void failures.push(error),
      };
      const earlier = receivers.map(({ endpoint }) => endpoint);
      receivers.push(await adapter.openReceiver(setting, events, earlier));
    }
    const endpoints = receivers.map(({ endpoint }) => endpoint);
    for (let index = 0; index < counts.senders; index++) {
      senders.push(await adapter.openSender(setting, endpoints));
    }
    await act({ senders, heard, failures, receivers });
  } finally {
    for (const sender of senders) await sender.close();
    for (const receiver of receivers) await receiver.close();
  }
}

/** Until every receiver has so many, or for a while where some may be lost. */
async function until(heard: Talk['heard'], count: number, reliable: boolean): Promise<void> {
  const untilMs = monotonicMs() + (reliable ? HEARD_MS_MAX : QUIET_MS * 5);
  while (heard.some((mine) => mine.length < count) && monotonicMs() < untilMs) await sleep(5);
  await sleep(QUIET_MS);
}

function numbered(sender: number, sequence: number, lengthBytes: number): Buffer {
  const message = Buffer.alloc(Math.max(8, lengthBytes), sequence);
  message.writeUInt32LE(sender, 0);
  message.writeUInt32LE(sequence, 4);
  return message;
}

/** What the tests of one channel share. */
interface Bench {
  readonly check: (what: string, act: () => Promise<void>) => void;
  readonly promises: () => ChannelPromises;
  readonly talk: (counts: Counts, act: (talk: Talk) => Promise<void>) => Promise<void>;
}

/** @param start where a server is needed, starts it; says how the channel is named */
export function channelContract(
  name: string,
  start: () => Promise<StartedChannel>,
  requirements: readonly Requirement[] = [],
): void {
  describe(`${name} keeps the contract of channels`, () => {
    let started: StartedChannel | null = null;
    let named: ReturnType<typeof channelOf>;

    beforeAll(async () => {
      // Each test then says what is missing.
      if (requirements.some((each) => missing(each) !== null)) return;
      started = await start();
      named = channelOf(started.level, name);
    });
    afterAll(() => started?.stop());

    const bench: Bench = {
      check: (what, act) =>
        test(what, async (context) => {
          requireOrSkip(context, ...requirements);
          await act();
        }),
      promises: () => named.adapter.promises(new URL(named.url)),
      talk: (counts, act) => talkOver(named, counts, act),
    };
    shapeTests(bench);
    orderTests(bench);
    endTests(bench);
  });
}

function shapeTests({ check, promises, talk }: Bench): void {
  check('messages of several vectors, any of them empty, come as one', () =>
    talk({ senders: 1, receivers: 2 }, async ({ senders, heard, failures }) => {
      const [a, none, b] = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('second')];
      const sent = [[a], [a, b], [none, a], [a, none, b], [a, b, none], [none, a, none, b, none]];
      for (const vectors of sent) await (senders[0] as ChannelSender).send(vectors);
      await until(heard, sent.length, promises().reliable);
      const whole = sent.map((vectors) => Buffer.concat(vectors).toString());
      for (const mine of heard) expect(mine.map(String)).toEqual(whole);
      expect(failures).toEqual([]);
    }),
  );

  check('empty and tiny messages are messages', () =>
    talk({ senders: 1, receivers: 1 }, async ({ senders, heard }) => {
      const none = Buffer.alloc(0);
      const sent = [[none], [], [Buffer.from('x')], [none, none], [Buffer.from('yz')]];
      for (const vectors of sent) await (senders[0] as ChannelSender).send(vectors);
      await until(heard, sent.length, promises().reliable);
      expect(heard[0]?.map(String)).toEqual(['', '', 'x', '', 'yz']);
    }),
  );

  check('the largest message comes whole, and a larger one is refused', () =>
    talk({ senders: 1, receivers: 1 }, async ({ senders, heard }) => {
      const { maxBytes } = promises();
      const [sender] = senders as [ChannelSender];
      const most = Math.min(maxBytes, 4 * 1024 * 1024);
      const large = Buffer.alloc(most, 'large');
      await sender.send([large.subarray(0, 1000), large.subarray(1000)]);
      await until(heard, 1, promises().reliable);
      expect(heard[0]?.map((each) => each.equals(large))).toEqual([true]);
      if (maxBytes > most) return;
      await expect(sender.send([Buffer.alloc(maxBytes + 1)])).rejects.toMatchObject({
        code: expect.any(String),
      });
      // And goes on afterwards.
      await sender.send([Buffer.from('after')]);
      await until(heard, 2, promises().reliable);
      expect(String(heard[0]?.[1])).toBe('after');
    }),
  );

  check('what is lent may be used again as soon as it was accepted', () =>
    talk({ senders: 1, receivers: 1 }, async ({ senders, heard }) => {
      const buffer = Buffer.alloc(1000);
      for (let sequence = 0; sequence < 50; sequence++) {
        buffer.fill(sequence);
        await (senders[0] as ChannelSender).send([buffer]);
        buffer.fill(255);
      }
      await until(heard, 50, promises().reliable);
      for (const [at, each] of (heard[0] ?? []).entries()) {
        expect(new Set(each), `delivery ${at}`).not.toContain(255);
      }
    }),
  );
}

function orderTests({ check, promises, talk }: Bench): void {
  check('several senders and receivers: what is declared is kept', () =>
    talk({ senders: 3, receivers: 3 }, async ({ senders, heard, failures }) => {
      const count = 300;
      const { reliable, once, senderOrder, totalOrder } = promises();
      const lengths = [8, 100, 1472, 9000];
      await Promise.all(
        senders.map(async (sender, index) => {
          for (let sequence = 0; sequence < count; sequence++) {
            const message = numbered(index, sequence, lengths[sequence % 4] as number);
            const half = Math.floor(message.length / 2);
            await sender.send([message.subarray(0, half), message.subarray(half)]);
            if (sequence % 8 === 0) await new Promise(setImmediate);
          }
        }),
      );
      await until(heard, 3 * count, reliable);
      expect(failures).toEqual([]);
      for (const mine of heard) expectKept(mine, { count, lengths, reliable, once, senderOrder });
      const orders = heard.map((mine) => mine.map((each) => each.readBigUInt64LE(0)).join());
      if (totalOrder) expect(new Set(orders).size).toBe(1);
    }),
  );
}

function endTests({ check, promises, talk }: Bench): void {
  check('conversations do not hear each other', () =>
    talk({ senders: 1, receivers: 1 }, (one) =>
      talk({ senders: 1, receivers: 1 }, async (other) => {
        await one.senders[0]?.send([Buffer.from('one')]);
        await other.senders[0]?.send([Buffer.from('other')]);
        await until(one.heard, 1, promises().reliable);
        await until(other.heard, 1, promises().reliable);
        expect([one, other].map(({ heard }) => heard[0]?.map(String))).toEqual([
          ['one'],
          ['other'],
        ]);
      }),
    ),
  );

  check('what was accepted before a sender closes still comes; closing twice is nothing', () =>
    talk({ senders: 1, receivers: 1 }, async ({ senders, heard, receivers }) => {
      const [sender] = senders as [ChannelSender];
      for (let sequence = 0; sequence < 20; sequence++) {
        await sender.send([numbered(0, sequence, 1000)]);
      }
      await sender.close();
      await sender.close();
      await until(heard, 20, promises().reliable);
      if (promises().reliable) expect(heard[0]?.length).toBe(20);
      await receivers[0]?.close();
      await receivers[0]?.close();
    }),
  );

  check('a receiver that was closed hears nothing more', () =>
    talk({ senders: 1, receivers: 2 }, async ({ senders, heard, receivers }) => {
      await senders[0]?.send([Buffer.from('before')]);
      await until(heard, 1, promises().reliable);
      await receivers[1]?.close();
      await senders[0]?.send([Buffer.from('after')]).catch(() => undefined);
      await sleep(QUIET_MS);
      expect(heard[1]?.map(String)).toEqual(['before']);
    }),
  );
}

interface Kept {
  readonly count: number;
  readonly lengths: readonly number[];
  readonly reliable: boolean;
  readonly once: boolean;
  readonly senderOrder: boolean;
}

function expectKept(heard: readonly Buffer[], { count, lengths, ...kept }: Kept): void {
  const bySender = Map.groupBy(heard, (each) => each.readUInt32LE(0));
  for (const [sender, mine] of bySender) {
    const sequences = mine.map((each) => each.readUInt32LE(4));
    for (const [at, each] of mine.entries()) {
      const sequence = sequences[at] as number;
      expect(each.equals(numbered(sender, sequence, lengths[sequence % 4] as number))).toBe(true);
    }
    if (kept.reliable) expect(new Set(sequences).size).toBe(count);
    if (kept.once) expect(new Set(sequences).size).toBe(sequences.length);
    if (kept.senderOrder) expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  }
  if (kept.reliable) expect(bySender.size).toBe(3);
}
