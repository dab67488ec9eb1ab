// What of a plan holds where its cells are tried again: everything but cells, places and the end.

import { describe, expect, it } from 'vitest';
import type { PlanTerms } from '../../../src/domain/plan.ts';
import { normalisePlan } from '../../../src/plan/define-plan.ts';
import { bothTerms, termsOf } from '../../../src/plan/plan-terms.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

const FLIP = { fault: { kind: 'flip', op: 'write' }, where: 'linux = 5.1' };
const TERMS: PlanTerms = {
  labels: { linux: ['4.14', '5.1'] },
  faults: [FLIP],
  expectations: [{ promise: 'read-back', source: 'POSIX' }],
  tolerated: ['write EROFS'],
};

describe('the terms of a plan', () => {
  it('are all of it but its name, places, cells, schedule and end', () => {
    const plan = normalisePlan(
      {
        name: 'x',
        places: { here: '.' },
        labels: { linux: ['4.14', '5.1'] },
        arms: [{ workload: 'roundtrip' }],
        faults: [{ kind: 'flip', op: 'write', where: 'linux = 5.1' }],
        tolerate: ['write EROFS'],
        builds: { writer: { sources: 'x.c', command: 'cc {source} -o {out}' } },
      },
      'plan.json',
      WORKLOADS,
    );
    const {
      name: _,
      places: _places,
      arms: _arms,
      schedule: _schedule,
      stop: _stop,
      ...rest
    } = plan;
    expect(termsOf(plan)).toEqual(rest);
    expect(Object.keys(rest).toSorted()).toEqual([
      'builds',
      'expectations',
      'faults',
      'labels',
      'tolerated',
    ]);
  });

  it('of two plans are joined, each once, and where they differ the second one counts', () => {
    const other: PlanTerms = {
      labels: { linux: ['6.1'], hardware: ['R610'] },
      faults: [FLIP, { fault: { kind: 'lost' } }],
      expectations: [
        { promise: 'read-back', source: 'design' },
        { promise: 'synced', source: 'POSIX' },
      ],
      tolerated: ['write EROFS', 'close EIO'],
    };
    expect(bothTerms(TERMS, other)).toEqual({
      labels: { linux: ['6.1'], hardware: ['R610'] },
      faults: [FLIP, { fault: { kind: 'lost' } }],
      expectations: [
        { promise: 'read-back', source: 'POSIX' },
        { promise: 'synced', source: 'POSIX' },
      ],
      tolerated: ['write EROFS', 'close EIO'],
    });
  });

  it('have nothing that neither plan has', () => {
    const { expectations } = TERMS;
    expect(bothTerms({ expectations }, { expectations })).toEqual({ expectations });
  });
});
