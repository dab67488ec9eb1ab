// Calls without data: whether a call is carried out, and what the program is told of it.

import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BackingTree } from '../../../../src/fault/mount/backing-tree.ts';
import {
  FaultGate,
  goneWithoutName,
  negated,
  type PlainCall,
} from '../../../../src/fault/mount/fault-gate.ts';
import { changes, planningOf } from './plans.ts';

const { EACCES, EIO, ENOENT, ESTALE } = constants.errno;

interface Passed {
  readonly result: number;
  readonly given: string | undefined;
  readonly isDone: boolean;
}

/** A call that the file system below answers with `below`. */
function passed(
  gate: FaultGate,
  { operation = 'getattr', path = '/a' }: Partial<PlainCall> = {},
  { below = 0, stale }: { below?: number; stale?: () => string } = {},
): Promise<Passed> {
  let isDone = false;
  return new Promise((resolve) => {
    gate.pass<string>(
      { operation, path },
      (result, given) => resolve({ result, given, isDone }),
      (answer) => {
        isDone = true;
        answer(below, below < 0 ? undefined : 'as it is');
      },
      stale,
    );
  });
}

describe('a call that a fault may meet', () => {
  it('is carried out where none is set, or none is for it', async () => {
    for (const faults of [[], ['errno:op=open,errno=EIO'], ['errno:errno=EIO,path=/b']]) {
      const planning = planningOf(...faults);
      const told = await passed(new FaultGate(planning));
      expect(told).toEqual({ result: 0, given: 'as it is', isDone: true });
      expect(changes(planning)).toEqual([]);
    }
  });

  it('is refused and not done, or done and called failed', async () => {
    const refusing = planningOf('errno:op=getattr,errno=EACCES');
    expect(await passed(new FaultGate(refusing))).toMatchObject({ result: -EACCES, isDone: false });
    expect(changes(refusing)).toEqual(['EACCES']);
    const forwarding = planningOf('forwarded:op=unlink,errno=EIO');
    const unlink = { operation: 'unlink' } as const;
    const told = await passed(new FaultGate(forwarding), unlink);
    expect(told).toMatchObject({ result: -EIO, isDone: true });
    expect(changes(forwarding)).toEqual(['EIO, but done']);
  });

  it('has the error of the file system where it failed by itself', async () => {
    const gate = new FaultGate(planningOf('forwarded:op=unlink,errno=EIO'));
    const told = await passed(gate, { operation: 'unlink' }, { below: -ENOENT });
    expect(told).toMatchObject({ result: -ENOENT, isDone: true });
  });

  it('is lost: success, and nothing done', async () => {
    const planning = planningOf('lost:op=rename,count=1');
    const gate = new FaultGate(planning);
    const rename = { operation: 'rename' } as const;
    expect(await passed(gate, rename)).toEqual({ result: 0, given: undefined, isDone: false });
    expect(changes(planning)).toEqual(['not done']);
    expect(await passed(gate, rename)).toMatchObject({ isDone: true });
  });

  it('has an older answer only where there is one', async () => {
    const planning = planningOf('stale:op=getattr');
    const gate = new FaultGate(planning);
    expect(await passed(gate)).toMatchObject({ given: 'as it is', isDone: true });
    expect(changes(planning)).toEqual([]);
    const told = await passed(gate, {}, { stale: () => 'as it was' });
    expect(told).toEqual({ result: 0, given: 'as it was', isDone: false });
  });

  it('comes later, and what fires besides still fires', async () => {
    const planning = planningOf('latency:op=getattr,time=1ms', 'errno:op=getattr,errno=EIO');
    const told = await passed(new FaultGate(planning));
    expect(told).toMatchObject({ result: -EIO, isDone: false });
    expect(changes(planning)).toHaveLength(2);
  });
});

describe('what a mount prepares for', () => {
  it('keeps what files held before for kinds that give it back, and for no other', () => {
    for (const fault of ['stale:op=read', 'stale:op=getattr', 'unsynced:signal=SIGUSR1']) {
      expect(new FaultGate(planningOf(fault)).wantsHistory, fault).toBe(true);
    }
    for (const faults of [[], ['flip:op=write'], ['delayed'], ['lost:op=fsync']]) {
      expect(new FaultGate(planningOf(...faults)).wantsHistory, faults.join()).toBe(false);
    }
  });

  it('knows which calls may be met', () => {
    const gate = new FaultGate(planningOf('errno:op=open,errno=EIO,start=1h'));
    expect([gate.isQuiet, gate.concerns('open'), gate.concerns('read')]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('the number of an error', () => {
  it('is negative whatever its sign was, and EIO where there is none', () => {
    expect(negated({ errno: -ENOENT })).toBe(-ENOENT);
    expect(negated({ errno: ENOENT })).toBe(-ENOENT);
    for (const none of [{}, { errno: 0 }, { errno: 'ENOENT' }]) expect(negated(none)).toBe(-EIO);
  });

  it('of a name that has another file now is ESTALE, for which the kernel asks again', () => {
    const tree = new BackingTree('/nowhere');
    expect(goneWithoutName(tree, '/a/.fuse_hidden0001')).toBe(-ESTALE);
    expect(goneWithoutName(tree, '/a/file')).toBeNull();
  });
});
