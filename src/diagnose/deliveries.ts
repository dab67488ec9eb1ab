// All that one receiver was handed, against what was sent: messages that are lost, duplicated, out
// of order, late. Each observation speaks of one promise and names what breaks that.

import { formatCount, formatDuration } from '../base/quantities.ts';
import type { Damage, DamageKind } from '../domain/damage.ts';
import {
  accountDeliveries,
  type Delivery,
  decodeDeliveries,
  type MessageStream,
  messageName,
  otherwiseOrdered,
  tellableNumbers,
} from '../domain/message-stream.ts';
import type { Expected, Observation } from '../domain/observation.ts';

type DeliveriesExpected = Extract<Expected, { shape: 'deliveries' }>;

/** Further ones are counted in the words of the last. */
const LISTED_MAX = 16;

export function diagnoseDeliveries(
  { bytes, promise }: Observation,
  expected: DeliveriesExpected,
): Damage[] {
  const { stream, other } = expected;
  const deliveries = decodeDeliveries(bytes);
  const account = accountDeliveries(deliveries, expected);
  switch (promise) {
    case 'message-delivered':
      return bounded(lostDamage(account.lost, stream));
    case 'message-once':
      return bounded([
        ...account.duplicated.map((one) => duplicatedMessage(one, stream, deliveries)),
        ...account.unsent.map(({ number, at }) =>
          damageOf('extra', [number], stream, `${placeWords(at)} is a message that nobody sent`),
        ),
      ]);
    case 'sender-order':
      return bounded(
        account.reordered.map(({ number, at, after }) =>
          reorderedMessage(number, at, stream, `came after ${nameWords(stream, after)}`),
        ),
      );
    case 'total-order':
      return bounded(
        otherwiseOrdered(deliveries, other?.order ?? []).swapped.map(({ number, at, after }) => {
          const there = `and ${other?.receiver} had them the other way round`;
          const words = `came after ${nameWords(stream, after)}, ${there}`;
          return reorderedMessage(number, at, stream, words);
        }),
      );
    case 'message-in-time':
      return bounded(
        account.late.map(({ number, at }) =>
          lateMessage(number, stream, deliveries[at] as Delivery, expected.deadlineMs),
        ),
      );
    default:
      return [];
  }
}

/** Neighbours of one sender that are lost together are one. */
function lostDamage(lost: readonly number[], stream: MessageStream): Damage[] {
  if (tellableNumbers(stream) < stream.senders * stream.count) return unnamedLost(lost, stream);
  const bySender = Map.groupBy(lost, (number) => messageName(stream, number).sender);
  return [...bySender.values()].flatMap((numbers) =>
    runsOf(numbers, stream.senders).map((run) => {
      const [first, last] = [run[0] as number, run.at(-1) as number];
      const { sequence: to } = messageName(stream, last);
      const words =
        run.length === 1
          ? `${nameWords(stream, first)} was accepted and never delivered`
          : `${nameWords(stream, first)} to ${to} were accepted and never delivered`;
      return damageOf('lost', run, stream, words);
    }),
  );
}

/** Messages too short to say which they are: so many of them did not come. */
function unnamedLost(lost: readonly number[], stream: MessageStream): Damage[] {
  if (lost.length === 0) return [];
  const count = formatCount(lost.length);
  const because =
    `${count} fewer of ${stream.lengthBytes} bytes were delivered than were accepted; ` +
    'which of them, messages so short do not tell';
  return [{ kind: 'lost', offset: 0, length: lost.length * stream.lengthBytes, because }];
}

function runsOf(numbers: readonly number[], step: number): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - step) run.push(number);
    else runs.push([number]);
  }
  return runs;
}

function duplicatedMessage(
  { number, at }: { readonly number: number; readonly at: number },
  stream: MessageStream,
  deliveries: readonly Delivery[],
): Damage {
  const first = deliveries.findIndex((each) => each.number === number);
  const words = `${placeWords(at)} is ${nameWords(stream, number)} once more`;
  const before = `it was handed over as ${placeWords(first)}`;
  return damageOf('duplicated', [number], stream, `${words}; ${before}`);
}

function reorderedMessage(
  number: number,
  at: number,
  stream: MessageStream,
  words: string,
): Damage {
  const because = `${nameWords(stream, number)}, ${placeWords(at)}, ${words}`;
  return damageOf('reordered', [number], stream, because);
}

function lateMessage(
  number: number,
  stream: MessageStream,
  { arrivedNs, sentNs }: Delivery,
  deadlineMs: number,
): Damage {
  const took = formatDuration(Math.round((arrivedNs - sentNs) / 1e6));
  const because =
    `${nameWords(stream, number)} was delivered ${took} after it was sent, ` +
    `later than ${formatDuration(deadlineMs)}`;
  return damageOf('late', [number], stream, because);
}

function damageOf(
  kind: DamageKind,
  numbers: readonly number[],
  stream: MessageStream,
  because: string,
): Damage {
  const names = numbers.map((number) => messageName(stream, number));
  return {
    kind,
    offset: (names[0]?.sequence ?? 0) * stream.lengthBytes,
    length: numbers.length * stream.lengthBytes,
    messages: names.slice(0, LISTED_MAX),
    because,
  };
}

function nameWords(stream: MessageStream, number: number): string {
  const { sender, sequence } = messageName(stream, number);
  return `message ${sequence} of sender-${sender}`;
}

function placeWords(at: number): string {
  return `delivery ${formatCount(at)}`;
}

function bounded(damage: readonly Damage[]): Damage[] {
  if (damage.length <= LISTED_MAX) return [...damage];
  const more = formatCount(damage.length - LISTED_MAX);
  return damage
    .slice(0, LISTED_MAX)
    .map((one, index) =>
      index < LISTED_MAX - 1 ? one : { ...one, because: `${one.because}; and ${more} more` },
    );
}
