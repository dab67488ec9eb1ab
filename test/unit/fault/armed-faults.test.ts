// Which faults fire at a call: every condition met and missed, seeds, counts, windows and signals,
// and that one by which a call is not carried out leaves nothing for the others.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { parseFault } from '../../../src/domain/fault-grammar.ts';
import { ArmedFaults, type FaultCall } from '../../../src/fault/armed-faults.ts';

const PLANTABLE = {
  errno: ['write', 'read', 'open'],
  lost: ['write'],
  flip: ['write', 'read'],
  latency: ['write'],
} as const;
const ONES = Buffer.alloc(8, 0xff);
const DATA = Buffer.concat([Buffer.alloc(16, 1), ONES]);

function armed(texts: readonly string[], seed = 'seed'): ArmedFaults {
  const faults = new ArmedFaults(PLANTABLE, 'a mount', createRng(seed));
  for (const text of texts) faults.set(parseFault(text));
  return faults;
}

function call(more: Partial<FaultCall> = {}): FaultCall {
  const basic = { operation: 'write', path: '/in/file.dat', offset: 4096, length: 24 } as const;
  return { ...basic, flags: ['O_SYNC', 'O_DSYNC'], data: DATA, ...more };
}

const fires = (text: string, more: Partial<FaultCall> = {}) =>
  armed([text]).firing(call(more)).length === 1;

describe('a fault fires', () => {
  it.each([
    ['flip:op=write', {}],
    ['flip:path=*.dat', {}],
    ['flip:path=file.???', {}],
    ['flip:path=/in/*', {}],
    ['flip:path=/in/*', { path: '/in/deep/er' }],
    ['flip:offset=4KiB-5KiB', {}],
    ['flip:offset=4119-', {}],
    ['flip:content=ones', {}],
    ['flip:with=O_SYNC', {}],
    ['flip:without=O_DIRECT', {}],
    ['flip:probability=1', {}],
    ['flip:start=0ms,for=1h', {}],
  ] as const)('%s, where its condition is met (%o)', (text, more) => {
    expect(fires(text, more)).toBe(true);
  });

  it.each([
    ['flip:op=read', {}],
    ['flip:path=*.dat', { path: '/in/file.data' }],
    ['flip:path=file.dat', { path: '/in/other.dat' }],
    ['flip:path=/in/*', { path: '/out/in/file' }],
    ['flip:path=a.c', { path: '/abc' }],
    ['flip:offset=4KiB-5KiB', { offset: 4072 }],
    ['flip:offset=4120-', {}],
    ['flip:content=zeros', {}],
    ['flip:content=ones', { data: Buffer.concat([Buffer.alloc(4), ONES, Buffer.alloc(4)]) }],
    ['flip:with=O_DIRECT', {}],
    ['flip:with=O_SYNC+O_APPEND', {}],
    ['flip:without=O_SYNC', {}],
    ['flip:start=1h', {}],
    ['flip:signal=SIGHUP', {}],
    ['flip:skip=1', {}],
    ['flip:count=0', {}],
  ] as const)('never, %s, where it is missed (%o)', (text, more) => {
    expect(fires(text, more)).toBe(false);
  });

  it('at most so often, and not at the first calls', () => {
    const faults = armed(['flip:skip=2,count=3']);
    const fired = Array.from({ length: 8 }, () => faults.firing(call()).length);
    expect(fired).toEqual([0, 0, 1, 1, 1, 0, 0, 0]);
    expect(faults.list()[0]).toMatchObject({ number: 1, fired: 3 });
  });

  it('by its seed: the same calls with the same, others with another, as often as asked', () => {
    const draw = (seed: string) => {
      const faults = armed(['flip:probability=1/4'], seed);
      return Array.from({ length: 4000 }, () => faults.firing(call()).length);
    };
    const first = draw('one');
    expect(draw('one')).toEqual(first);
    expect(draw('two')).not.toEqual(first);
    const count = first.reduce((sum, each) => sum + each, 0);
    // 1000 expected, standard deviation 27.
    expect(Math.abs(count - 1000)).toBeLessThan(140);
  });

  it('by draws of its own: another fault does not shift them', () => {
    const draw = (texts: readonly string[]) => {
      const faults = armed(texts);
      return Array.from({ length: 200 }, () =>
        faults.firing(call()).some(({ number }) => number === 1),
      );
    };
    const other = 'latency:time=1ms,probability=0.5';
    expect(draw(['flip:probability=0.3', other])).toEqual(draw(['flip:probability=0.3']));
  });

  it('after its signal, for its window', async () => {
    const faults = armed(['flip:signal=SIGHUP,for=30ms']);
    const woken: number[] = [];
    faults.watch(({ number }) => woken.push(number));
    expect([faults.signalled('SIGUSR1'), faults.firing(call()).length]).toEqual([0, 0]);
    expect(faults.signalled('SIGHUP')).toBe(1);
    expect([faults.firing(call()).length, woken]).toEqual([1, [1]]);
    await sleep(40);
    expect(faults.firing(call())).toEqual([]);
  });

  it('alone where the call is not carried out, but for what slows it', () => {
    const faults = armed(['flip', 'latency:time=1ms', 'errno:errno=EIO,count=1', 'lost']);
    const kinds = () => faults.firing(call()).map(({ fault }) => fault.kind);
    expect(kinds()).toEqual(['latency', 'errno']);
    expect(kinds()).toEqual(['latency', 'lost']);
    expect(faults.list().map(({ fired }) => fired)).toEqual([0, 2, 1, 1]);
  });

  it('only where the server can carry it out, and is not counted elsewhere', () => {
    const faults = armed(['flip:count=1']);
    expect(faults.firing(call(), () => false)).toEqual([]);
    expect(faults.list()[0]).toMatchObject({ matched: 0, fired: 0 });
    expect(faults.firing(call()).length).toBe(1);
  });
});

describe('faults that are set', () => {
  it('keep their numbers when others are cleared', () => {
    const faults = armed(['flip', 'lost']);
    expect([faults.clear(1), faults.clear(1), faults.quiet]).toEqual([1, 0, false]);
    faults.set(parseFault('flip'));
    expect(faults.list().map(({ number }) => number)).toEqual([2, 3]);
    expect([faults.clear(), faults.quiet]).toEqual([2, true]);
  });

  it('are refused where they cannot be planted, with what can', () => {
    expect(() => armed(['torn'])).toThrow('a mount cannot plant torn (it can: errno, lost');
    expect(() => armed(['lost:op=read'])).toThrow('a mount cannot plant lost in read');
  });

  it('are known to who prepares for them, awake or not', () => {
    const faults = armed(['flip:op=read,start=1h']);
    expect(faults.mayFire('read', ['flip'])).toBe(true);
    expect(faults.mayFire('write', ['flip'])).toBe(false);
    expect(faults.mayFire('read', ['lost'])).toBe(false);
  });
});
