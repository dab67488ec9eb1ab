// `heisenwrite case [SLUG]`: lists the cases, or runs one from the first failure to the proof of
// its fix. A case has no flow of its own: it hunts and proves as the commands do, on a ground that
// its set-up made, and judges their reports.

import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { monotonicMs, monotonicNs } from '../base/clock.ts';
import { formatDuration } from '../base/quantities.ts';
import { createRng, freshSeed } from '../base/rng.ts';
import type { CaseReport, CaseRun, ShownStep } from '../domain/case.ts';
import { EXIT_DAMAGE, EXIT_INTERRUPTED, HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { ProofReport } from '../domain/proof.ts';
import { checkPlace } from '../evidence/hunt-directory.ts';
import { labelledLines } from '../report/labelled-lines.ts';
import { paints } from '../report/wrap.ts';
import { type CaseFiles, casePlan, caseSlugs, readCase } from './cases/case-files.ts';
import type { CaseGround } from './cases/case-setup.ts';
import { setupNamed } from './cases/case-setups.ts';
import {
  explainedStep,
  fixedStep,
  foundStep,
  isolatedStep,
  provenStep,
} from './cases/case-steps.ts';
import { meetWindows } from './cases/case-windows.ts';
import { runHunt } from './hunt-command.ts';
import { runProve } from './prove.ts';
import type { Terminal } from './terminal.ts';

export interface CaseOptions {
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly place?: string;
  readonly seed?: string;
  /** Another fix than that of the case: whether it is one is then the question. */
  readonly fixed?: string;
}

const WIDTH_DEFAULT = 100;

/**
 * @returns the exit code: 0 where every step was shown, else 1
 * @throws HeisenwriteError `invalid-option`; `missing-component` where this machine cannot run it
 */
export async function runCase(
  slug: string | undefined,
  options: CaseOptions,
  terminal: Terminal,
): Promise<number> {
  if (slug === undefined) return listCases(options, terminal);
  const files = readCase(slug);
  const { path } = checkPlace(options.place ?? process.cwd());
  const work = realpathSync(mkdtempSync(join(path, `case-${slug}-`)));
  const cwd = process.cwd();
  let isKept = options.keep === true;
  try {
    // Evidence of places with an URL lies where the command is run.
    process.chdir(work);
    const report = await runIn(work, files, options, terminal);
    if (report === null) return EXIT_INTERRUPTED;
    isKept ||= report.failedStep !== null;
    const told = { ...report, kept: isKept ? work : null };
    if (options.json) terminal.printJson(told);
    else for (const line of closingLines(told)) terminal.print(line);
    return told.failedStep === null ? 0 : EXIT_DAMAGE;
  } finally {
    process.chdir(cwd);
    if (!isKept) rmSync(work, { recursive: true, force: true });
  }
}

function listCases({ json }: CaseOptions, terminal: Terminal): number {
  const cases = caseSlugs().map((slug) => {
    const { title, setup } = readCase(slug);
    return { case: slug, title, needs: setupNamed(setup).about };
  });
  if (json) terminal.printJson({ schema: 'heisenwrite.cases/1', cases });
  else for (const { case: slug, title } of cases) terminal.print(`${slug.padEnd(27)}${title}`);
  return 0;
}

/** Null where it was interrupted. */
async function runIn(
  work: string,
  files: CaseFiles,
  options: CaseOptions,
  terminal: Terminal,
): Promise<CaseReport | null> {
  const begunMs = monotonicMs();
  const seed = options.seed ?? freshSeed();
  const ground = await setupNamed(files.setup).open(work, createRng(seed).fork('set-up'));
  const course = new Course(files, options, seed, ground, terminal);
  try {
    await course.run(work);
  } finally {
    if (options.keep || course.failed) course.bringAway(work);
    await ground.close();
  }
  if (course.isInterrupted) return null;
  const { steps, hunt, proof } = course;
  return {
    schema: 'heisenwrite.case/1',
    case: files.slug,
    title: files.title,
    steps,
    failedStep: steps.find(({ shown }) => !shown)?.step ?? null,
    hunt,
    proof,
    kept: null,
    seconds: (monotonicMs() - begunMs) / 1000,
  };
}

/** The steps of one case, in order, until one is not shown. */
class Course {
  readonly steps: ShownStep[] = [];
  hunt: CaseRun | null = null;
  proof: CaseRun | null = null;
  isInterrupted = false;
  private readonly files: CaseFiles;
  private readonly options: CaseOptions;
  private readonly seed: string;
  private readonly ground: CaseGround;
  private readonly terminal: Terminal;

  constructor(
    files: CaseFiles,
    options: CaseOptions,
    seed: string,
    ground: CaseGround,
    terminal: Terminal,
  ) {
    this.files = files;
    this.options = options;
    this.seed = seed;
    this.ground = ground;
    this.terminal = terminal;
  }

  get failed(): boolean {
    return this.steps.some(({ shown }) => !shown);
  }

  async run(work: string): Promise<void> {
    const { files, ground } = this;
    const { expected, mechanism } = files;
    this.say('case', [`${files.slug}: ${files.title}`, `on ${ground.about}`]);
    const plan = join(work, 'plan.json');
    writeFileSync(plan, casePlan(files, ground.values, ground.places));
    const fromNs = monotonicNs();
    const report = await this.hunted(plan);
    if (report === null) return;
    const met = await this.windowsMet(report, fromNs);
    const found = [foundStep(report, expected), isolatedStep(report, expected, met)];
    if (!found.every((judged) => this.show(judged))) return;
    const shown = await ground.explain?.();
    if (!this.show(explainedStep(report, expected, mechanism, shown))) return;
    const proofs: ProofReport[] = [];
    for (const fixed of this.fixes) {
      const proof = await this.proven(report, fixed);
      if (proof === null) return;
      proofs.push(proof);
    }
    [() => fixedStep(proofs), () => provenStep(proofs)].every((judged) => this.show(judged()));
  }

  /** What lies on a place that goes away is copied, where somebody will want to look at it. */
  bringAway(work: string): void {
    if (!this.ground.isTransient) return;
    const directories = [this.hunt, this.proof].flatMap((run) => run?.directory ?? []);
    for (const each of directories) {
      cpSync(each, join(work, basename(each)), { recursive: true });
    }
    const moved = (run: CaseRun | null) =>
      run && { ...run, directory: join(work, basename(run.directory)) };
    [this.hunt, this.proof] = [moved(this.hunt), moved(this.proof)];
  }

  private async hunted(plan: string): Promise<HuntReport | null> {
    const report = await this.document<HuntReport>((terminal) =>
      runHunt([plan], { json: true, seed: this.seed }, terminal).catch(notHere(this.files.slug)),
    );
    this.hunt = { hunt: report.hunt, directory: report.directory, seed: report.seed };
    return this.unlessInterrupted(report);
  }

  private get fixes(): readonly string[] {
    const { fixed, alsoFixed = [] } = this.files;
    return this.options.fixed === undefined ? [fixed, ...alsoFixed] : [this.options.fixed];
  }

  private async proven(report: HuntReport, fixed: string): Promise<ProofReport | null> {
    const { under, only } = this.files;
    const options = {
      fixed,
      json: true,
      seed: this.seed,
      ...(under !== undefined && { under }),
      ...(only !== undefined && { only }),
    };
    const proof = await this.document<ProofReport>((terminal) =>
      runProve(report.directory, options, terminal),
    );
    this.proof ??= { hunt: proof.hunt, directory: proof.directory, seed: proof.seed };
    return this.unlessInterrupted(proof);
  }

  private unlessInterrupted<Report extends { stopped: string }>(report: Report): Report | null {
    this.isInterrupted = report.stopped === 'interrupted';
    return this.isInterrupted ? null : report;
  }

  private async windowsMet({ directory }: HuntReport, fromNs: bigint) {
    const windows = this.ground.windows?.();
    if (!windows) return null;
    const rng = createRng(this.seed).fork('windows');
    return meetWindows(directory, windows, { fromNs, untilNs: monotonicNs() }, rng);
  }

  /** The one document that a command prints with `--json`. */
  private async document<Document>(
    command: (terminal: Terminal) => Promise<number>,
  ): Promise<Document> {
    const printed: object[] = [];
    await command({ ...this.terminal, printJson: (each) => void printed.push(each) });
    return printed[0] as Document;
  }

  private show(shown: ShownStep): boolean {
    this.steps.push(shown);
    const { step, words, missing } = shown;
    this.say(step, words);
    if (missing.length > 0) this.say('NOT SHOWN', missing, 'bad');
    return shown.shown;
  }

  private say(label: string, lines: readonly string[], tone: 'plain' | 'bad' = 'plain'): void {
    const { out } = this.terminal;
    if (this.options.json) return;
    const paint = paints(out.isTTY === true && !process.env.NO_COLOR);
    const width = Math.min(WIDTH_DEFAULT, out.columns ?? WIDTH_DEFAULT);
    for (const line of labelledLines({ label, lines, tone }, width, paint)) {
      this.terminal.print(line);
    }
  }
}

/** A machine that cannot carry the plan out says nothing of the case. */
function notHere(slug: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof HeisenwriteError)) throw error;
    const words = `the case ${slug} cannot be run here: ${error.message}`;
    throw new HeisenwriteError('missing-component', words, {
      remedy: error.remedy,
      cause: error,
    });
  };
}

function closingLines({ steps, failedStep, kept, seconds }: CaseReport): string[] {
  const took = formatDuration(seconds * 1000);
  const all = steps.map(({ step }) => step).join(', ');
  const end =
    failedStep === null
      ? `shown in ${took}: ${all}`
      : `after ${took}: "${failedStep}" was not shown`;
  return ['', end, ...(kept === null ? [] : [`kept in ${kept}`])];
}
