// The plans that come with the program. `survey` expects only that acknowledged data are read back
// and describes the rest; `torn` expects units to be atomic; `roundtrip` varies how bytes are
// written and read back.

import { definePlan, type PlanInput } from './define-plan.ts';

/** What one reader sees of one rewritten unit: the arm that survey and torn share. */
const UNITS = {
  workload: 'mailbox',
  factors: {
    unit: ['4KiB', '16KiB', '64KiB'],
    writer: ['buffered', 'direct'],
    reader: ['buffered', 'direct'],
  },
};

/** The mailbox of the case: eight writes for one unit, built-in and by the real dd. */
const CHUNKS = {
  workload: 'mailbox',
  factors: {
    unit: '4KiB',
    chunk: ['512B', '4KiB'],
    program: 'dd',
    writer: 'direct',
  },
};

const APPENDS = {
  workload: 'append',
  factors: { record: ['512B', '4KiB'] },
};

const REPLACEMENTS = {
  workload: 'replace',
  factors: {
    publish: ['rename', 'in-place', 'shared-temporary'],
    size: ['4KiB', '64KiB'],
  },
};

const survey = definePlan({
  name: 'survey',
  arms: [
    {
      workload: 'roundtrip',
      factors: {
        size: ['64KiB', '4MiB'],
        io: ['4KiB', '64KiB'],
        mode: ['buffered', 'direct'],
        order: ['sequential', 'random'],
        pattern: ['stamp', 'alternating'],
        sync: 'fsync',
      },
    },
    UNITS,
    CHUNKS,
    APPENDS,
    REPLACEMENTS,
  ],
  expect: [{ promise: 'read-back', source: 'POSIX' }],
  stop: { for: '100s' },
});

const torn = definePlan({
  name: 'torn',
  arms: [
    UNITS,
    CHUNKS,
    APPENDS,
    { ...REPLACEMENTS, factors: { ...REPLACEMENTS.factors, publish: 'rename' } },
  ],
  expect: [
    { promise: 'unit-atomic', source: 'design' },
    { promise: 'replace-atomic', source: 'POSIX' },
    { promise: 'append-atomic', source: 'POSIX' },
  ],
  stop: { for: '60s' },
});

const MODES = ['buffered', 'sync', 'dsync', 'direct'];

/** Four arms instead of one product: each crosses what is known to interact, in minutes. */
const roundtrip = definePlan({
  name: 'roundtrip',
  arms: [
    {
      workload: 'roundtrip',
      factors: {
        size: ['64KiB', '1MiB'],
        io: ['4KiB', '64KiB'],
        mode: MODES,
        sync: ['none', 'fsync'],
        pattern: ['stamp', 'alternating'],
      },
    },
    {
      workload: 'roundtrip',
      factors: {
        size: '1MiB',
        io: '4KiB',
        mode: ['buffered', 'direct'],
        order: ['random', 'reverse', 'interleaved'],
        writers: [1, 2],
      },
    },
    {
      workload: 'roundtrip',
      factors: { size: '1MiB', mode: MODES, sync: ['none', 'fsync'], reader: 'process' },
    },
    { workload: 'roundtrip', factors: { size: '16MiB', io: '1MiB', mode: MODES } },
  ],
  expect: [
    { promise: 'read-back', source: 'POSIX' },
    { promise: 'synced', source: 'POSIX' },
  ],
  stop: { for: '120s' },
});

export const PRESETS: Readonly<Record<string, PlanInput>> = { survey, torn, roundtrip };
