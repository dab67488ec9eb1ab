// `heisenwrite report HUNT`: the report of a stored hunt, also of one that was killed or still
// runs.

import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { openEvidence } from '../evidence/sqlite-store.ts';
import { reportOf } from '../hunt.ts';
import { exitMeaning } from '../report/exit-meaning.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { storedPlan } from './hunt-ground.ts';
import type { Terminal } from './terminal.ts';

export interface ReportOptions {
  readonly json?: boolean;
  readonly html?: string;
  readonly junit?: string;
}

export async function runReport(
  named: string | undefined,
  options: ReportOptions,
  terminal: Terminal,
): Promise<number> {
  const directory = resolveHunt(named, process.cwd());
  const store = await openEvidence(directory, { create: false, readOnly: true });
  try {
    const { plan, cells } = storedPlan(await store.header());
    const report = await reportOf(store, cells, WORKLOADS, plan.schedule);
    await writeReports(report, options);
    if (options.json) terminal.printJson(report);
    else await terminal.printSummary(report);
    return exitMeaning(report).code;
  } finally {
    await store.close();
  }
}

/** Before a long hunt: can the files that were asked for be written at its end? */
export function checkReportPlaces({ html, junit }: ReportOptions): void {
  for (const path of [html, junit]) {
    if (path === undefined) continue;
    if (path.startsWith('-')) {
      throw new HeisenwriteError('invalid-option', `"${path}" is an option, not a file name`);
    }
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      const reason = errnoOf(error) ?? (error as Error).message;
      throw new HeisenwriteError('place-not-writable', `${path} cannot be written (${reason})`, {
        remedy: 'create its directory, or give another path for the report',
      });
    }
  }
}

/** Writes the files that were asked for. @throws HeisenwriteError `write-failed` */
export async function writeReports(report: HuntReport, options: ReportOptions): Promise<void> {
  if (options.html) {
    const { reportHtml } = await import('../report/html.ts');
    writeReport(options.html, await reportHtml(report));
  }
  if (options.junit) {
    const { reportJunit } = await import('../report/junit.ts');
    writeReport(options.junit, reportJunit(report));
  }
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const reason = errnoOf(error) ?? (error as Error).message;
    throw new HeisenwriteError(
      'write-failed',
      `the report ${path} could not be written (${reason})`,
    );
  }
}
