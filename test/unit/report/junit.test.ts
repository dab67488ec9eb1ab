// JUnit counts and states, and that hostile names still make a document that a parser takes.

import { expect, test } from 'vitest';
import { reportJunit } from '../../../src/report/junit.ts';
import { flippedBits } from '../../fixtures/report/flipped-bits.ts';
import { failing, hostile, unknownRig } from '../../fixtures/report/troubled.ts';

/** Names of open elements, checked tag by tag; throws at the first that does not match. */
function assertWellFormed(xml: string): void {
  const open: string[] = [];
  const text = xml.replace(/^<\?xml [^>]*\?>/, '');
  const tag = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g;
  const rest = text.replace(tag, (_, closing: string, name: string, __, empty: string) => {
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
    return '';
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(xml).not.toMatch(/&(?!#\d+;)/);
  expect(xml).not.toMatch(/[^\P{Cc}\n]|[\ufffe\uffff]/u);
  expect(xml.isWellFormed()).toBe(true);
}

test('damaged cells fail, with the evidence and the replay command', () => {
  const report = flippedBits();
  const xml = reportJunit(report);
  const damaged = report.cells.filter((cell) => cell.damaged > 0).length;
  expect(xml).toContain(`tests="${report.cells.length}" failures="${damaged}" errors="0"`);
  expect(xml.match(/<failure /g)).toHaveLength(damaged);
  expect(xml).toContain(`replay: ${report.findings[0]?.replay}`);
});

test('failed operations are errors, unjudged cells are skipped with the reason', () => {
  expect(reportJunit(failing()).match(/<error /g)).toHaveLength(2);
  expect(reportJunit(unknownRig())).toContain(
    '<skipped message="all 20 trials unknown: the medium',
  );
});

test.each([flippedBits, failing, unknownRig, hostile])('well-formed: %o', (make) => {
  assertWellFormed(reportJunit(make()));
});
