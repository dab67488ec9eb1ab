// The virtual cells of the simulator: which truth fails how often. The matrix and the rates are
// those of the case `async-export`.

import type { Levels } from '../../src/domain/cell.ts';
import type { FactorSpec } from '../../src/domain/isolation.ts';

export const FACTORS: readonly FactorSpec[] = [
  { name: 'kernel', ordered: false, levels: ['5.0', '5.1', '5.2'] },
  { name: 'hardware', ordered: false, levels: ['R620', 'R630', 'R640'] },
  { name: 'build', ordered: false, levels: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
  { name: 'sync', ordered: false, levels: ['sync', 'async'] },
  { name: 'storage', ordered: false, levels: ['local', 'nfs'] },
  { name: 'size', ordered: true, levels: [65536, 1048576, 16777216, 268435456] },
];

export interface Truth {
  readonly name: string;
  /** Probability that a trial of this cell fails. */
  rate(levels: Levels): number;
  /** The causes as the claim should name them; one that is empty: no factor matters. */
  readonly right: readonly string[];
}

const RATE = 1 / 300;
const BACKGROUND = 1 / 20_000;
const KERNEL_ASYNC = 'kernel=5.1 and sync=async';
const MODULATION: Readonly<Record<string, number>> = {
  65536: 0.4,
  1048576: 0.8,
  16777216: 1.2,
  268435456: 1.6,
};

const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';

function truth(
  name: string,
  fails: (levels: Levels) => boolean,
  right: readonly string[],
  { rate = RATE, outside = 0 } = {},
): Truth {
  return { name, rate: (levels) => (fails(levels) ? rate : outside), right };
}

export const TRUTHS: readonly Truth[] = [
  truth('kernel and async', isKernelAsync, [KERNEL_ASYNC]),
  truth('the same, provoked to 1/30', isKernelAsync, [KERNEL_ASYNC], { rate: 1 / 30 }),
  truth('background 1/20,000', isKernelAsync, [KERNEL_ASYNC], { outside: BACKGROUND }),
  truth('one literal', ({ sync }) => sync === 'async', ['sync=async']),
  truth('three literals', (levels) => isKernelAsync(levels) && levels.storage === 'nfs', [
    'kernel=5.1 and storage=nfs and sync=async',
  ]),
  truth('no factor matters', () => true, ['']),
  truth('build 4 and async', ({ build, sync }) => build === 4 && sync === 'async', [
    'build=4 and sync=async',
  ]),
  truth(
    'kernel 5.1 or 5.2, and async',
    ({ kernel, sync }) => kernel !== '5.0' && sync === 'async',
    ['kernel=5.1|5.2 and sync=async'],
  ),
  truth('size >= 16MiB and async', ({ size, sync }) => Number(size) > 2e6 && sync === 'async', [
    'size=16777216|268435456 and sync=async',
  ]),
  {
    name: 'size modulates 0.4 to 1.6',
    rate: (levels) =>
      isKernelAsync(levels) ? RATE * (MODULATION[String(levels.size)] as number) : 0,
    right: [KERNEL_ASYNC],
  },
  truth(
    'two causes',
    (levels) => isKernelAsync(levels) || (levels.hardware === 'R620' && levels.storage === 'nfs'),
    [KERNEL_ASYNC, 'hardware=R620 and storage=nfs'],
  ),
];
