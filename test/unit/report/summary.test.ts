// The account of a hunt on a terminal: what must be said, what must not, and that it fits.

import { describe, expect, test } from 'vitest';
import type { CellReport, HuntReport } from '../../../src/domain/hunt-report.ts';
import { exitMeaning } from '../../../src/report/exit-meaning.ts';
import { summaryLines } from '../../../src/report/summary.ts';
import { verdictWords } from '../../../src/report/verdict-words.ts';
import { flippedBits } from '../../fixtures/report/flipped-bits.ts';
import { surveyExt4 } from '../../fixtures/report/survey-ext4.ts';
import { tornPlaces } from '../../fixtures/report/torn-places.ts';
import { big, clean, failing, hostile, unknownRig } from '../../fixtures/report/troubled.ts';

const ALL: readonly [string, () => HuntReport][] = [
  ['flipped', flippedBits],
  ['torn', tornPlaces],
  ['survey', surveyExt4],
  ['failing', failing],
  ['unknown', unknownRig],
  ['clean', clean],
  ['hostile', hostile],
  ['big', big],
];
const text = (report: HuntReport, width = 90) =>
  summaryLines(report, { color: false, width }).join('\n');
/** Wrapped sentences in one line again. */
const flat = (report: HuntReport) => text(report).replace(/\s+/g, ' ');

describe.each(ALL)('%s', (_, make) => {
  test.each([60, 78, 100, 300])('fits %i columns but for paths and commands', (width) => {
    const report = make();
    const verbatim = [report.replay, report.directory, ...report.findings.map((f) => f.evidence)];
    for (const line of summaryLines(report, { color: false, width })) {
      const copied = verbatim.some((each) => line.includes(each.slice(0, 12)));
      const hex = /^ +(found|expected) /.test(line);
      if (!copied && !hex) expect(line.length).toBeLessThanOrEqual(Math.min(100, width));
    }
  });

  test('without colour there is no escape and no control character', () => {
    expect(text(make())).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u);
  });

  test('colour changes nothing but colour', () => {
    const report = make();
    const colored = summaryLines(report, { color: true, width: 90 }).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours looked for
    const colours = /\u001b\[\d+m/g;
    expect(colored).toMatch(colours);
    expect(colored.replace(colours, '')).toBe(text(report));
  });
});

test('flipped bits: count, bits, factors, bytes, layer, replay, exit code', () => {
  const report = flippedBits();
  const said = flat(report);
  const counted = report.trials.clean + report.trials.damaged;
  expect(said).toContain(`${report.trials.damaged} of ${counted.toLocaleString('en-US')} trials`);
  for (const part of [
    'bits 0-31 of a 64-bit word, 1->0',
    'only with kernel=6.12.22; with kernel=6.1.0-28 0 of',
    'only with export=async',
    'seen at every level of size',
    'expected ff ff ff ff ff ff ff ff 00',
    'found 00 00 00 00 ff ff ff ff 00',
    'persisted: on the medium',
    'all 6 checks passed',
    'Exit code 1',
    report.findings[0]?.replay ?? 'missing',
  ]) {
    expect(said).toContain(part);
  }
});

test('torn on three file systems: the negative controls are named with their bound', () => {
  const said = flat(tornPlaces());
  expect(said).toMatch(/never with place=xfs writer=buffered: 0 of [\d,]+ reads, under/);
  expect(said).toMatch(/never with writer=direct reader=direct: 0 of [\d,]+ reads, under/);
  expect(said).toMatch(/most often with writer=direct reader=buffered/);
  expect(said).toContain('41 more were counted, not stored');
});

test('a survey accuses nobody: exit 0, and every group of guarantees is there', () => {
  const said = text(surveyExt4());
  expect(said).not.toContain('DAMAGED');
  expect(said).toMatch(/^CLEAN/m);
  expect(said.indexOf('NOT KEPT')).toBeLessThan(said.indexOf('\nKEPT'));
  expect(said.slice(said.indexOf('NOT TESTED'))).toContain('  - synced: ');
  expect(said).not.toContain('  - replace-atomic: ');
  expect(said).toContain('Exit code  0');
});

test('a survey opens with the surprise in plain words, and why it is no damage', () => {
  const [first, second] = verdictWords(surveyExt4());
  expect(first).toBe(
    'CLEAN, and good to know: a reader can see a 4KiB buffered write half done here ' +
      '(0.21% of reads).',
  );
  expect(second).toMatch(/^No damage \(exit 0\): expected is only that acknowledged data /);
  expect(second).toContain(
    'never broken here (0 of 720 reads of one I/O, under 0.42% over 3 cells)',
  );
  const stopped = verdictWords({ ...surveyExt4(), stopped: 'interrupted' });
  expect(stopped[1]).toMatch(/^No damage \(exit 130: interrupted/);
});

test('failures and unknown trials are neither clean nor damage', () => {
  expect(flat(failing())).toContain('only with export=toggled');
  expect(text(failing())).toContain('EACCES from write, 22 times');
  expect(text(failing())).toContain('3 trials: the wall clock stepped');
  expect(text(unknownRig())).toContain('NOT PASSED: space: 112MiB free');
  expect(text(unknownRig())).toContain('Exit code  3');
});

test('what was never tried stands at the top of a clean hunt, not only at its end', () => {
  for (const report of [clean(), surveyExt4()]) {
    expect(verdictWords(report).join(' ')).not.toContain('never tried');
    const [first] = report.cells;
    const untried = { ...first, cell: 9, trials: 0, promises: [] } as CellReport;
    const cells = [...report.cells, untried, { ...untried, cell: 10 }];
    const words = verdictWords({ ...report, cells });
    expect(words.at(-1)).toBe(`2 of ${cells.length} cells were never tried.`);
    expect(flat({ ...report, cells })).toContain(
      `in ${cells.length - 2} of ${cells.length} cells,`,
    );
  }
});

test('a hunt that did not end is clean only so far, whose exit code is that of its verdict', () => {
  for (const report of [clean(), surveyExt4()]) {
    const [first] = verdictWords({ ...report, endedAt: null });
    expect(first).toMatch(/^CLEAN so far/);
    expect(first).toMatch(/the hunt did not end \(killed, or still running\)\.$/);
    expect(verdictWords(report)[0]).not.toContain('did not end');
    expect(exitMeaning({ ...report, stopped: 'not ended: it was killed' }).code).toBe(0);
  }
  expect(verdictWords({ ...failing(), endedAt: null }).join(' ')).toContain('did not end');
});

test('a rig check that could not be made has not passed', () => {
  const report = clean();
  const checks = [
    ...report.rig.checks,
    { name: 'memory errors', passed: true, checked: false, detail: 'no counters' } as const,
  ];
  expect(flat({ ...report, rig: { passed: true, checks } })).toContain(
    '6 of 7 checks passed, memory errors could not be checked; passed: space,',
  );
});

test('interrupted hunts exit 130 whatever was found', () => {
  expect(exitMeaning({ verdict: 'damaged', stopped: 'interrupted by SIGINT' }).code).toBe(130);
  expect(exitMeaning({ verdict: 'damaged', stopped: 'time' }).code).toBe(1);
});
