// The closing line is what CI reads, and requirements decide what may be skipped: both can only be
// trusted if they are seen to fail.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { closingLines, exitCodeOf, type Tally } from '../../scripts/tally.ts';
import { missing, requireOrSkip, SKIPS_ALLOWED_IN_CI } from '../real/requirements.ts';

const clean: Tally = { passed: 3, failed: [], skipped: [] };

describe('closing line', () => {
  it('counts tests and comes last, after each skip with its reason and each failure', () => {
    const tally: Tally = {
      passed: 2,
      failed: ['a > b'],
      skipped: [{ name: 'c', reason: 'no fio' }],
    };
    expect(closingLines(tally)).toEqual([
      'skipped: c: no fio',
      'failed: a > b',
      '2 passed, 1 failed, 1 skipped',
    ]);
  });

  it('fails a run with a failure, and a run in which nothing passed', () => {
    expect(exitCodeOf(clean)).toBe(0);
    expect(exitCodeOf({ ...clean, failed: ['x'] })).toBe(1);
    expect(exitCodeOf({ ...clean, passed: 0 })).toBe(1);
  });
});

describe('requireOrSkip', () => {
  afterEach(() => vi.unstubAllEnvs());
  // Not answered in this process before, and no directory of this PATH holds it.
  const withoutTmux = () => vi.stubEnv('PATH', '/nonexistent');

  it('skips with the reason on a desk, and throws in CI', () => {
    withoutTmux();
    const skip = vi.fn();
    vi.stubEnv('CI', '');
    requireOrSkip({ skip } as never, 'tmux');
    expect(skip).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('tmux is missing'));
    vi.stubEnv('CI', 'true');
    expect(() => requireOrSkip({ skip } as never, 'tmux')).toThrow(/nothing may be skipped/);
  });

  it('does nothing where all is there', () => {
    const skip = vi.fn();
    expect(missing('dd')).toBeNull();
    requireOrSkip({ skip } as never, 'dd');
    expect(skip).not.toHaveBeenCalled();
  });

  it('allows no skip in CI without a reason', () => {
    for (const reason of Object.values(SKIPS_ALLOWED_IN_CI)) expect(reason).not.toBe('');
  });
});
