// What the picture of the last calls draws: a lane for each actor and each provocation, on the time
// before it was seen. It begins where the calls that met each other do.

import { formatSize } from '../src/base/quantities.ts';
import type { LastCalls, RecordedCall } from '../src/domain/last-calls.ts';

export interface LaneBar {
  readonly lane: string;
  /** Colours tell reads, writes, other calls, failures and provocations apart. */
  readonly kind: LaneKind;
  readonly fromUs: number;
  readonly toUs: number;
  readonly words: string;
}

export const LANE_KINDS = ['read', 'write', 'other call', 'failed', 'provocation'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];

/** Calls of the busiest actor that are in the picture at least. */
const CALLS_SHOWN = 6;
/** A call that failed longer ago than so many times the rest would leave nothing of that to see. */
const FAILED_SHARE_MAX = 20;

export function lastCallsRows({ calls, windows }: LastCalls) {
  const actors = [...new Set(calls.map(({ actor }) => actor))].sort();
  const begins = actors.map((actor) => shownFrom(calls.filter((call) => call.actor === actor)));
  const shownUs = Math.min(...begins);
  const failed = calls
    .filter(({ errno, fromUs }) => errno !== undefined && fromUs > FAILED_SHARE_MAX * shownUs)
    .map((call) => call.fromUs);
  const untilUs = Math.max(0, ...calls.map(({ toUs }) => toUs));
  const fromUs = Math.min(shownUs, ...failed);
  const bars = [
    ...calls.map(
      (call): LaneBar => ({
        lane: call.actor,
        kind: kindOf(call),
        fromUs: call.fromUs,
        toUs: call.toUs,
        words: callWords(call),
      }),
    ),
    ...windows.map(
      (window): LaneBar => ({
        lane: window.provocation,
        kind: 'provocation',
        fromUs: window.fromUs,
        toUs: window.toUs,
        words: `${window.what}, ${durationWords(window.toUs - window.fromUs)}`,
      }),
    ),
  ];
  const shown = bars
    .filter((bar) => bar.toUs >= fromUs)
    .map((bar) => ({ ...bar, fromUs: Math.max(fromUs, bar.fromUs) }))
    .map((bar) => ({ ...bar, toUs: Math.min(untilUs, bar.toUs) }));
  return { lanes: [...new Set(shown.map(({ lane }) => lane))], bars: shown, fromUs, untilUs };
}

/** The last call of an idle actor, and some calls of a busy one. */
function shownFrom(calls: readonly RecordedCall[]): number {
  const last = calls.at(-1)?.fromUs ?? 0;
  const some = calls.at(-CALLS_SHOWN)?.fromUs ?? last;
  return last - some > -last ? last : some;
}

function kindOf({ call, errno }: RecordedCall): LaneKind {
  if (errno !== undefined) return 'failed';
  return call === 'read' || call === 'write' ? call : 'other call';
}

export function callWords(call: RecordedCall): string {
  const { file, offset, bytes, errno, fromUs, toUs, underWay } = call;
  const moved = bytes === undefined ? '' : ` ${formatSize(bytes)} at ${offset}`;
  const refused = errno === undefined ? '' : `: ${errno}`;
  const lasted = `${durationWords(toUs - fromUs)}${underWay ? ' and still under way' : ''}`;
  return `${call.call}${moved} of ${file}${refused}, ${lasted}`;
}

/** @param us microseconds */
export function durationWords(us: number): string {
  if (us < 1000) return `${us.toFixed(us < 10 ? 1 : 0)} µs`;
  return us < 1e6 ? `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;
}
