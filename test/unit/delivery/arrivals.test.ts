// Files that arrive: who was fooled, who was right, who never spoke; and what is no arrival.

import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/delivery/arrivals.ts';
import { RULES } from '../../../src/delivery/rules.ts';
import type { Arrival, FileLook, FolderLook } from '../../../src/domain/delivery.ts';

const { signal } = new AbortController();
const OPTIONS = { settleMs: 20, quietMs: 100, directory: null, content: null, signal };
const rules = (...names: string[]) => RULES.filter(({ name }) => names.includes(name));

function look(atMs: number, files: Record<string, [bytes: number, modifiedMs?: number]>) {
  const entries = Object.entries(files).map(
    ([name, [bytes, modifiedMs = 0]]): [string, FileLook] => [
      name,
      { bytes, modifiedMs, allocatedBytes: null, isBeingWritten: null, closedWrites: null },
    ],
  );
  const folder: FolderLook = { atMs, wallMs: atMs, files: new Map(entries) };
  return folder;
}

async function ends(arrivals: Arrivals, ...looks: FolderLook[]): Promise<Arrival[]> {
  const ended: Arrival[] = [];
  for (const one of looks) ended.push(...(await arrivals.take(one)));
  return ended;
}

describe('a file that grows with a pause', () => {
  it('fools a rule that is shorter than the pause, and no longer one', async () => {
    const looks = [
      look(0, {}),
      look(10, { a: [1] }),
      look(40, { a: [1] }),
      look(60, { a: [5, 60] }),
      look(159, { a: [5, 60] }),
      look(160, { a: [5, 60] }),
    ];
    const [arrival, ...more] = await ends(new Arrivals(rules('size-stable'), OPTIONS), ...looks);
    expect(more).toEqual([]);
    expect(arrival).toEqual({
      ...{ name: 'a', bytes: 5, tookMs: 50, isGone: false },
      rules: [{ rule: 'size-stable', answer: 'fooled', earlyMs: 20, missingBytes: 4 }],
    });
    const patient = new Arrivals(rules('size-stable'), { ...OPTIONS, settleMs: 60 });
    const [other] = await ends(patient, ...looks);
    expect(other?.rules).toEqual([
      { rule: 'size-stable', answer: 'right', earlyMs: null, missingBytes: null },
    ]);
  });

  it('and one that is filled from within fools the rule of the size without growing', async () => {
    const [arrival] = await ends(
      new Arrivals(rules('size-stable', 'size-and-mtime-stable'), OPTIONS),
      look(0, {}),
      look(10, { a: [5, 1] }),
      look(20, { a: [5, 2] }),
      look(30, { a: [5, 3] }),
      look(40, { a: [5, 4] }),
      look(60, { a: [5, 4] }),
      look(140, { a: [5, 4] }),
    );
    expect(arrival?.rules).toMatchObject([
      { rule: 'size-stable', answer: 'fooled', earlyMs: 10, missingBytes: 0 },
      { rule: 'size-and-mtime-stable', answer: 'right' },
    ]);
  });
});

describe('what is no arrival', () => {
  it('what was there before, until it changes', async () => {
    const arrivals = new Arrivals(rules('final-name'), OPTIONS);
    const there = await ends(
      arrivals,
      look(0, { a: [1] }),
      look(500, { a: [1] }),
      look(900, { a: [1] }),
    );
    expect(there).toEqual([]);
    const changed = await ends(arrivals, look(910, { a: [2] }), look(1020, { a: [2] }));
    expect(changed).toMatchObject([{ name: 'a', bytes: 2 }]);
  });

  it('unfinished names and markers', async () => {
    const arrivals = new Arrivals(rules('final-name'), OPTIONS);
    const part = { 'a.part': [1], '.b': [1], 'c.ready': [1] } as Record<string, [number]>;
    expect(await ends(arrivals, look(0, {}), look(10, part), look(900, part))).toEqual([]);
  });

  it('the same file twice', async () => {
    const arrivals = new Arrivals(rules('final-name'), OPTIONS);
    const looks = [look(0, {}), look(10, { a: [1] }), look(110, { a: [1] }), look(900, { a: [1] })];
    expect(await ends(arrivals, ...looks)).toHaveLength(1);
  });
});

describe('the end', () => {
  it('a file that goes away has arrived, with what was seen of it', async () => {
    const arrivals = new Arrivals(rules('size-stable', 'final-name'), OPTIONS);
    const [arrival] = await ends(arrivals, look(0, {}), look(10, { a: [7] }), look(20, {}));
    expect(arrival).toMatchObject({ name: 'a', bytes: 7, isGone: true });
    expect(arrival?.rules.map(({ answer }) => answer)).toEqual(['never', 'right']);
    expect(arrivals.underWay).toBe(0);
  });

  it('the name may come again, as a new arrival', async () => {
    const arrivals = new Arrivals(rules('final-name'), OPTIONS);
    const looks = [look(0, {}), look(10, { a: [7] }), look(110, { a: [7] }), look(120, {})];
    expect(
      await ends(arrivals, ...looks, look(130, { a: [7] }), look(240, { a: [7] })),
    ).toHaveLength(2);
  });

  it('what is still under way is counted, and not told of', async () => {
    const arrivals = new Arrivals(rules('final-name'), OPTIONS);
    expect(await ends(arrivals, look(0, {}), look(10, { a: [7] }))).toEqual([]);
    expect(arrivals.underWay).toBe(1);
  });
});
