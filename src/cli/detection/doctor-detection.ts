// `heisenwrite doctor --detection`: can the detector see each kind of damage, in each medium, and
// does it stay silent where there is none?

import { monotonicMs } from '../../base/clock.ts';
import { formatDuration } from '../../base/quantities.ts';
import {
  ERRORS,
  EXIT_CLEAN,
  EXIT_DAMAGE,
  EXIT_UNKNOWN,
  errnoOf,
  HeisenwriteError,
} from '../../domain/errors.ts';
import type { Terminal } from '../terminal.ts';
import { type MediumGround, TESTED_MEDIA, type TestedMedium } from './media.ts';
import { detectionLines, detectionReport, type MediumReport } from './report.ts';
import { type MediumCounts, type MediumTest, testMedium } from './run.ts';

/** The same decisions each time, so that one run can be held against another. */
const SEED = '1';
const TRIALS = 10;
const TRIALS_MAX = 10_000;

export interface DetectionOptions {
  /** Names with commas. */
  readonly media?: string;
  readonly trials?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/**
 * @returns 0 where the requirements hold; 1 where a fault was missed, miscalled or invented; 3
 *   where a medium could not be tested
 * @throws HeisenwriteError `invalid-option`
 */
export async function doctorDetection(
  options: DetectionOptions,
  terminal: Terminal,
): Promise<number> {
  const media = mediaOf(options.media);
  const trials = trialsOf(options.trials);
  const seed = options.seed ?? SEED;
  const note = (words: string) => void terminal.err.write(`${words}\n`);
  const reports: MediumReport[] = [];
  for (const medium of media) reports.push(await reportOf(medium, { trials, seed, note }));
  const report = detectionReport(reports, seed, trials);
  if (options.json) terminal.printJson(report);
  else for (const line of detectionLines(report)) terminal.print(line);
  const tested = reports.filter(({ skipped }) => skipped === null);
  if (tested.length > 0 && !report.holds) return EXIT_DAMAGE;
  return tested.length === reports.length ? EXIT_CLEAN : EXIT_UNKNOWN;
}

async function reportOf(
  medium: TestedMedium,
  test: Pick<MediumTest, 'trials' | 'seed' | 'note'>,
): Promise<MediumReport> {
  const { name, about } = medium;
  const begunMs = monotonicMs();
  try {
    const counts = await testedIn(await medium.open(), medium, test);
    test.note(`${name}: done in ${formatDuration(monotonicMs() - begunMs)}`);
    return { name, about, skipped: null, ...counts };
  } catch (error) {
    const skipped = refusalOf(error);
    test.note(`${name}: not tested: ${skipped}`);
    return { name, about, skipped, rows: [], controls: [] };
  }
}

async function testedIn(
  ground: MediumGround,
  { name, rows, proxy }: TestedMedium,
  test: Pick<MediumTest, 'trials' | 'seed' | 'note'>,
): Promise<MediumCounts> {
  try {
    return await testMedium({ medium: name, place: ground.place, rows, proxy, ...test });
  } finally {
    await ground.close();
  }
}

/** In one line, with what brings it. */
function refusalOf(error: unknown): string {
  if (error instanceof HeisenwriteError) return `${error.message}; ${error.remedy}`;
  // A program that is not installed cannot be started, and is named. The rest are bugs of ours.
  if (errnoOf(error) !== 'ENOENT') throw error;
  return `${(error as Error).message}; ${ERRORS['missing-component'].remedy}`;
}

function mediaOf(text: string | undefined): readonly TestedMedium[] {
  if (text === undefined) return TESTED_MEDIA;
  const known = TESTED_MEDIA.map(({ name }) => name).join(', ');
  return text.split(',').map((name) => {
    const medium = TESTED_MEDIA.find((each) => each.name === name);
    if (medium) return medium;
    throw new HeisenwriteError('invalid-option', `--media: there is no "${name}" (${known})`);
  });
}

function trialsOf(text: string | undefined): number {
  if (text === undefined) return TRIALS;
  const trials = Number(text);
  if (/^\d+$/.test(text) && trials >= 1 && trials <= TRIALS_MAX) return trials;
  const message = `--trials ${text}: a whole number from 1 to ${TRIALS_MAX}`;
  throw new HeisenwriteError('invalid-option', message);
}
