// The true offset must lie within what is stated, however uneven the two ways of a ping are.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { monotonicNs } from '../../../src/base/clock.ts';
import { estimateClockOffset } from '../../../src/recorder/index.ts';

it('holds the true offset within its uncertainty', async () => {
  const delayMs = fc.integer({ min: 0, max: 3 });
  const exchange = fc.tuple(delayMs, delayMs);
  const offset = fc.bigInt(-(10n ** 15n), 10n ** 15n);
  await fc.assert(
    fc.asyncProperty(offset, fc.array(exchange, { minLength: 1 }), async (truth, ways) => {
      let round = 0;
      const ask = async () => {
        const [there, back] = ways[round++ % ways.length] as [number, number];
        if (there > 0) await sleep(there);
        const answer = monotonicNs() + truth;
        if (back > 0) await sleep(back);
        return answer;
      };
      const { offsetNs, uncertaintyNs } = await estimateClockOffset(ask, ways.length);
      const wrongNs = offsetNs > truth ? offsetNs - truth : truth - offsetNs;
      expect(wrongNs).toBeLessThanOrEqual(uncertaintyNs);
      expect(round).toBe(ways.length);
    }),
    { numRuns: 40 },
  );
});

it('believes the shortest round trip', async () => {
  let round = 0;
  const slow = [400, 0, 400];
  const ask = async () => {
    await sleep(slow[round++] as number);
    return monotonicNs();
  };
  const { uncertaintyNs } = await estimateClockOffset(ask, slow.length);
  expect(uncertaintyNs).toBeLessThan(200_000_000n);
});

it('asks once at least', async () => {
  let asked = 0;
  await estimateClockOffset(() => BigInt(++asked), 0);
  expect(asked).toBe(1);
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
