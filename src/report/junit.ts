// The hunt as JUnit XML, for CI systems that know nothing else: one test case for each cell.
// Damage is a failure, a failed operation an error, and what could not be judged is skipped with
// its reason.

import { formatSize } from '../base/quantities.ts';
import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import { factorKinds, levelsWords } from './level-words.ts';
import { countedTrials, countWords } from './rate-words.ts';
import { brokenPromises } from './verdict-words.ts';
import { printable } from './wrap.ts';

/** A whole document in the schema that Jenkins and GitLab read: testsuites of one testsuite. */
export function reportJunit(report: HuntReport): string {
  const cases = report.cells.map((cell) => testCase(report, cell));
  const count = (state: CellState) => report.cells.filter((cell) => stateOf(cell) === state).length;
  const totals =
    `tests="${report.cells.length}" failures="${count('failure')}" ` +
    `errors="${count('error')}" skipped="${count('skipped')}" time="${report.seconds.toFixed(3)}"`;
  const suite =
    `<testsuite name="${attribute(report.plan.name)}" ${totals} ` +
    `timestamp="${attribute(report.startedAt)}" hostname="${attribute(report.facts.host ?? '')}">`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="heisenwrite" ${totals}>`,
    suite,
    '<properties>',
    ...properties(report),
    '</properties>',
    ...cases,
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

type CellState = 'passed' | 'failure' | 'error' | 'skipped';

/** Damage outranks failure; a cell without a trial that counts is skipped, never passed. */
function stateOf(cell: CellReport): CellState {
  if (cell.damaged > 0) return 'failure';
  if (cell.failed > 0) return 'error';
  return countedTrials(cell) === 0 ? 'skipped' : 'passed';
}

function testCase(report: HuntReport, cell: CellReport): string {
  const name = attribute(levelsWords(cell.levels, factorKinds(report)) || `cell ${cell.cell}`);
  const group = attribute(`heisenwrite.${report.plan.name}`);
  const open = `<testcase classname="${group}" name="${name}"`;
  const body = bodyOf(report, cell);
  return body === '' ? `${open}/>` : `${open}>${body}</testcase>`;
}

function bodyOf(report: HuntReport, cell: CellReport): string {
  const counted = countedTrials(cell);
  switch (stateOf(cell)) {
    case 'failure': {
      const type = brokenPromises({ cells: [cell], findings: report.findings }).join(' ');
      const message = `damaged: ${countWords(cell.damaged, counted, 'trials')}`;
      return element('failure', message, damageText(report, cell), type || 'damaged');
    }
    case 'error': {
      const errnos = report.failures.map((each) => `${each.operation}: ${each.example}`).join('\n');
      const message = `failed: ${countWords(cell.failed, counted, 'trials')}`;
      const type = report.failures.map((each) => each.errno).join(' ');
      return element('error', message, errnos, type || 'failed');
    }
    case 'skipped':
      return `<skipped message="${attribute(skipReason(report, cell))}"/>`;
    case 'passed':
      return cell.unknown === 0
        ? ''
        : `<system-out>${content(`${cell.unknown} of ${cell.trials} trials unknown`)}</system-out>`;
  }
}

function skipReason(report: HuntReport, cell: CellReport): string {
  if (cell.trials === 0) return 'not tried before the hunt ended';
  const reasons = report.unknowns.map((each) => each.because).join('; ');
  return `all ${cell.trials} trials unknown: ${reasons || 'no reason was recorded'}`;
}

function damageText(report: HuntReport, cell: CellReport): string {
  const kinds = factorKinds(report);
  const name = levelsWords(cell.levels, kinds);
  const finding = report.findings.find(
    (each) => each.expected && levelsWords(each.levels, kinds) === name,
  );
  if (!finding) return 'no finding of this cell was kept';
  const ranges = finding.damage
    .slice(0, 8)
    .map((each) => `${each.kind} ${formatSize(each.length)} at ${each.offset}: ${each.because}`);
  return [
    `trial ${finding.trial}, layer ${finding.layer}: ${finding.layerBecause}`,
    ...ranges,
    `evidence: ${finding.evidence}`,
    `replay: ${finding.replay}`,
  ].join('\n');
}

function properties(report: HuntReport): string[] {
  const all = {
    hunt: report.hunt,
    seed: report.seed,
    verdict: report.verdict,
    replay: report.replay,
    'rig.passed': String(report.rig.passed),
    ...report.facts,
  };
  return Object.entries(all).map(
    ([name, value]) => `<property name="${attribute(name)}" value="${attribute(value)}"/>`,
  );
}

function element(name: string, message: string, text: string, type: string): string {
  const open = `<${name} message="${attribute(message)}" type="${attribute(type)}">`;
  return `${open}${content(text)}</${name}>`;
}

/** XML 1.0 has no way to write most control characters: they are made visible first. */
function content(text: string): string {
  return text.split('\n').map(escaped).join('\n');
}

function attribute(text: string): string {
  return escaped(text);
}

function escaped(text: string): string {
  return printable(text.toWellFormed())
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
