// The picture of the last calls: it begins where calls met, whatever an idle actor did long before.

import { describe, expect, it } from 'vitest';
import type { RecordedCall } from '../../../src/domain/last-calls.ts';
import { callWords, lastCallsRows } from '../../../web/last-calls-rows.ts';

const call = (actor: string, fromUs: number, toUs: number, more = {}): RecordedCall => ({
  ...{ actor, call: 'write', file: 'data', fromUs, toUs },
  ...more,
});

describe('the picture of the last calls', () => {
  it('shows a long read and what was written meanwhile', () => {
    const writes = Array.from({ length: 24 }, (_, at) =>
      call('writer-0', -240 + at * 10, -235 + at * 10),
    );
    const reads = [call('reader-0', -500, -450), call('reader-0', -120, -2, { call: 'read' })];
    const windows = [{ provocation: 'stop', what: 'SIGSTOP', fromUs: -1e6, toUs: -100 }];
    const rows = lastCallsRows({ calls: [...reads, ...writes], windows });
    expect(rows.lanes.toSorted()).toEqual(['reader-0', 'stop', 'writer-0']);
    expect(rows.fromUs).toBe(-120);
    expect(rows.bars.find(({ lane }) => lane === 'stop')).toMatchObject({
      fromUs: -120,
      toUs: -100,
    });
    expect(rows.bars.filter(({ kind }) => kind === 'read')).toHaveLength(1);
    expect(rows.bars.every((bar) => bar.fromUs >= rows.fromUs && bar.toUs <= rows.untilUs)).toBe(
      true,
    );
  });

  it('begins with a call that failed, unless nothing else would be seen then', () => {
    const reads = Array.from({ length: 20 }, (_, at) =>
      call('a', 2 * at - 40, 2 * at - 39, { call: 'read' }),
    );
    const { fromUs } = lastCallsRows({ calls: reads, windows: [] });
    expect(fromUs).toBeGreaterThan(-20);
    const failedAt = (us: number) => call('a', us, us + 1, { call: 'close', errno: 'EROFS' });
    const rows = lastCallsRows({ calls: [failedAt(19 * fromUs), ...reads], windows: [] });
    expect(rows.fromUs).toBe(19 * fromUs);
    expect(rows.bars.map(({ kind }) => kind)).toContain('failed');
    const longAgo = lastCallsRows({ calls: [failedAt(21 * fromUs), ...reads], windows: [] });
    expect(longAgo.fromUs).toBe(fromUs);
  });

  it('says what a call was', () => {
    expect(callWords(call('a', -3, -1, { bytes: 4096, offset: 8192 }))).toBe(
      'write 4KiB at 8192 of data, 2.0 µs',
    );
    const failed = call('a', -2500, 0, { call: 'fsync', errno: 'EIO' });
    expect(callWords(failed)).toBe('fsync of data: EIO, 2.5 ms');
    expect(lastCallsRows({ calls: [failed], windows: [] }).bars[0]?.kind).toBe('failed');
  });
});
