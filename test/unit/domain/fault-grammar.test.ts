// Faults as they are written: what is read, that text and object are one thing, and that nothing
// unknown or impossible is guessed.

import { describe, expect, it } from 'vitest';
import { faultOf, parseFault } from '../../../src/domain/fault-grammar.ts';

describe('a fault', () => {
  it('is read with values in bytes, milliseconds, numbers and lists', () => {
    const text =
      'flip:op=write+read,mask=0xff,offset=4KiB-,probability=1/300,count=2,' +
      'with=O_SYNC,start=1s,for=50ms,every=2s';
    expect(parseFault(text)).toEqual({
      kind: 'flip',
      text,
      values: {
        op: ['write', 'read'],
        mask: 255n,
        offset: { from: 4096, to: Number.POSITIVE_INFINITY },
        probability: 1 / 300,
        count: 2,
        with: ['O_SYNC'],
        start: 1000,
        for: 50,
        every: 2000,
      },
    });
  });

  it('may stand without keys, and is the same as an object', () => {
    expect(parseFault('lost')).toEqual({ kind: 'lost', text: 'lost', values: {} });
    expect(parseFault('lost:')).toEqual(parseFault('lost'));
    expect(faultOf({ kind: 'flip', op: 'write', count: 1, mask: undefined })).toEqual(
      parseFault('flip:op=write,count=1'),
    );
  });

  it.each([
    ['smash', /there is no fault "smash" \(faults: errno, /],
    ['toString', /there is no fault "toString"/],
    ['flip:colour=red', /flip has no key "colour" \(keys: mask, word, words, op, /],
    ['flip:count', /"count" in "flip:count" is not key=value/],
    ['flip:count=1,count=2', /has count twice/],
    ['flip:count=-1', /count: "-1" is not a whole number/],
    ['flip:count=', /count: "" is not a whole number/],
    ['flip:op=wirte', /there is no "wirte" \(there are: connect, /],
    ['flip:content=twos', /there is no "twos" \(there are: ones, zeros\)/],
    ['flip:mask=0', /is not a 64-bit number other than 0/],
    ['flip:mask=0x1ffffffffffffffff', /is not a 64-bit number other than 0/],
    ['flip:offset=8KiB-4KiB', /is not a range of bytes/],
    ['zero:bytes=4KB', /is not a size such as/],
    ['latency:time=5', /is not a duration such as/],
    ['latency', /latency needs time/],
    ['errno:errno=', /errno: "" is not given/],
    ['flip:every=1s', /every needs for/],
    ['flip:for=1s,every=1s', /for must be shorter than every/],
    ...['0', '1.01', '2/1', '1/0', '0/5', '-0.5', 'NaN', '1e400', 'often'].map(
      (value) =>
        [`flip:probability=${value}`, /is not a probability above 0 and at most 1/] as const,
    ),
  ] as const)('%s is refused', (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
    expect(() => parseFault(text)).toThrow(expect.objectContaining({ code: 'invalid-fault' }));
  });
});
