// The small language of `--where`: what fits, units, and messages that name the likely mistake.

import { expect, it } from 'vitest';
import { fitsQuery, parseQuery } from '../../../src/recorder/event-query.ts';
import { type EventDeclarations, placeEvents } from '../../../src/recorder/event-schema.ts';
import type { FieldValue, RecordedEvent } from '../../../src/recorder/record-events.ts';

const DECLARED: EventDeclarations = {
  send: [
    ['id', 'u64'],
    ['size', 'u32', 'B'],
    ['took', 'u32', 'us'],
    ['name', 'text[16]'],
  ],
  recv: [
    ['id', 'u32'],
    ['ratio', 'f64'],
    ['took', 'u32', 'us'],
    ['offset', 'i32'],
  ],
  'page.read': [['offset', 'text[8]']],
};
const SCHEMAS = placeEvents(DECLARED);

const event = (name: string, fields: Record<string, FieldValue>): RecordedEvent => ({
  ...{ writer: 'sender 12/1', recording: 0, sequence: 41, timeNs: 7n, event: name, fields },
});
const SEND = event('send', { id: 4711n, size: 4096, took: 5001, name: 'frag and more' });
const RECV = event('recv', { id: 4711, ratio: 0.5, took: 4999, offset: -3 });

function fits(query: string, one: RecordedEvent): boolean {
  return fitsQuery(parseQuery(query, SCHEMAS), one);
}

it.each([
  ['id = 4711', true, true],
  ['id=0x1267', true, true],
  ['id != 4711', false, false],
  ['id > 18446744073709551615', false, false],
  ['size >= 4KiB', true, false],
  ['size > 4KiB', false, false],
  ['size != 1', true, false],
  ['took > 5ms', true, false],
  ['took <= 5ms', false, true],
  ['took > 1s', false, false],
  ['name ~ frag', true, false],
  ['name = "frag and more"', true, false],
  ["name = 'frag and more' and id = 4711", true, false],
  ['name != frag', true, false],
  ['ratio < 0.75', false, true],
  ['offset', null, null],
  ['recv.offset = -3', false, true],
  ['recv.id = 4711', false, true],
  ['event = recv', false, true],
  ['event != recv and id = 4711', true, false],
  ['event ~ nd', true, false],
  ['writer = "sender 12/1"', true, true],
  ['sequence <= 41 and took > 0', true, true],
] as const)('%s', (query, send, recv) => {
  if (send === null) {
    expect(() => fits(query, SEND)).toThrow(/not of the form "id = 4711"/);
    return;
  }
  expect([fits(query, SEND), fits(query, RECV)]).toEqual([send, recv]);
});

it.each([
  ['idd = 3', /no event has a field "idd"; fields are id, size, took, name, ratio, offset/],
  ['offset = 3', /"offset" has several types or units: say which, recv.offset, page.read.offset/],
  ['id = abc', /id is a number, and "abc" is none/],
  ['id = "7"', /id is a number, and "7" is none/],
  ['size > 5ms', /size is a number, and "5ms" is none/],
  ['id ~ 7', /id is a number, which has no ~/],
  ['name < x', /name is text, which has = != and ~/],
  ['event = sent', /there is no event "sent"; events are send, recv, page.read/],
  ['sequence = x', /sequence is a number/],
  ['id = 1 and', /not of the form/],
  ['id == 1', /id is a number, and "=" is none|not of the form/],
  ['id = 1 or id = 2', /not of the form/],
  ['', /not of the form/],
] as const)('refuses %s', (query, message) => {
  expect(() => parseQuery(query, SCHEMAS)).toThrow(message);
});
