// Plans as people write them: what normalises, and that every message names the field and the
// likely mistake.

import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { definePlan, normalisePlan } from '../../../src/plan/define-plan.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { PRESETS } from '../../../src/plan/presets.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

function refusal(input: unknown): HeisenwriteError {
  try {
    normalisePlan(input, 'plan.json', WORKLOADS);
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error('the plan was taken');
}

const ARM = { workload: 'mailbox', factors: { unit: ['4KiB', 4096, '16KiB'], writer: 'direct' } };

describe('what a plan becomes', () => {
  test('levels as cells hold them, limits in milliseconds, a default promise', () => {
    const plan = normalisePlan(
      definePlan({ name: 'p', arms: [ARM], stop: { for: '2m', trials: 7 } }),
      'plan.ts',
      WORKLOADS,
    );
    expect(plan).toEqual({
      name: 'p',
      places: {},
      arms: [
        {
          workload: 'mailbox',
          factors: { unit: [4096, 16384], writer: ['direct'] },
          constraints: [],
        },
      ],
      expectations: [{ promise: 'read-back', source: 'POSIX' }],
      schedule: 'adaptive',
      stop: { forMs: 120_000, trials: 7, findings: null, isolated: false },
    });
  });

  test('the normalised form survives being stored as JSON', () => {
    const plan = normalisePlan(PRESETS.survey, 'survey', WORKLOADS);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test.each(Object.keys(PRESETS))('preset %s normalises, expands and expects something', (name) => {
    const plan = normalisePlan(PRESETS[name], name, WORKLOADS);
    expect(plan.name).toBe(name);
    expect(plan.stop.forMs).toBeGreaterThan(0);
    const cells = expandPlan(plan, WORKLOADS);
    expect(new Set(cells.map((cell) => JSON.stringify(cell.levels))).size).toBe(cells.length);
    const tested = new Set(
      plan.arms.flatMap((arm) => WORKLOADS.find((w) => w.name === arm.workload)?.promises),
    );
    for (const { promise } of plan.expectations) expect(tested).toContain(promise);
  });
});

describe('messages name the field and the likely mistake', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['no object', 'survey', 'invalid-plan', /^plan\.json: the plan: .*expected object/],
    ['no arms', { name: 'p' }, 'invalid-plan', /^plan\.json: arms: /],
    ['empty arms', { name: 'p', arms: [] }, 'invalid-plan', /^plan\.json: arms: /],
    ['no name', { arms: [ARM] }, 'invalid-plan', /^plan\.json: name: /],
    [
      'a misspelt field',
      { name: 'p', arms: [ARM], expects: [] },
      'invalid-plan',
      /the plan has the unknown field "expects"; did you mean "expect"\? \(fields: .*stop\)/,
    ],
    [
      'a misspelt field of an arm',
      { name: 'p', arms: [{ ...ARM, factor: {} }] },
      'invalid-plan',
      /arms\[0\] has the unknown field "factor"; did you mean "factors"\?/,
    ],
    [
      'a misspelt limit',
      { name: 'p', arms: [ARM], stop: { trails: 3 } },
      'invalid-plan',
      /stop has the unknown field "trails"; did you mean "trials"\? \(fields: for, trials/,
    ],
    [
      'a misspelt field of an expectation',
      { name: 'p', arms: [ARM], expect: [{ promise: 'synced', sauce: 'POSIX' }] },
      'invalid-plan',
      /expect\[0\] has the unknown field "sauce"; did you mean "source"\?/,
    ],
    [
      'an unknown promise',
      { name: 'p', arms: [ARM], expect: [{ promise: 'atomic' }] },
      'invalid-plan',
      /expect\[0\]\.promise: .*"unit-atomic"/,
    ],
    [
      'half a trial',
      { name: 'p', arms: [ARM], stop: { trials: 0.5 } },
      'invalid-plan',
      /stop\.trials: /,
    ],
    [
      'a nonsense time',
      { name: 'p', arms: [ARM], stop: { for: 'ever' } },
      'invalid-duration',
      /stop\.for: "ever" is not a duration/,
    ],
    [
      'no time at all',
      { name: 'p', arms: [ARM], stop: { for: '0s' } },
      'invalid-duration',
      /stop\.for: "0s"/,
    ],
    [
      'an unknown workload',
      { name: 'p', arms: [ARM, { workload: 'mailbx' }] },
      'invalid-plan',
      /arms\[1\]\.workload: there is no workload "mailbx"; did you mean "mailbox"\?/,
    ],
    [
      'an unknown factor',
      { name: 'p', arms: [{ workload: 'mailbox', factors: { units: 4096 } }] },
      'unknown-factor',
      /arms\[0\]: workload mailbox has no factor "units"; did you mean "unit"\? \(factors: unit, /,
    ],
    [
      'an unknown level',
      { name: 'p', arms: [{ workload: 'mailbox', factors: { writer: ['direct', 'bufered'] } }] },
      'unknown-level',
      /arms\[0\]\.factors\.writer: "bufered" is not a level of writer; did you mean "buffered"\?/,
    ],
    [
      'a size in decimal units',
      { name: 'p', arms: [{ workload: 'mailbox', factors: { unit: '4kB' } }] },
      'invalid-size',
      /arms\[0\]\.factors\.unit: "4kB" is not a size; did you mean "4KiB"\?/,
    ],
    [
      'no level at all',
      { name: 'p', arms: [{ workload: 'mailbox', factors: { unit: [] } }] },
      'invalid-plan',
      /arms\[0\]\.factors\.unit: Too small/,
    ],
    [
      'something that is no level',
      { name: 'p', arms: [{ workload: 'mailbox', factors: { unit: { from: 1 } } }] },
      'invalid-plan',
      /arms\[0\]\.factors\.unit: not a level or a list of levels/,
    ],
    [
      'a malformed constraint',
      { name: 'p', arms: [{ ...ARM, constraints: ['unit is 4096'] }] },
      'invalid-plan',
      /constraint "unit is 4096" is not of the form/,
    ],
  ])('%s', (_, input, code, message) => {
    expect(refusal(input)).toMatchObject({ code, exitCode: 2 });
    expect(refusal(input).message).toMatch(message);
    expect(refusal(input).remedy).not.toBe('');
  });
});
