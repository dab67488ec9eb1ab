// From the evidence to the document that every report is made of. It reads only what was recorded,
// so that the report of a hunt that was killed is the same as that of one that ended.

import { isoTime } from '../base/clock.ts';
import type { Cell } from '../domain/cell.ts';
import type { Signature } from '../domain/damage.ts';
import type { Facts, HuntReport, Rig } from '../domain/hunt-report.ts';
import type { IsolationFacts } from '../domain/isolation.ts';
import type { FactorKind } from '../domain/plan.ts';
import type { EvidenceStore, StoredTrial } from '../domain/ports.ts';
import type { ProvokedFacts } from '../domain/provoked.ts';
import type { Verdict } from '../domain/trial.ts';
import { CaptureSums } from './capture-words.ts';
import { CellAccount } from './cell-account.ts';
import { DeliverySums } from './delivery-words.ts';
import { guaranteesOf } from './guarantees.ts';
import { isolationInWords } from './isolation-sentences.ts';
import { factorKinds } from './level-words.ts';
import { PlantedSums } from './planted-words.ts';
import { provocationReport } from './provocation-words.ts';
import { verdictWords } from './verdict-words.ts';

/** Above this share of unknown trials nothing is concluded from the others being clean. */
const UNKNOWN_SHARE_MAX = 0.05;

/** Gathers the signature; given by the flow, since reports do not diagnose. */
export interface SignatureGatherer {
  add(trial: StoredTrial): void;
  signature(): Signature | null;
}

/** Gathers what the failures need; likewise. */
export interface IsolationGatherer {
  add(index: number, verdict: Verdict, seconds: number): void;
  facts(): IsolationFacts | null;
}

/** Gathers what provoked, and when; likewise. */
export interface ProvocationGatherer {
  add(trial: StoredTrial): void;
  facts(): ProvokedFacts | null;
}

/**
 * @param cells all cells of the plan, also those without a trial
 * @param kinds of the factors, by name
 */
export async function compileReport(
  store: EvidenceStore,
  cells: readonly Cell[],
  kinds: Readonly<Record<string, FactorKind>>,
  gatherer: SignatureGatherer,
  isolation: IsolationGatherer,
  provoking?: ProvocationGatherer,
): Promise<HuntReport> {
  const header = await store.header();
  const [findings, rigs, stops] = [await store.findings(), await store.rigs(), await store.stops()];
  const sums = await sumTrials(store, cells, (trial) => {
    gatherer.add(trial);
    isolation.add(trial.cell.index, trial.judgement?.verdict ?? 'unknown', trial.durationMs / 1000);
    provoking?.add(trial);
  });
  const expected = new Set(header.expectations.map((expectation) => expectation.promise));
  const cellReports = [...sums.accounts.values()].map((account) => account.report(expected));
  // A stop before the last trial is that of an earlier run: the one that resumed it did not end.
  const last = stops.findLast((stop) => stop.atMs >= sums.lastStartedMs);
  const rig = mergeRigs(rigs);
  const body: Omit<HuntReport, 'words'> = {
    schema: 'heisenwrite.hunt/1',
    hunt: header.hunt,
    seed: header.seed,
    verdict: verdictOf(sums.trials, rig),
    plan: {
      name: header.planName,
      hash: header.planHash,
      expectations: header.expectations,
    },
    places: header.places,
    directory: header.directory,
    startedAt: isoTime(header.startedAtMs),
    endedAt: last ? isoTime(last.atMs) : null,
    seconds: Math.max(
      sums.seconds,
      stops.reduce((sum, stop) => sum + stop.trialSeconds, 0),
    ),
    stopped: last?.reason ?? 'not ended: it was killed, or is still running',
    trials: sums.trials,
    opportunities: sumOf(cellReports.map((cell) => cell.opportunities)),
    factors: factorsOf(cells, kinds),
    cells: cellReports,
    guarantees: guaranteesOf(cellReports, fileSystemsOf(header.facts, header.places)),
    findings,
    findingsNotKept: Math.max(0, sums.departing - findings.length),
    failures: [...sums.failures.values()],
    captures: sums.captures.report(),
    deliveries: sums.deliveries.report(),
    planted: sums.planted.report(),
    unknowns: [...sums.unknowns].map(([because, count]) => ({ because, count })),
    signature: gatherer.signature(),
    isolation: isolationOf(isolation, factorsOf(cells, kinds), sums),
    ...provokedOf(provoking?.facts() ?? null),
    rig,
    facts: header.facts,
    replay: header.replay,
  };
  return { ...body, words: verdictWords(body) };
}

interface Sums {
  readonly accounts: Map<number, CellAccount>;
  readonly trials: { clean: number; damaged: number; failed: number; unknown: number };
  readonly failures: Map<
    string,
    { operation: string; errno: string; count: number; example: string }
  >;
  readonly unknowns: Map<string, number>;
  readonly captures: CaptureSums;
  readonly deliveries: DeliverySums;
  readonly planted: PlantedSums;
  /** Trials with something to show, damage or described. */
  departing: number;
  seconds: number;
  /** Wall clock at which the latest trial began. */
  lastStartedMs: number;
}

async function sumTrials(
  store: EvidenceStore,
  cells: readonly Cell[],
  gather: (trial: StoredTrial) => void,
): Promise<Sums> {
  const sums: Sums = {
    accounts: new Map(cells.map((cell) => [cell.index, new CellAccount(cell)])),
    trials: { clean: 0, damaged: 0, failed: 0, unknown: 0 },
    failures: new Map(),
    unknowns: new Map(),
    captures: new CaptureSums(),
    deliveries: new DeliverySums(),
    planted: new PlantedSums(),
    departing: 0,
    seconds: 0,
    lastStartedMs: Number.NEGATIVE_INFINITY,
  };
  for await (const trial of store.trials()) {
    const judgement = trial.judgement ?? {
      verdict: 'unknown' as const,
      because: 'recorded and not judged: the hunt was killed in between',
      damage: [],
      described: [],
    };
    sums.trials[judgement.verdict]++;
    sums.seconds += trial.durationMs / 1000;
    sums.lastStartedMs = Math.max(sums.lastStartedMs, trial.startedAtMs);
    sums.accounts.get(trial.cell.index)?.add(trial.outcome, judgement, trial.durationMs);
    if (judgement.damage.length + judgement.described.length > 0) sums.departing++;
    if (judgement.verdict === 'unknown') {
      const because = judgement.because ?? 'no reason was recorded';
      sums.unknowns.set(because, (sums.unknowns.get(because) ?? 0) + 1);
    }
    countFailures(sums, trial);
    sums.captures.add(trial.outcome);
    sums.deliveries.add(trial.outcome, trial.trial);
    sums.planted.add(trial.outcome, judgement.verdict);
    gather(trial);
  }
  return sums;
}

function countFailures(sums: Sums, { outcome }: StoredTrial): void {
  for (const { operation, errno, message } of outcome.failures) {
    const key = `${operation} ${errno}`;
    const known = sums.failures.get(key) ?? { operation, errno, count: 0, example: message };
    sums.failures.set(key, { ...known, count: known.count + 1 });
  }
}

function verdictOf(trials: Sums['trials'], rig: Rig): Verdict {
  const counted = trials.clean + trials.damaged + trials.failed;
  if (trials.damaged > 0) return 'damaged';
  if (trials.failed > 0) return 'failed';
  if (counted === 0 || !rig.passed) return 'unknown';
  return trials.unknown > UNKNOWN_SHARE_MAX * (counted + trials.unknown) ? 'unknown' : 'clean';
}

/** The latest result of each check; a check that failed at any time stays failed. */
function mergeRigs(rigs: readonly Rig[]): Rig {
  const checks = new Map<string, Rig['checks'][number]>();
  for (const check of rigs.flatMap((rig) => rig.checks)) {
    if (checks.get(check.name)?.passed !== false) checks.set(check.name, check);
  }
  const merged = [...checks.values()];
  return { passed: merged.length > 0 && merged.every((check) => check.passed), checks: merged };
}

function isolationOf(
  gatherer: IsolationGatherer,
  factors: HuntReport['factors'],
  { seconds, trials }: Sums,
): HuntReport['isolation'] {
  const facts = gatherer.facts();
  if (!facts) return null;
  const made = Object.values(trials).reduce((sum, count) => sum + count, 0);
  return isolationInWords(facts, factorKinds({ factors }), made === 0 ? null : seconds / made);
}

function provokedOf(facts: ProvokedFacts | null): Pick<HuntReport, 'provocations' | 'timeLine'> {
  if (facts === null) return {};
  const { provocations, timeLine } = facts;
  return { provocations: provocations.map(provocationReport), timeLine };
}

function sumOf(parts: readonly HuntReport['opportunities'][]): HuntReport['opportunities'] {
  const sum = { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 };
  for (const part of parts) {
    sum.reads += part.reads;
    sum.writes += part.writes;
    sum.bytesRead += part.bytesRead;
    sum.bytesWritten += part.bytesWritten;
  }
  return sum;
}

function factorsOf(
  cells: readonly Cell[],
  kinds: Readonly<Record<string, FactorKind>>,
): HuntReport['factors'] {
  const factors = new Map<string, Set<Cell['levels'][string]>>();
  for (const { levels } of cells) {
    for (const [factor, level] of Object.entries(levels)) {
      factors.set(factor, (factors.get(factor) ?? new Set()).add(level));
    }
  }
  return [...factors].map(([factor, levels]) => {
    const kind = kinds[factor];
    return { factor, ...(kind ? { kind } : {}), levels: [...levels] };
  });
}

/** The flow names facts of several places `LABEL: file system`. */
function fileSystemsOf(facts: Facts, places: HuntReport['places']): Record<string, string> {
  return Object.fromEntries(
    Object.keys(places).map((label) => [
      label,
      facts[`${label}: file system`] ?? facts['file system'] ?? 'unknown',
    ]),
  );
}
