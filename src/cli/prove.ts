// `heisenwrite prove HUNT --fixed LEVEL|PLAN`: cells of a stored hunt that fail and the same ones
// with the fix, in turn, through the same flow as every hunt, until the claim holds or falls.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration, formatPercent } from '../base/quantities.ts';
import { freshSeed } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import { type ProofQuestion, type ProofReport, UNDER_DEFAULT } from '../domain/proof.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { leastTrials, ProofWatch, trialsNeeded } from '../isolate/proof-watch.ts';
import { armOf, planFile } from '../plan/plan-file.ts';
import { factorKinds } from '../report/level-words.ts';
import { failedBeforeWords, notCoveredWords } from '../report/proof-cell-words.ts';
import { proofLines } from '../report/proof-lines.ts';
import { proofExit, proofReport } from '../report/proof-words.ts';
import { plural } from '../report/rate-words.ts';
import { interleavedSchedule } from '../schedule/interleaved.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { carryOut, type Expedition } from './carry-out.ts';
import { openNewGround } from './hunt-ground.ts';
import { type CheckedPlaces, connectOptions, withPlaces } from './places.ts';
import { type PlanOptions, sizeOption, stopOf } from './plan-source.ts';
import { beforeOf, cellsOf, checkGivenRate, failuresOf, placesOf } from './proof-cells.ts';
import { proofSides } from './proof-sides.ts';
import { type ReportOptions, writeReports } from './report-command.ts';
import { refuseWithResume, resume } from './resume.ts';
import { absolute, shellCommand } from './shell-words.ts';
import { readFailingHunt, type StoredHunt, storedPurpose } from './stored-hunt.ts';
import type { Terminal } from './terminal.ts';

export interface ProveOptions extends Pick<PlanOptions, 'for' | 'trials'> {
  readonly fixed?: string;
  readonly place?: string;
  readonly only?: readonly string[];
  readonly withoutControl?: string;
  readonly under?: string;
  readonly seed?: string;
  readonly space?: string;
  readonly destroyDataOn?: string;
  readonly resume?: string | true;
  readonly json?: boolean;
}

const WIDTH_DEFAULT = 100;
/** Times the trials that would suffice at the rate seen before: then the old side was lucky. */
const TRIALS_PATIENCE = 3;
const TRIALS_MIN = 60;
const PLAN_NAME = 'plan.json';
const NAME_LENGTH_MAX = 80;

/**
 * @returns the exit code: 0 proven, 1 the fixed side failed, 3 nothing could be concluded
 * @throws HeisenwriteError for what a user can mend
 */
export async function runProve(
  named: string | undefined,
  options: ProveOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.resume !== undefined) return resumeProof(named, options, terminal);
  const { fixed } = options;
  if (fixed === undefined) {
    throw new HeisenwriteError(
      'invalid-option',
      'prove needs to know the fix: --fixed is missing',
      {
        remedy: 'give the level that repairs it (--fixed writer=direct), a place, or a plan file',
      },
    );
  }
  const terms: Terms = {
    withoutControl: rateOption(options.withoutControl, '--without-control'),
    under: rateOption(options.under, '--under') ?? UNDER_DEFAULT,
  };
  const hunt = await readFailingHunt(named);
  const control = terms.withoutControl === null;
  const sides = await proofSides(hunt, { ...options, fixed, control });
  const spaceBytes = sizeOption(options.space, '--space');
  return withPlaces(
    placesOf(sides, hunt, control),
    spaceBytes,
    connectOptions(options),
    (checked) => proveOn(checked, { hunt, sides, terms }, { ...options, fixed }, terminal),
  );
}

interface Terms {
  /** The rate that the old side is known to have, where it is not run. */
  readonly withoutControl: number | null;
  readonly under: number;
}

interface ProofRequest {
  readonly hunt: StoredHunt;
  readonly sides: Awaited<ReturnType<typeof proofSides>>;
  readonly terms: Terms;
}

async function proveOn(
  checked: CheckedPlaces,
  { hunt, sides, terms }: ProofRequest,
  options: ProveOptions & { readonly fixed: string },
  terminal: Terminal,
): Promise<number> {
  const control = terms.withoutControl === null;
  const { cells, pairs, oldCells, fitting, leftOut } = cellsOf(sides, checked, control);
  const before = beforeOf(fitting);
  checkGivenRate(terms.withoutControl, before, hunt.header.hunt);
  const seed = options.seed ?? freshSeed();
  const question: ProofQuestion = {
    ...terms,
    of: hunt.header.hunt,
    ofDirectory: hunt.directory,
    fix: sides.fix,
    pairs,
    oldCells,
    before,
    ...failuresOf(fitting, hunt),
    replay: proveCommand(hunt, { ...options, fixed: sides.fix }, seed),
  };
  const plan: Plan = {
    name: `prove ${options.fixed}`.slice(0, NAME_LENGTH_MAX),
    places: checked.paths,
    arms: cells.map(({ levels }) => armOf(levels)),
    ...sides.terms,
    schedule: 'balanced',
    stop: stopOf(defaultStop(question, options), options),
  };
  const ground = await openNewGround({
    plan,
    cells,
    places: checked,
    seed,
    replay: (directory) =>
      shellCommand(['heisenwrite', 'hunt', join(directory, PLAN_NAME), '--seed', seed]),
    purpose: { kind: 'proof', question },
  });
  writeFileSync(join(ground.directory, PLAN_NAME), planText(plan));
  const kinds = factorKinds(hunt.report);
  const notes = [
    ...leftOut,
    ...failedBeforeWords(question, kinds),
    ...notCoveredWords(question, kinds),
    ...ground.store.notes,
    ...outlook(question, plan, hunt),
  ];
  return carryOutProof({ plan, ground, notes }, question, options, terminal);
}

/** Also for a proof that is resumed: the rule is told all of its trials again. */
export async function carryOutProof(
  expedition: Expedition,
  question: ProofQuestion,
  options: ReportOptions,
  terminal: Terminal,
): Promise<number> {
  const watch = new ProofWatch(question);
  const report = await carryOut(
    {
      ...expedition,
      schedule: (cells, rng) =>
        interleavedSchedule(
          question.pairs.map(({ old, fixed }) => ({
            old: cells[old] as Cell,
            fixed: cells[fixed] as Cell,
          })),
          rng,
          watch,
          question.withoutControl === null,
        ),
    },
    terminal,
  );
  await writeReports(report, options);
  const proof = proofOf(report, question, watch);
  if (options.json) terminal.printJson(proof);
  else {
    const color = terminal.out.isTTY === true && !process.env.NO_COLOR;
    const width = terminal.out.columns ?? WIDTH_DEFAULT;
    const lines = proofLines(proof, report, { color, width });
    for (const line of lines) terminal.print(line);
  }
  return proofExit(proof).code;
}

async function resumeProof(
  named: string | undefined,
  options: ProveOptions,
  terminal: Terminal,
): Promise<number> {
  const { fixed, place, only, withoutControl, under, seed } = options;
  refuseWithResume({ fixed, place, only, withoutControl, under, seed });
  const directory = resolveHunt(options.resume === true ? named : options.resume, process.cwd());
  const purpose = await storedPurpose(directory);
  if (purpose?.kind !== 'proof') {
    throw new HeisenwriteError('invalid-option', `${directory} is a hunt and no proof`, {
      remedy: `heisenwrite hunt --resume ${directory}, or give the fix: --fixed FACTOR=LEVEL`,
    });
  }
  return carryOutProof(await resume(directory, options), purpose.question, options, terminal);
}

function proofOf(report: HuntReport, question: ProofQuestion, watch: ProofWatch): ProofReport {
  const proof = watch.proof();
  const positions = [...new Set(question.pairs.map(({ fixed }) => fixed))];
  const fixed = positions.map((position) => (report.cells[position] as CellReport).levels);
  const needed = trialsNeeded(proof, question);
  const least = leastTrials(proof, question);
  return proofReport(question, proof, report, { alpha: watch.alpha, fixed, least, needed });
}

/** Without a limit of the user's it ends once the old side should have failed long ago. */
function defaultStop(question: ProofQuestion, options: ProveOptions): Plan['stop'] {
  const needed = trialsNeeded(new ProofWatch(question).proof(), question);
  const patient = needed === null ? null : Math.max(TRIALS_MIN, TRIALS_PATIENCE * needed);
  const trials = options.for === undefined && options.trials === undefined ? patient : null;
  return { forMs: null, trials, findings: null, isolated: true };
}

function outlook(question: ProofQuestion, plan: Plan, { report }: StoredHunt): string[] {
  const { before } = question;
  const needed = trialsNeeded(new ProofWatch(question).proof(), question);
  const made = Object.values(report.trials).reduce((sum, count) => sum + count, 0);
  const time =
    needed === null || made === 0
      ? ''
      : `, ${formatDuration((needed * 1000 * report.seconds) / made)}`;
  const rate =
    before.failures > 0
      ? `in hunt ${question.of} these cells failed in ` +
        `${formatPercent(before.failures / before.trials)} of trials; `
      : '';
  const about = needed === null ? '' : `about ${plural(needed, 'trial')}${time} if the fix holds`;
  const most = plan.stop.trials === null ? '' : `; ends after ${plural(plan.stop.trials, 'trial')}`;
  return about === '' ? [] : [`${rate}${about}${most}`];
}

function planText(plan: Plan): string {
  return `${JSON.stringify(planFile(plan, WORKLOADS), null, 2)}\n`;
}

/** `1/300`, `0.0033` or `0.33%`, in (0, 1). */
function rateOption(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  const [, above = '', below = '1', percent] =
    /^\s*(\d+(?:\.\d+)?)(?:\s*\/\s*(\d+)|(%))?\s*$/.exec(text) ?? [];
  const rate = Number(above) / Number(below) / (percent === undefined ? 1 : 100);
  if (above !== '' && rate > 0 && rate < 1) return rate;
  throw new HeisenwriteError(
    'invalid-option',
    `${option} takes a rate of failures per trial, not "${text}"`,
    { remedy: `write it as 1/300, 0.0033 or 0.33%: ${option} 1/300` },
  );
}

function proveCommand(hunt: StoredHunt, options: ProveOptions, seed: string): string {
  const { fixed = '', place, only = [], withoutControl, under, space, destroyDataOn } = options;
  const words = ['heisenwrite', 'prove', hunt.directory, '--fixed', fixed];
  if (place !== undefined) words.push('--place', absolute(place));
  for (const level of only) words.push('--only', level);
  if (withoutControl !== undefined) words.push('--without-control', withoutControl);
  if (under !== undefined) words.push('--under', under);
  if (space !== undefined) words.push('--space', space);
  if (destroyDataOn !== undefined) words.push('--destroy-data-on', destroyDataOn);
  return shellCommand([...words, '--seed', seed]);
}
