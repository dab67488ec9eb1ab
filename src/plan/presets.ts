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

/** What a client can see of a medium: survey and torn of places that have an URL. */
const TRANSFERS = {
  workload: 'transfer',
  factors: {
    size: ['64KiB', '1MiB'],
    io: '64KiB',
    order: ['sequential', 'random'],
    inflight: [1, 4],
    rewrite: ['replace', 'in-place'],
    reader: ['same', 'connection'],
  },
};

/** NFSv3 lets each write state how far it must have come. */
const STABLE_TRANSFERS = {
  workload: 'transfer',
  factors: {
    size: '1MiB',
    inflight: 4,
    rewrite: 'in-place',
    stability: ['unstable', 'data-sync', 'file-sync'],
    sync: [false, true],
  },
};

/** S3 takes a content in one request, or in parts of 5 MiB and more. */
const PART_TRANSFERS = {
  workload: 'transfer',
  factors: {
    size: '16MiB',
    io: '8MiB',
    order: ['sequential', 'reverse'],
    inflight: [1, 2],
    upload: ['single', 'multipart'],
    read: ['ranges', 'whole'],
  },
};

const EXCHANGES = {
  workload: 'exchange',
  factors: { way: ['put', 'rename', 'in-place', 'create'], size: ['4KiB', '256KiB'] },
};

const clientSurvey = definePlan({
  name: 'survey',
  arms: [TRANSFERS, STABLE_TRANSFERS, PART_TRANSFERS, EXCHANGES],
  expect: [{ promise: 'read-back', source: 'protocol' }],
  stop: { for: '100s' },
});

const clientTorn = definePlan({
  name: 'torn',
  arms: [{ ...EXCHANGES, factors: { ...EXCHANGES.factors, way: ['put', 'rename'] } }],
  expect: [{ promise: 'replace-atomic', source: 'protocol' }],
  stop: { for: '60s' },
});

const clientRoundtrip = definePlan({
  name: 'roundtrip',
  arms: [
    {
      ...TRANSFERS,
      factors: { ...TRANSFERS.factors, order: ['sequential', 'reverse', 'random', 'interleaved'] },
    },
    STABLE_TRANSFERS,
    PART_TRANSFERS,
    {
      workload: 'transfer',
      factors: { size: '1MiB', pattern: ['alternating', 'ones', 'random'], rewrite: 'replace' },
    },
  ],
  expect: [{ promise: 'read-back', source: 'protocol' }],
  stop: { for: '120s' },
});

/** The writers and rules that a relay between two companies meets, with one part that is slow. */
const delivery = definePlan({
  name: 'delivery',
  arms: [
    {
      workload: 'delivery',
      factors: {
        writer: ['sequential', 'out-of-order', 'rename'],
        rule: ['size-stable', 'size-and-mtime-stable', 'marker-present', 'final-name'],
        size: '1MiB',
        part: '128KiB',
        stall: '400ms',
        marker: true,
      },
    },
  ],
  expect: [
    { promise: 'read-back', source: 'POSIX' },
    { promise: 'ready-whole', source: 'design' },
  ],
  stop: { for: '120s' },
});

export const PRESETS: Readonly<Record<string, PlanInput>> = { survey, torn, roundtrip, delivery };

/** The presets of the same names for places that are reached by a client. */
export const CLIENT_PRESETS: Readonly<Record<string, PlanInput>> = {
  survey: clientSurvey,
  torn: clientTorn,
  roundtrip: clientRoundtrip,
  delivery,
};
