// The case pandas-hdf with the real pandas, for a few trials; and that its words are checked: a bit
// that is flipped in the file that it wrote comes out as the cell that is wrong.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { heisenwrite, reportIn } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const CASE = resolve(import.meta.dirname, '../../cases/pandas-hdf');
const PLAN = join(CASE, 'plan.json');

test('a sound medium is clean, whatever the size and the pattern', async (context) => {
  requireOrSkip(context, 'pandas');
  await inDirectory(async (place) => {
    const said = await heisenwrite(['hunt', PLAN, place, '--trials', '6', '--json']);
    expect(said.exitCode, said.stderr).toBe(0);
    const report = reportIn(said);
    expect(report.trials).toEqual({ clean: 6, damaged: 0, failed: 0, unknown: 0 });
    expect(report.cells.map(({ trials }) => trials)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(report.opportunities.bytesRead).toBe(2 * (65_536 + 2 ** 20 + 2 ** 22));
  });
});

test('a bit that is flipped in the exported file is found in its word', async (context) => {
  requireOrSkip(context, 'pandas');
  await inDirectory(async (base) => {
    const place = join(base, 'place');
    mkdirSync(place);
    const plan = JSON.parse(readFileSync(PLAN, 'utf8'));
    const [arm] = plan.arms;
    const flip = join(base, 'flip.py');
    writeFileSync(flip, FLIP);
    const program = arm.factors.program.replaceAll('{here}', CASE);
    arm.factors.program = `${program} && /usr/bin/python3 ${flip} {out}`;
    arm.factors.read = arm.factors.read.replaceAll('{here}', CASE);
    Object.assign(arm.factors, { pattern: 'alternating', size: '64KiB' });
    writeFileSync(join(base, 'plan.json'), JSON.stringify(plan));
    const words = ['hunt', join(base, 'plan.json'), place, '--trials', '1', '--json'];
    const { findings } = reportIn(await heisenwrite(words, base));
    expect(findings[0]?.damage).toMatchObject([{ kind: 'flipped', length: 1 }]);
    expect(findings[0]?.damage[0]?.bits).toMatchObject({ direction: '1->0', count: 1 });
  });
});

/** In the middle of the table's words, which HDF5 keeps as they are: row by row, little-endian. */
const FLIP = `import sys
with open(sys.argv[1], "r+b") as file:
    content = bytearray(file.read())
    words = b"\\xff" * 8 + b"\\x00" * 8
    at = content.index(words * 8, len(content) // 2)
    content[at + 3] ^= 4
    file.seek(0)
    file.write(content)
`;
