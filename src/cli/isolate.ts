// `heisenwrite isolate HUNT` and `isolate --csv FILE`: which factors the failures need, of a stored
// hunt or of trials that were made elsewhere, with the certificate or with what is missing for one.

import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { formatSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { Isolation } from '../domain/isolation.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { openEvidence } from '../evidence/sqlite-store.ts';
import { reportOf } from '../hunt.ts';
import { isolateRows } from '../isolate/stored-trials.ts';
import { readTrialTable, type TableChoices, type TrialTable } from '../isolate/trial-table.ts';
import { nearest } from '../plan/nearest.ts';
import { isolationLines } from '../report/isolation-lines.ts';
import { isolationInWords } from '../report/isolation-sentences.ts';
import { isolationExit } from '../report/isolation-words.ts';
import { type FactorKinds, factorKinds, NO_KINDS } from '../report/level-words.ts';
import { attempt } from '../stamp/file-failure.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { storedPlan } from './hunt-ground.ts';
import type { Terminal } from './terminal.ts';

export interface IsolateOptions {
  readonly csv?: string;
  readonly verdict?: string;
  readonly ignore?: readonly string[];
  readonly separator?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** What is claimed, and how levels are to be written: sizes of a hunt are bytes. */
interface Isolated {
  readonly isolation: Isolation;
  readonly kinds: FactorKinds;
}

const WIDTH_DEFAULT = 100;
/** The same table gives the same answer, as long as nobody asks for another. */
const SEED_DEFAULT = 'isolate';
/** Beyond this one text cannot hold it; two million rows are far smaller. */
const TABLE_BYTES_MAX = 480 * 2 ** 20;
const TABLE_ONLY = ['verdict', 'ignore', 'separator', 'seed'] as const;
const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};

/**
 * @returns the exit code: 1 where a claim is made (something failed), 3 where none can be
 * @throws HeisenwriteError invalid-option, invalid-table, no-such-file, not-readable, no-such-hunt
 */
export async function runIsolate(
  named: string | undefined,
  options: IsolateOptions,
  terminal: Terminal,
): Promise<number> {
  checkOptions(named, options);
  const { isolation, kinds } =
    options.csv === undefined ? await isolateHunt(named) : await isolateTable(options.csv, options);
  if (options.json) {
    terminal.printJson({ schema: 'heisenwrite.isolation/1', ...isolation });
  } else {
    const color = terminal.out.isTTY === true && !process.env.NO_COLOR;
    const width = terminal.out.columns ?? WIDTH_DEFAULT;
    for (const line of isolationLines(isolation, kinds, { color, width })) terminal.print(line);
  }
  return isolationExit(isolation).code;
}

async function isolateHunt(named: string | undefined): Promise<Isolated> {
  const directory = resolveHunt(named, process.cwd());
  const store = await openEvidence(directory, { create: false, readOnly: true });
  try {
    const { plan, cells } = storedPlan(await store.header());
    const report = await reportOf(store, cells, WORKLOADS, plan.schedule);
    return { isolation: isolationIn(report) ?? nothingTried(report), kinds: factorKinds(report) };
  } finally {
    await store.close();
  }
}

function isolationIn(report: HuntReport): Isolation | null {
  return report.isolation;
}

/** A hunt whose report holds no isolation: nothing was varied, or no trial failed. */
function nothingTried({ trials: { clean, damaged, failed, unknown } }: HuntReport): Isolation {
  const failures = damaged + failed;
  const why =
    failures === 0
      ? 'no trial of this hunt failed'
      : 'this hunt varied no factor, so that its failures cannot be compared with anything';
  return {
    claim: 'none',
    words: [`Nothing can be isolated: ${why}.`],
    needs: [],
    irrelevant: [],
    certificate: null,
    causes: [],
    outside: { trials: 0, failures: 0, rate: null, low: null, high: null },
    spared: [],
    factors: [],
    trials: clean + failures,
    unknown,
    failures,
    milestones: {},
    suspicions: [],
    needed: [],
    missing: [],
    designed: true,
  };
}

async function isolateTable(path: string, options: IsolateOptions): Promise<Isolated> {
  const separator = separatorOf(options.separator);
  const text = await tableText(path);
  const { factors, rows } = readTable(path, text, { ...options, separator });
  const facts = isolateRows(factors, rows, { seed: options.seed ?? SEED_DEFAULT });
  const isolation = isolationInWords(facts, NO_KINDS, null);
  return { isolation, kinds: NO_KINDS };
}

async function tableText(path: string): Promise<string> {
  const bytes = attempt('read', path, () => statSync(path)).size;
  if (bytes > TABLE_BYTES_MAX) {
    throw new HeisenwriteError('invalid-table', `${path} has ${formatSize(bytes)}`, {
      remedy: `up to ${formatSize(TABLE_BYTES_MAX)} are read: count equal rows into one`,
    });
  }
  const content = await readFile(path).catch((error: unknown) =>
    attempt('read', path, () => {
      throw error;
    }),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    const remedy = content.includes(0)
      ? 'export it as CSV in UTF-8; a spreadsheet file or an archive is none'
      : 'export it as CSV in UTF-8, or convert it: iconv -f latin1 -t utf-8 FILE';
    throw new HeisenwriteError('invalid-table', `${path} is not text in UTF-8`, { remedy });
  }
}

/** What is wrong in a table is said with the name of its file. */
function readTable(
  path: string,
  text: string,
  { verdict, ignore, separator }: Omit<TableChoices, 'nearest'>,
): TrialTable {
  try {
    return readTrialTable(text, { verdict, ignore, separator, nearest });
  } catch (error) {
    if (!(error instanceof HeisenwriteError)) throw error;
    const { code, message, remedy } = error;
    throw new HeisenwriteError(code, `${path}: ${message}`, { remedy, cause: error });
  }
}

function separatorOf(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const separator = SEPARATOR_NAMES[written] ?? written;
  if (separator.length === 1 && !/["\r\n\0\w]/.test(separator)) return separator;
  throw new HeisenwriteError(
    'invalid-option',
    `--separator takes one character, not "${written}"`,
    {
      remedy: 'write comma, semicolon, tab or pipe, or the character itself in quotes',
    },
  );
}

function checkOptions(named: string | undefined, options: IsolateOptions): void {
  if (options.csv === undefined) {
    const given = TABLE_ONLY.find((option) => options[option] !== undefined);
    if (given !== undefined) {
      throw new HeisenwriteError('invalid-option', `--${given} is for a table of trials`, {
        remedy: 'give the table with --csv FILE; a stored hunt keeps its own factors and seed',
      });
    }
    if (named !== undefined && /\.[ct]sv$/i.test(named)) {
      throw new HeisenwriteError('invalid-option', `${named} is a table, not a hunt`, {
        remedy: `heisenwrite isolate --csv ${named}`,
      });
    }
    return;
  }
  if (named !== undefined) {
    throw new HeisenwriteError('invalid-option', `a hunt (${named}) and --csv exclude each other`, {
      remedy: 'give the directory of a hunt, or a table with --csv FILE',
    });
  }
}
