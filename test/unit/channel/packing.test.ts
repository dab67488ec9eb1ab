// Packing and its mistake: what is packed comes out as it went in, in frames of the given size; but
// for a message whose last vector is empty where the bytes before it just fill a frame.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FramePacker,
  FrameUnpacker,
  frameNumber,
  frameRoom,
} from '../../../src/channel/packing.ts';

const FRAME = 128;

function through(
  messages: readonly (readonly Uint8Array[])[],
  { dropsEmpty = true, flushAfter = (_: number): boolean => false } = {},
) {
  const frames: Buffer[] = [];
  const packer = new FramePacker({ frameBytes: FRAME, dropsEmpty }, (frame) => {
    frames.push(Buffer.from(frame));
  });
  messages.forEach((vectors, index) => {
    packer.add(vectors);
    if (flushAfter(index)) packer.flush();
  });
  packer.flush();
  const heard: Buffer[] = [];
  const unpacker = new FrameUnpacker((message) => void heard.push(Buffer.from(message)));
  for (const frame of frames) unpacker.add(frame);
  return { frames, heard };
}

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const NONE = new Uint8Array(0);
const FULL = frameRoom(FRAME);

const vectors = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
const messagesOf = fc.array(vectors, { maxLength: 12 });

describe('packing', () => {
  it('gives what it was given, whatever vectors and flushes there were', () => {
    fc.assert(
      fc.property(messagesOf, fc.nat(), (messages, mask) => {
        const { frames, heard } = through(messages, {
          flushAfter: (index) => ((mask >> (index % 30)) & 1) === 1,
        });
        expect(heard).toEqual(messages.map((message) => Buffer.concat(message)));
        expect(frames.every(({ length }) => length <= FRAME)).toBe(true);
        expect(frames.map(frameNumber)).toEqual(frames.map((_, number) => number));
      }),
    );
  });

  it('puts several messages into a frame, and one into several', () => {
    const { frames, heard } = through([[bytes(10, 1)], [bytes(10, 2)], [bytes(300, 3)]]);
    expect(frames).toHaveLength(3);
    expect(heard.map(({ length }) => length)).toEqual([10, 10, 300]);
  });

  it('delivers an empty message', () => {
    for (const dropsEmpty of [true, false]) {
      const { heard } = through([[NONE], [], [bytes(1, 1)]], { dropsEmpty });
      expect(heard.map(({ length }) => length)).toEqual([0, 0, 1]);
    }
  });
});

describe('the mistake', () => {
  const kept = (...messages: (readonly Uint8Array[])[]) =>
    through(messages, { dropsEmpty: false, flushAfter: () => true }).heard;

  it('joins the next message to one that fills its frame and ends with an empty vector', () => {
    const heard = kept([bytes(FULL, 1), NONE], [bytes(20, 2)], [bytes(5, 3)]);
    expect(heard.map(({ length }) => length)).toEqual([FULL + 20, 5]);
    expect(heard[0]).toEqual(Buffer.concat([bytes(FULL, 1), bytes(20, 2)]));
  });

  it('loses it where nothing comes after it', () => {
    expect(kept([bytes(FULL, 1), NONE])).toEqual([]);
  });

  it('is in several vectors, and in the last frame of a large message, as well', () => {
    const large = [bytes(FULL, 1), bytes(100, 2), bytes(FULL - 100, 3), NONE];
    expect(kept(large, [bytes(3, 4)]).map(({ length }) => length)).toEqual([2 * FULL + 3]);
  });

  it.each([
    ['one byte less', [bytes(FULL - 1, 1), NONE]],
    ['one byte more', [bytes(FULL + 1, 1), NONE]],
    ['the empty vector first', [NONE, bytes(FULL, 1)]],
    ['the empty vector in the middle', [bytes(8, 1), NONE, bytes(FULL - 8, 1)]],
    ['no empty vector', [bytes(FULL, 1)]],
  ])('is not in what is near to it: %s', (_, message) => {
    const next = [bytes(20, 2)];
    const lengths = [message, next].map((each) => Buffer.concat(each).length);
    expect(kept(message, next).map(({ length }) => length)).toEqual(lengths);
  });
});

describe('what is no frame', () => {
  it('is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const unpacker = new FrameUnpacker(() => undefined);
        try {
          unpacker.add(Buffer.from(noise));
        } catch (error) {
          expect((error as Error).message).toMatch(/^a frame of \d+ bytes /);
        }
      }),
    );
    expect(() => new FrameUnpacker(() => undefined).add(Buffer.from([1, 2]))).toThrow('no header');
  });
});
