// How far the captures of a hunt came, what is left of those that ended half-way and what of that
// can be saved: counted from the trials, and in sentences.

import { formatDuration, formatSize } from '../base/quantities.ts';
import type { CaptureReport, EndedCaptures, Range } from '../domain/capture.ts';
import type { StoredTrial } from '../domain/ports.ts';
import { plural } from './rate-words.ts';

interface Ended {
  count: number;
  readonly operation: string;
  readonly errno: string;
  readonly planned: number[];
  readonly acknowledged: number[];
  readonly left: number[];
  readonly saved: number[];
  lost: number;
}

export class CaptureSums {
  private captures = 0;
  private complete = 0;
  private survived = 0;
  private longestOutageMs = 0;
  private readonly ended = new Map<string, Ended>();

  add({ capture, failures }: StoredTrial['outcome']): void {
    if (!capture) return;
    const { acknowledgedBytes, plannedBytes, leftBytes, savedBytes, outages, outageMs } = capture;
    const [failure] = failures;
    this.captures++;
    if (outages > 0 && !failure) {
      this.survived++;
      this.longestOutageMs = Math.max(this.longestOutageMs, outageMs);
    }
    if (!failure) {
      if (acknowledgedBytes === plannedBytes) this.complete++;
      return;
    }
    const { operation, errno } = failure;
    const key = `${operation} ${errno}`;
    const known = this.ended.get(key) ?? {
      ...{ operation, errno, count: 0, lost: 0 },
      ...{ planned: [], acknowledged: [], left: [], saved: [] },
    };
    this.ended.set(key, known);
    known.count++;
    known.planned.push(plannedBytes);
    known.acknowledged.push(acknowledgedBytes);
    if (leftBytes !== null) known.left.push(Math.max(0, leftBytes));
    if (savedBytes === null) return;
    known.saved.push(savedBytes);
    known.lost = Math.max(known.lost, acknowledgedBytes - savedBytes);
  }

  /** Null where nothing was captured. */
  report(): CaptureReport | null {
    if (this.captures === 0) return null;
    const { captures, complete, survived, longestOutageMs } = this;
    const ended = [...this.ended.values()].map(
      ({ operation, errno, count, planned, acknowledged, left, saved, lost }): EndedCaptures => ({
        operation,
        errno,
        count,
        plannedBytes: rangeOf(planned),
        acknowledgedBytes: rangeOf(acknowledged),
        leftBytes: left.length > 0 ? rangeOf(left) : null,
        savedBytes: saved.length > 0 ? rangeOf(saved) : null,
        lostBytesMax: lost,
      }),
    );
    return { captures, complete, ended, survived, longestOutageMs };
  }
}

function rangeOf(values: readonly number[]): Range {
  return {
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
  };
}

export function captureWords(report: CaptureReport | null | undefined): string[] {
  if (!report) return [];
  const { captures, complete, ended, survived, longestOutageMs } = report;
  const lines = [`${complete} of ${plural(captures, 'capture')} came to their end`];
  for (const each of ended) lines.push(endedWords(each));
  if (survived > 0) {
    const longest = formatDuration(longestOutageMs);
    lines.push(`${plural(survived, 'capture')} met errors and went on, for up to ${longest}`);
  }
  return lines;
}

function endedWords(each: EndedCaptures): string {
  const { operation, errno, count, plannedBytes, acknowledgedBytes, leftBytes, savedBytes } = each;
  const how =
    `${plural(count, 'capture')} ended with ${errno} from ${operation}, after ` +
    `${rangeWords(acknowledgedBytes)} of ${rangeWords(plannedBytes)}`;
  if (leftBytes === null || savedBytes === null) return `${how}; nobody could look what is left`;
  const lost =
    each.lostBytesMax > 0
      ? `up to ${formatSize(each.lostBytesMax)} that had been acknowledged are not there`
      : 'all that had been acknowledged is there';
  const left = `${rangeWords(leftBytes)} are left, ${rangeWords(savedBytes)} can be saved`;
  return `${how}; ${left}: ${lost}`;
}

function rangeWords({ min, max }: Range): string {
  return min === max ? formatSize(min) : `${formatSize(min)} to ${formatSize(max)}`;
}
