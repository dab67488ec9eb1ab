// What a trace is told of at its end: as a document, and in words. Times are seconds since it
// began.

import { formatCount, formatDuration, formatSize } from '../base/quantities.ts';
import { callWords, type FailedCalls, type TraceAnalysis } from './analysis.ts';
import { type TracingCost, WRITE_BYTES } from './cost.ts';
import type { Flag } from './flags/flag.ts';
import type { TraceEnd, TracerName } from './tracing.ts';

const SCHEMA = 'heisenwrite.record/1';

export interface TraceFacts {
  readonly via: TracerName;
  /** Why it was this one. */
  readonly because: string;
  readonly process: number;
  /** Null where it was attached to. */
  readonly command: readonly string[] | null;
  readonly beganNs: bigint;
  readonly beganAt: string;
  readonly durationMs: number;
  readonly detached: boolean;
  readonly end: TraceEnd;
  readonly cost: TracingCost | null;
  readonly recording: { readonly path: string; readonly events: number; readonly slots: number };
}

export type TraceVerdict = 'clean' | 'flagged' | 'unknown';

/** Nothing is clean of which a part was not seen. */
export function verdictOf(
  { flagCounts, lostEvents }: Pick<TraceAnalysis, 'flagCounts' | 'lostEvents'>,
  { unread, complaint }: Pick<TraceEnd, 'unread' | 'complaint'>,
): TraceVerdict {
  if (flagCounts.size > 0) return 'flagged';
  return lostEvents > 0 || unread > 0 || complaint !== null ? 'unknown' : 'clean';
}

export function traceDocument(analysis: TraceAnalysis, facts: TraceFacts): object {
  const { end, command, beganNs, recording, ...rest } = facts;
  return {
    schema: SCHEMA,
    verdict: verdictOf(analysis, end),
    ...rest,
    beganNs: Number(beganNs),
    command: command && { words: command, ...(end.command ?? { status: null, signal: null }) },
    calls: Object.fromEntries(sorted(analysis.calls)),
    bytes: { read: analysis.readBytes, written: analysis.writtenBytes },
    failed: [...analysis.failed.values()].map((each) => ({ ...each, atNs: Number(each.atNs) })),
    signals: Object.fromEntries(analysis.signals),
    flags: analysis.flags.map((flag) => ({ ...flag, atNs: Number(flag.atNs) })),
    flagCounts: Object.fromEntries(analysis.flagCounts),
    probeHits: analysis.probeHits,
    lostEvents: analysis.lostEvents,
    unreadLines: end.unread,
    complaint: end.complaint,
    recording: { ...recording, kept: Math.min(recording.events, recording.slots) },
  };
}

const sorted = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort(([, a], [, b]) => b - a);

/** `+1.234567s`, since the trace began. */
export function sinceBeginning(atNs: bigint, beganNs: bigint): string {
  const seconds = Number(atNs - beganNs) / 1e9;
  return `${seconds < 0 ? '' : '+'}${seconds.toFixed(6)}s`;
}

export function flagLine(flag: Flag, beganNs: bigint): string {
  const { kind, process, thread, command, call, path, words } = flag;
  const who = thread === process ? `${process}` : `${process}, thread ${thread}`;
  const at = sinceBeginning(flag.atNs, beganNs);
  return `${kind}: ${at} ${command || 'process'} (${who}) ${call}() ${path ?? '?'}: ${words}`;
}

export function traceLines(analysis: TraceAnalysis, facts: TraceFacts): string[] {
  return [
    ...costLines(facts),
    callLine(analysis, facts),
    ...failedLines(analysis, facts),
    ...(facts.command ? [endLine(facts)] : []),
    ...flagLines(analysis),
    ...lossLines(analysis, facts),
    recordingLine(facts),
  ];
}

function costLines({ via, because, cost }: TraceFacts): string[] {
  const used = `traced by ${via} (${because})`;
  if (cost === null) return [`${used}; its cost was not measured`];
  const [without, traced] = [cost.withoutNs, cost.withNs].map((ns) => (ns / 1000).toFixed(1));
  return [
    `${used}; measured here: a write of ${WRITE_BYTES} bytes took ${traced} us with it, ` +
      `${without} us without (x${cost.ratio.toFixed(1)})`,
  ];
}

function callLine(analysis: TraceAnalysis, { durationMs }: TraceFacts): string {
  const total = [...analysis.calls.values()].reduce((sum, count) => sum + count, 0);
  const most = sorted(analysis.calls).slice(0, 6);
  const named = most.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ');
  const { writtenBytes, readBytes, probeHits } = analysis;
  const probes = probeHits > 0 ? `; probes were hit ${formatCount(probeHits)} times` : '';
  return (
    `${formatCount(total)} calls in ${formatDuration(durationMs)}` +
    `${total > 0 ? ` (${named}${analysis.calls.size > 6 ? ', ...' : ''})` : ''}; ` +
    `${formatSize(writtenBytes)} written, ${formatSize(readBytes)} read${probes}`
  );
}

/** What programs live with, as a path that is tried, says little; it comes last. */
function failedLines({ failed }: TraceAnalysis, { beganNs }: TraceFacts): string[] {
  const everyday = ({ errno }: FailedCalls) => /^(ENOENT|EAGAIN|EINPROGRESS|ENOTTY)$/.test(errno);
  const ordered = [...failed.values()].sort((a, b) => Number(everyday(a)) - Number(everyday(b)));
  return ordered.map(({ call, errno, count, process, atNs, path }) => {
    const at = sinceBeginning(atNs, beganNs);
    const times = count === 1 ? 'once' : `${formatCount(count)} times, first`;
    const where = path ? ` ${path}` : '';
    return `failed: ${callWords(call)} ${errno} ${times} at ${at} by ${process}${where}`;
  });
}

function endLine({ command, end, detached }: TraceFacts): string {
  const name = command?.[0] ?? '';
  if (end.command === null) return `${name} goes on${detached ? ', no longer traced' : ''}`;
  const { status, signal } = end.command;
  return signal === null ? `${name} exited with ${status}` : `${name} was ended by ${signal}`;
}

function flagLines({ flagCounts, flags }: TraceAnalysis): string[] {
  if (flagCounts.size === 0) return ['nothing was flagged'];
  return [...flagCounts].map(([kind, count]) => {
    const kept = flags.filter((flag) => flag.kind === kind).length;
    const told = kept < count ? `, of which the first ${kept} are told` : '';
    return `flagged: ${kind} ${formatCount(count)}${told}`;
  });
}

function lossLines({ lostEvents }: TraceAnalysis, { end }: TraceFacts): string[] {
  const lines: string[] = [];
  if (lostEvents > 0) {
    const said = 'so nothing may be called clean, and flags may rest on what is missing';
    lines.push(`${formatCount(lostEvents)} events were lost by the tracer, ${said}`);
  }
  if (end.unread > 0) lines.push(`${formatCount(end.unread)} lines of the tracer were not read`);
  if (end.complaint !== null) lines.push(end.complaint);
  return lines;
}

function recordingLine({ recording: { path, events, slots } }: TraceFacts): string {
  const kept = Math.min(events, slots);
  const all = kept === events ? '' : `, the last ${formatCount(kept)} of ${formatCount(events)}`;
  return `recorded: ${path}${all} (heisenwrite replay ${path})`;
}
