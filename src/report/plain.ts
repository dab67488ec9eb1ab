// Progress as plain lines, for logs and pipes: the start, each first finding of its kind in full,
// the others at a bounded rate, a sign of life every ten seconds, the end.

import type { Writable } from 'node:stream';
import { monotonicMs } from '../base/clock.ts';
import { formatCount, formatDuration } from '../base/quantities.ts';
import type { Finding } from '../domain/hunt-report.ts';
import type { HuntListener } from '../domain/ports.ts';
import { HuntProgress } from './progress.ts';
import { plural } from './rate-words.ts';
import { printable } from './wrap.ts';

const PROGRESS_MS = 10_000;
const FINDING_MS = 10_000;

export interface PlainOptions {
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export function plainListener(output: Writable, options: PlainOptions = {}): HuntListener {
  const now = options.now ?? monotonicMs;
  const progress = new HuntProgress(now);
  const lines = new FindingLines(progress, now);
  let timer: NodeJS.Timeout | null = null;
  let broken = false;

  // A log that is closed or full must not end the hunt.
  output.on('error', () => {
    broken = true;
  });
  const write = (text: string) => {
    if (!broken) output.write(`${printable(text)}\n`);
  };
  const safely = (action: () => void) => {
    try {
      action();
    } catch {
      broken = true;
    }
  };
  const tell = () => {
    // The last line tells the same in a moment.
    if (progress.isEnding()) return;
    write(`${progress.times()}: ${progress.counts()}; ${progress.speed()}`);
  };

  return {
    begun: (header, cells, limits) =>
      safely(() => {
        progress.begin(header, cells, limits);
        const until = limits.forMs === null ? '' : `, for ${formatDuration(limits.forMs)}`;
        write(
          `hunt ${header.hunt}: ${progress.title}, ${plural(cells.length, 'cell')}${until}, ` +
            `seed ${header.seed}; evidence in ${header.directory}`,
        );
        timer = setInterval(() => safely(tell), PROGRESS_MS);
        timer.unref();
      }),
    trialStarted: (trial, cell) => safely(() => progress.start(trial, cell)),
    trialJudged: (record, judgement) => safely(() => progress.judged(record, judgement)),
    found: (finding) =>
      safely(() => {
        progress.found(finding);
        for (const line of lines.of(finding)) write(line);
      }),
    note: (message) => safely(() => write(`note: ${message}`)),
    ended: (report) =>
      safely(() => {
        if (timer) clearInterval(timer);
        write(
          `ended after ${formatDuration(progress.elapsedMs())}: ${report.verdict}, ` +
            `${report.stopped}; ${progress.counts()}; ${progress.speed()}`,
        );
        if (lines.untold > 0) {
          const more = plural(lines.untold, 'further finding');
          write(`${more} of the kinds told above: see ${report.directory}`);
        }
      }),
  };
}

/** Which findings are told: the first of its kind always, then one in FINDING_MS. */
class FindingLines {
  untold = 0;
  private readonly told = new Set<string>();
  private lastMs = Number.NEGATIVE_INFINITY;
  private skipped = 0;
  private readonly progress: HuntProgress;
  private readonly now: () => number;

  constructor(progress: HuntProgress, now: () => number) {
    this.progress = progress;
    this.now = now;
  }

  of(finding: Finding): string[] {
    const key = JSON.stringify([finding.promise, finding.expected, [...finding.kinds].sort()]);
    const label = finding.expected ? 'found' : 'not damage, described';
    const text = `${label}: ${this.progress.findingLine(finding)}`;
    const first = !this.told.has(key);
    if (!first && this.now() - this.lastMs < FINDING_MS) {
      this.skipped++;
      this.untold++;
      return [];
    }
    const since = this.skipped > 0 ? ` (and ${formatCount(this.skipped)} before it)` : '';
    this.lastMs = this.now();
    this.skipped = 0;
    this.told.add(key);
    if (!first) return [`${text}${since}`];
    const because = finding.damage[0]?.because ?? finding.layerBecause;
    return [
      `${text}${since}`,
      `  because ${because}`,
      `  evidence ${finding.evidence}`,
      `  replay   ${finding.replay}`,
    ];
  }
}
