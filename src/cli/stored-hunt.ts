// A stored hunt as the commands that follow on it need it: its header, its plan and its report,
// read without writing anything. A proof or a shrinking hunt stands for the one whose failure it is
// about.

import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { HuntHeader } from '../domain/ports.ts';
import { HUNT_PREFIX } from '../evidence/hunt-directory.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { openEvidence } from '../evidence/sqlite-store.ts';
import { reportOf } from '../hunt.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { type HuntPurpose, type StoredPlan, storedPlan } from './hunt-ground.ts';

export interface StoredHunt {
  readonly directory: string;
  readonly header: HuntHeader;
  readonly stored: StoredPlan;
  readonly report: HuntReport;
}

/**
 * @param named a hunt; or a directory with hunts, or undefined for the current one: then its
 *   newest, and if that was a proof or a search for something smaller, the hunt that it was about
 * @throws HeisenwriteError `no-such-hunt`, `evidence-damaged`
 */
export async function readFailingHunt(named: string | undefined): Promise<StoredHunt> {
  const found = await readStoredHunt(resolveHunt(named, process.cwd()));
  const about = found.stored.purpose?.question.ofDirectory;
  const isNamed = named !== undefined && isNameOf(named, found.directory);
  return isNamed || about === undefined || !existsSync(about) ? found : readStoredHunt(about);
}

/** Its path or its number, as opposed to that of a directory that holds it. */
function isNameOf(named: string, directory: string): boolean {
  const name = basename(resolve(named));
  const own = basename(directory);
  return own.startsWith(name) || own.startsWith(`${HUNT_PREFIX}${name}`);
}

/** What the hunt in this directory is for; undefined for finding something. */
export async function storedPurpose(directory: string): Promise<HuntPurpose | undefined> {
  const store = await openEvidence(directory, { create: false, readOnly: true });
  try {
    return storedPlan(await store.header()).purpose;
  } finally {
    await store.close();
  }
}

async function readStoredHunt(directory: string): Promise<StoredHunt> {
  const store = await openEvidence(directory, { create: false, readOnly: true });
  try {
    const header = await store.header();
    const stored = storedPlan(header);
    const report = await reportOf(store, stored.cells, WORKLOADS, stored.plan.schedule);
    return { directory, header, stored, report };
  } finally {
    await store.close();
  }
}
