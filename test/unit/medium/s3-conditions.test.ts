// Conditional puts as endpoints treat them: only what was seen to be honoured is offered, and a
// version of a bucket with versions is turned into the ETag that If-Match knows.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MediumConnection, PutCondition } from '../../../src/domain/medium.ts';
import { s3 } from '../../../src/medium/s3.ts';
import { expectUnsupported, refusal, stamped } from '../../conformance/medium-setting.ts';
import { type Answering, type Conditions, startAnswering } from './s3-answers.ts';

const over = (version: string): PutCondition => ({ when: 'matches', version });

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'A');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

async function connected(
  conditions: Conditions,
  versioned: boolean,
  act: (connection: MediumConnection, server: Answering) => Promise<void>,
): Promise<void> {
  const server = await startAnswering(conditions, versioned);
  try {
    const connection = await s3.connect(server.url);
    try {
      await act(connection, server);
    } finally {
      await connection.client.close();
    }
  } finally {
    await server.stop();
  }
}

describe('what an endpoint does with conditions is tried', () => {
  for (const conditions of ['ignored', 'not known'] as const) {
    test(`${conditions}: they are not offered`, () =>
      connected(conditions, false, async ({ client, capabilities, facts }) => {
        expect(capabilities.conditionalPut).toBe(false);
        expect(facts['conditional put']).toBe('not honoured, as tried');
        await expectUnsupported(client.put('/x', stamped(1, 512), { when: 'absent' }));
        await expectUnsupported(client.put('/x', stamped(1, 512), over('"0"')));
        await client.put('/x', stamped(1, 512));
      }));
  }

  test('honoured: tried on one name of our own, which is removed, and once only', () =>
    connected('honoured', false, async ({ facts }, { url, requests }) => {
      expect(facts['conditional put']).toBe('If-None-Match: *, If-Match, as tried');
      const probes = requests.filter((each) => each.startsWith('PUT'));
      expect(new Set(probes).size).toBe(1);
      expect(probes[0]).toMatch(/^PUT \/bucket\/prefix\/heisenwrite-probe-[0-9a-f]{16}\?/);
      const removed = requests.findLast((each) => each.startsWith('DELETE'));
      expect(removed?.split('?')[0]).toBe(probes[0]?.split('?')[0]?.replace('PUT', 'DELETE'));
      const before = requests.length;
      await (await s3.connect(url)).client.close();
      expect(requests.slice(before).filter((each) => !each.startsWith('GET'))).toEqual([]);
    }));
});

test('a version that is named: the present one, an older one, one that never was', () =>
  connected('honoured', true, async ({ client, capabilities, facts }) => {
    expect(capabilities.conditionalPut).toBe(true);
    expect(facts.versioning).toBe('Enabled');
    const first = (await client.put('/name', stamped(1, 512, 1))) as string;
    expect(first).toMatch(/^version-/);
    const second = await client.put('/name', stamped(1, 512, 2), over(first));
    expect(second).toMatch(/^version-/);
    const old = await refusal(client.put('/name', stamped(1, 512, 3), over(first)));
    expect(old).toMatchObject({ operation: 'PutObject', errno: 'PRECONDITION' });
    const never = await refusal(client.put('/name', stamped(1, 512, 3), over('version-x')));
    expect(never.errno).toBe('PRECONDITION');
    const absent = await refusal(client.put('/nothing', stamped(1, 512, 3), over('"0"')));
    expect(absent.errno).toBe('PRECONDITION');
  }));
