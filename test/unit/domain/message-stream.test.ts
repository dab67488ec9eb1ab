// The account of deliveries against a naive one, in which each message is looked for by itself.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accountDeliveries,
  decodeDeliveries,
  encodeDeliveries,
  firstArrivals,
  messageName,
  otherwiseOrdered,
} from '../../../src/domain/message-stream.ts';

const STREAM = { tag: 1, senders: 2, count: 8, lengthBytes: 100 };
const ALL = { accepted: [8, 8], begun: [8, 8] };
const ORDER = { stream: STREAM, sent: ALL, deadlineMs: 10, damaged: [] };

const delivery = (number: number, tookMs = 1) => ({
  number,
  lengthBytes: 100,
  arrivedNs: (1000 + tookMs) * 1e6,
  sentNs: 1000 * 1e6,
});
const NUMBERS = fc.array(fc.integer({ min: -1, max: 15 }), { maxLength: 40 });

describe('the account of a receiver', () => {
  test('agrees with looking for each message by itself', () => {
    fc.assert(
      fc.property(NUMBERS, fc.array(fc.nat(15), { maxLength: 3 }), (numbers, damaged) => {
        const deliveries = numbers.map((number) => delivery(number));
        const account = accountDeliveries(deliveries, { ...ORDER, damaged });
        const there = (number: number) => numbers.includes(number) || damaged.includes(number);
        const sixteen = Array.from({ length: 16 }, (_, number) => number);
        expect(account.lost).toEqual(sixteen.filter((number) => !there(number)));
        const whole = numbers.filter((number) => number >= 0);
        expect(account.duplicated.length).toBe(whole.length - new Set(whole).size);
        expect(account.distinct).toBe(new Set(whole).size);
        expect(account.unsent).toEqual([]);
      }),
    );
  });

  test('one that was accepted and one that may have been sent', () => {
    const sent = { accepted: [2, 0], begun: [3, 0] };
    const account = accountDeliveries([delivery(0)], { ...ORDER, sent });
    expect(account.lost).toEqual([2]);
    // Message 2 of sender-0 may have come or not; one of sender-1 was never begun.
    const more = accountDeliveries(
      [0, 2, 4, 1].map((number) => delivery(number)),
      {
        ...ORDER,
        sent,
      },
    );
    expect(more).toMatchObject({ lost: [], unsent: [{ number: 1, at: 3 }] });
  });

  test('what was sent in order is in order, whichever senders alternate', () => {
    const mixed = [0, 2, 1, 4, 6, 3, 5, 8];
    expect(
      accountDeliveries(
        mixed.map((n) => delivery(n)),
        ORDER,
      ).reordered,
    ).toEqual([]);
    const swapped = [0, 4, 2, 1];
    expect(
      accountDeliveries(
        swapped.map((n) => delivery(n)),
        ORDER,
      ).reordered,
    ).toEqual([{ number: 2, at: 2, after: 4 }]);
  });

  test('late is later than the deadline, and only where the time of sending is known', () => {
    const times = [delivery(0, 10), delivery(2, 10.5), { ...delivery(4, 99), sentNs: Number.NaN }];
    expect(accountDeliveries(times, ORDER).late).toEqual([{ number: 2, at: 1 }]);
  });

  test('messages too short to be told apart are counted by what they say', () => {
    const stream = { ...STREAM, lengthBytes: 1, count: 200 };
    const sent = { accepted: [200, 200], begun: [200, 200] };
    const numbers = Array.from({ length: 400 }, (_, number) => number % 256);
    const all = numbers.map((number) => delivery(number));
    const order = { ...ORDER, stream, sent };
    expect(accountDeliveries(all, order)).toMatchObject({ lost: [], duplicated: [] });
    expect(accountDeliveries(all.slice(1), order).lost).toEqual([0]);
    expect(accountDeliveries([...all, delivery(5)], order).duplicated).toEqual([
      { number: 5, at: 400 },
    ]);
  });
});

describe('the order of two receivers', () => {
  test('a receiver agrees with itself, and with one that missed some', () => {
    fc.assert(
      fc.property(NUMBERS, fc.nat(3), (numbers, missed) => {
        const deliveries = numbers.map((number) => delivery(number));
        const order = firstArrivals(deliveries).filter((number) => number % 4 !== missed);
        const { swapped, inCommon } = otherwiseOrdered(deliveries, order);
        expect(swapped).toEqual([]);
        expect(inCommon).toBe(order.length);
      }),
    );
  });

  test('the one that came after another here and before it there', () => {
    const deliveries = [0, 1, 2, 3].map((number) => delivery(number));
    expect(otherwiseOrdered(deliveries, [0, 2, 1, 3]).swapped).toEqual([
      { number: 2, at: 2, after: 1 },
    ]);
  });
});

test('deliveries come back from their bytes, and from any bytes something comes', () => {
  const any = [delivery(3), delivery(-1), { ...delivery(5), sentNs: Number.NaN }];
  expect(decodeDeliveries(encodeDeliveries(any))).toEqual(any);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeDeliveries(bytes)).toHaveLength(Math.floor(bytes.length / 24));
    }),
  );
});

test('a number is a sequence and a sender', () => {
  expect([0, 1, 2, 7].map((number) => messageName(STREAM, number))).toEqual([
    { sender: 0, sequence: 0 },
    { sender: 1, sequence: 0 },
    { sender: 0, sequence: 1 },
    { sender: 1, sequence: 3 },
  ]);
});
