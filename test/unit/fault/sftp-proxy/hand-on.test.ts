// Bytes that go from one channel to another past the queue of what was read, as real streams: in
// order, what came early first, and no faster than the other side takes them.

import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { handOn } from '../../../../src/fault/sftp-proxy/hand-on.ts';

/** Is fed by `push`, counts how often more is asked for, and writes when it is told. */
class Channel extends Duplex {
  asked = 0;
  readonly written: string[] = [];
  #done: (() => void) | null = null;

  constructor(highWaterMark = 4) {
    super({ highWaterMark });
  }

  override _read(): void {
    this.asked++;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(String(chunk));
    this.#done = done;
  }

  /** What was written is out. */
  drainOne(): void {
    const done = this.#done;
    this.#done = null;
    done?.();
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('what is handed on', () => {
  it('comes in order, what waited already first', () => {
    const [from, to] = [new Channel(), new Channel(1000)];
    const taken: string[] = [];
    from.push(Buffer.from('early'));
    handOn(from, to, (bytes) => taken.push(String(bytes)));
    from.push(Buffer.from('one'));
    from.push(Buffer.from('two'));
    expect(taken).toEqual(['early', 'one', 'two']);
  });

  it('stops asking while the other side has enough, and asks again when that is out', async () => {
    const [from, to] = [new Channel(), new Channel()];
    handOn(from, to, (bytes) => to.write(bytes));
    expect(from.push(Buffer.from('ab'))).toBe(true);
    expect(from.push(Buffer.from('cdef'))).toBe(false);
    const { asked } = from;
    await turn();
    expect(from.asked).toBe(asked);
    for (let write = 0; write < 2; write++) {
      to.drainOne();
      await turn();
    }
    expect(from.asked).toBe(asked + 1);
    expect(to.written.join('')).toBe('abcdef');
  });

  it('ends where the sender ends, with nothing taken for it', async () => {
    const [from, to] = [new Channel(), new Channel()];
    const taken: string[] = [];
    handOn(from, to, (bytes) => taken.push(String(bytes)));
    const ended = new Promise<void>((resolve) => from.on('end', () => resolve()));
    from.push(Buffer.from('last'));
    from.push(null);
    await ended;
    expect(taken).toEqual(['last']);
  });
});
