// A proof on a terminal, 60 to 100 columns wide: the claim, both sides cell by cell, the evidence,
// and what to do next.

import { formatDuration } from '../base/quantities.ts';
import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import type { ProofReport } from '../domain/proof.ts';
import type { AccountRow, Tone } from './account.ts';
import { columnLines, type TextRow } from './columns.ts';
import { evidenceText } from './isolation-words.ts';
import { labelledLines } from './labelled-lines.ts';
import { factorKinds, levelsWords, variedFactors } from './level-words.ts';
import { proofExit } from './proof-words.ts';
import { boundText, countedTrials, plural, rateText } from './rate-words.ts';
import type { SummaryOptions } from './summary.ts';
import { paints, printable, wrap } from './wrap.ts';

const HEADINGS = ['Cell', 'Side', 'Trials', 'Failed', 'Rate', ''] as const;
const TONES: Readonly<Record<ProofReport['outcome'], Tone>> = {
  proven: 'good',
  rarer: 'bad',
  'not-proven': 'bad',
  open: 'doubt',
};

/** @param report of the proof hunt, for the counts of each cell and the places of the evidence */
export function proofLines(
  proof: ProofReport,
  report: HuntReport,
  options: SummaryOptions,
): string[] {
  const width = Math.min(100, Math.max(60, options.width));
  const paint = paints(options.color);
  const [claim = '', ...rest] = proof.words;
  const tone = TONES[proof.outcome];
  return [
    '',
    ...wrap(printable(claim), width).map((line) => paint.strong(paint[tone](line))),
    ...rest.flatMap((sentence) => wrap(printable(sentence), width)),
    '',
    ...columnLines(HEADINGS, cellRows(proof, report), { width, indent: 0, paint }),
    '',
    ...rows(proof, report).flatMap((row) => labelledLines(row, width, paint)),
  ];
}

function cellRows(proof: ProofReport, report: HuntReport): TextRow[] {
  const kinds = factorKinds(report);
  const varied = variedFactors(report.cells);
  const isOld = (cell: CellReport) => !proof.fixed.cells.includes(cell.levels);
  return report.cells.map((cell) => {
    const failures = cell.damaged + cell.failed;
    const trials = countedTrials(cell);
    const old = isOld(cell);
    return {
      cells: [
        levelsWords(cell.levels, kinds, varied) || 'the only cell',
        old ? 'old' : 'fixed',
        String(trials),
        String(failures),
        rateText(failures, trials),
        failures > 0 ? 'fails' : trials > 0 ? 'clean' : 'not tried',
      ],
      tone: failures === 0 ? 'good' : old ? 'plain' : 'bad',
    };
  });
}

function rows(proof: ProofReport, report: HuntReport): AccountRow[] {
  const { code, words } = proofExit(proof);
  const finding = report.findings.find(
    ({ levels, expected }) => expected && proof.fixed.cells.some((cell) => same(cell, levels)),
  );
  const all: AccountRow[] = [
    { label: 'In common', lines: [commonWords(report)], tone: 'plain' },
    { label: 'Shown by', lines: ruleLines(proof), tone: 'plain' },
    {
      label: 'Ran',
      lines: [
        `${plural(proof.old.trials + proof.fixed.trials + proof.unknown, 'trial')} in ` +
          `${formatDuration(proof.seconds * 1000)}; stopped: ${proof.stopped}`,
      ],
      tone: 'plain',
    },
    { label: 'Damage', lines: finding ? [finding.evidence] : [], tone: 'bad', verbatim: true },
    { label: 'Evidence', lines: [proof.directory], tone: 'plain', verbatim: true },
    { label: 'Again', lines: [proof.replay], tone: 'plain', verbatim: true },
    { label: 'Go on', lines: goOnLines(proof), tone: 'plain', verbatim: true },
    { label: 'Exit code', lines: [`${code}: ${words}`], tone: 'plain' },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

/** Of both sides, and so no reason for a difference. */
function commonWords(report: HuntReport): string {
  const varied = variedFactors(report.cells);
  const levels = report.cells[0]?.levels ?? {};
  const common = Object.keys(levels).filter((factor) => !varied.includes(factor));
  const places = Object.entries(report.places).map(([label, path]) => `${label} (${path})`);
  const parts = [levelsWords(levels, factorKinds(report), common), `on ${places.join(', ')}`];
  return parts.filter((part) => part !== '').join('; ');
}

function ruleLines({ rule }: ProofReport): string[] {
  const { alpha, withoutControl, onlyOld, onlyFixed, pairEValue, cleanEValue, p0, fisherP } = rule;
  const lines: string[] = [];
  if (withoutControl === null) {
    lines.push(
      `pairs: in ${onlyOld} only the old one failed, in ${onlyFixed} only the fixed one; ` +
        `e-value ${evidenceText(pairEValue)}, ${evidenceText(2 / alpha)} proves`,
    );
  }
  if (cleanEValue !== null && p0 !== null) {
    const enough = evidenceText((withoutControl === null ? 4 : 1) / alpha);
    lines.push(
      `clean trials against a rate of at least ${boundText(p0, 'down')}: ` +
        `e-value ${evidenceText(cleanEValue)}, ${enough} proves`,
    );
  }
  if (fisherP !== null && onlyOld + onlyFixed > 0) {
    lines.push(`Fisher, one-sided: p = ${fisherP.toPrecision(2)} (for the record: one look only)`);
  }
  return lines;
}

function goOnLines({ needed, outcome, directory, rule, fixed }: ProofReport): string[] {
  if (outcome !== 'open') return [];
  const made = rule.withoutControl === null ? 2 * fixed.trials : fixed.trials;
  const trials = needed === null ? '' : ` --trials ${made + 2 * needed.trials}`;
  return [`heisenwrite prove --resume ${directory}${trials}`];
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
