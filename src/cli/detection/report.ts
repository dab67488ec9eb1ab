// The report of the self-test of the detector: a table of medium and fault, what must be said of
// each, what was said, and whether the requirements hold. The JSON document holds the same.

import {
  type ControlCounts,
  type CountedRow,
  type Requirement,
  type RowCounts,
  requirementsOf,
} from './counts.ts';
import type { DetectionRow, Expected } from './row.ts';

export interface DetectionReport {
  readonly schema: 'heisenwrite.detection/1';
  readonly seed: string;
  /** In which each fault was to fire, and in which nothing was planted. */
  readonly trials: number;
  readonly holds: boolean;
  readonly requirements: readonly Requirement[];
  readonly media: readonly MediumReport[];
}

export interface MediumReport {
  readonly name: string;
  readonly about: string;
  /** Why it could not be tested; null where it was. */
  readonly skipped: string | null;
  readonly rows: readonly CountedRow[];
  readonly controls: readonly ControlCounts[];
}

export function detectionReport(
  media: readonly MediumReport[],
  seed: string,
  trials: number,
): DetectionReport {
  const requirements = requirementsOf(
    media.flatMap(({ rows }) => rows),
    media.flatMap(({ controls }) => controls),
  );
  const holds = requirements.every((each) => each.holds);
  return { schema: 'heisenwrite.detection/1', seed, trials, holds, requirements, media };
}

const HEAD = ['fault', 'planted', 'found', 'right', 'false', 'said'];

export function detectionLines(report: DetectionReport): string[] {
  const lines: string[] = [];
  const reasons: string[] = [];
  for (const medium of report.media) {
    lines.push(`${medium.name}: ${medium.about}`);
    if (medium.skipped !== null) {
      lines.push(`  NOT TESTED: ${medium.skipped}`, '');
      continue;
    }
    const table = [
      HEAD,
      ...medium.rows.map((each) => cellsOf(each, reasons)),
      ...medium.controls.map(controlCells),
    ];
    lines.push(...aligned(table), '');
  }
  lines.push('found and right are of what a program can see: -, where it can see nothing, or is');
  lines.push('told by an error. false: accused where nothing was planted or nothing can be seen.');
  for (const [index, reason] of reasons.entries()) lines.push(`(${index + 1}) ${reason}`);
  lines.push('');
  for (const { name, holds, detail } of report.requirements) {
    lines.push(`${holds ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  }
  lines.push(...wrongLines(report), `seed ${report.seed}`);
  return lines;
}

function cellsOf(counted: CountedRow, reasons: string[]): string[] {
  const { row, planted, found, right, invented } = counted;
  const { outcome } = row.expects;
  const isVisible = outcome === 'damage' || outcome === 'failure';
  const reason = reasonOf(row.expects);
  const mark = reason === null ? '' : ` (${numberOf(reason, reasons)})`;
  return [
    nameOf(row),
    String(planted),
    isVisible ? String(found) : '-',
    isVisible ? String(right) : '-',
    String(invented),
    saidOf(counted) + mark,
  ];
}

function controlCells(counts: ControlCounts): string[] {
  const { workload, trials, invented } = counts;
  return [`nothing, ${trials} x ${workload}`, '0', '-', '-', String(invented), saidOf(counts)];
}

function nameOf({ fault, case: which }: DetectionRow): string {
  return which === undefined ? fault : `${fault} (${which})`;
}

function saidOf({ called }: RowCounts): string {
  return Object.entries(called)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}

/** Why it is called so, or by several names. */
function reasonOf(expects: Expected): string | null {
  return 'because' in expects ? (expects.because ?? null) : null;
}

function numberOf(reason: string, reasons: string[]): number {
  if (!reasons.includes(reason)) reasons.push(reason);
  return reasons.indexOf(reason) + 1;
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) =>
    Math.max(...table.map((cells) => (cells[column] as string).length)),
  );
  return table.map((cells) => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] as number;
      if (column === 0) return cell.padEnd(width);
      return column === HEAD.length - 1 ? cell : cell.padStart(width);
    });
    return `  ${padded.join('  ')}`;
  });
}

/** What did not come out as it must, with what was said of it. */
function wrongLines({ media }: DetectionReport): string[] {
  return media.flatMap(({ name, rows, controls }) => [
    ...rows
      .filter(({ firstWrong, planted }) => firstWrong !== undefined || planted === 0)
      .map(({ row, firstWrong }) => {
        return `not as it must be: ${name}, ${nameOf(row)}: ${firstWrong ?? 'it never fired'}`;
      }),
    ...controls
      .filter(({ firstWrong }) => firstWrong !== undefined)
      .map(({ workload, firstWrong }) => {
        return `not as it must be: ${name}, nothing planted under ${workload}: ${firstWrong}`;
      }),
  ]);
}
