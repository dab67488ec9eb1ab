// A match in words: what is certain first, then what is unknown and why, then each finding with the
// events around it on both sides.

import type { MatchFinding, MatchResult } from './match-result.ts';
import type { RecordedEvent } from './record-events.ts';
import type { RecordingHeader } from './recording.ts';
import { formatSeconds, formatSpan } from './time-text.ts';

const number = new Intl.NumberFormat('en-US');
const KIND_WORDS: Readonly<Record<MatchFinding['kind'], string>> = {
  lost: 'LOST',
  duplicated: 'DUPLICATED',
  'never-sent': 'NEVER SENT',
  reordered: 'REORDERED',
  late: 'LATE',
};

/** The verdict in one line. */
export function verdictLine(result: MatchResult): string {
  const { lost, duplicated, neverSent, reordered, late, delivered, expected } = result;
  const parts = [
    lost > 0 ? `${counted(lost, 'message')} lost` : '',
    duplicated > 0 ? `${counted(duplicated, 'receipt')} too many` : '',
    neverSent > 0 ? `${counted(neverSent, 'receipt')} of what was never sent` : '',
    late > 0 ? `${number.format(late)} late` : '',
    reordered > 0 ? `${number.format(reordered)} out of order` : '',
  ].filter((part) => part !== '');
  const unknown = unknownOf(result);
  if (parts.length > 0) return parts.join(', ');
  if (delivered === 0) return 'nothing can be concluded: no send could be held against a receipt';
  const rest = unknown > 0 ? `, ${number.format(unknown)} unknown` : '';
  return `nothing lost: ${number.format(delivered)} of ${number.format(expected)} delivered${rest}`;
}

export function unknownOf({ unknown }: MatchResult): number {
  return unknown.underWay + unknown.overwritten + unknown.torn + unknown.sendNotThere;
}

/** What was counted, a line for each thing that is worth one. */
export function countLines(result: MatchResult): string[] {
  const { sent, senders, receivers, delivered, expected, gapNs, unknown, underWayNs } = result;
  const row = (name: string, count: number, words: string) =>
    count === 0 ? [] : [`  ${name.padEnd(11)}${number.format(count).padStart(9)}  ${words}`];
  const each = result.delivery === 'each' ? `, to each of ${receivers.length} receivers` : '';
  const gaps = gapNs
    ? `after ${formatSpan(gapNs.median)} (median; ${formatSpan(gapNs.least)} to ` +
      `${formatSpan(gapNs.longest)}, 99 % within ${formatSpan(gapNs.p99)})`
    : '';
  const torn = result.lostUnlessTorn;
  return [
    `  ${'sent'.padEnd(11)}${number.format(sent).padStart(9)}  by ${named(senders)}${each}`,
    ...row('delivered', delivered, `to ${named(receivers)}, ${gaps}`),
    ...row('lost', result.lost, torn > 0 ? `${torn} of them unless in a torn record` : ''),
    ...row('duplicated', result.duplicated, elsewhereWords(result)),
    ...row('never sent', result.neverSent, 'received, and no sender has such a send'),
    ...row('late', result.late, ''),
    ...row('reordered', result.reordered, 'came after one that the same sender sent later'),
    ...row(
      'unknown',
      unknown.underWay,
      `may be under way: sent less than ${formatSpan(underWayNs)} before the end of a recording`,
    ),
    ...row(
      'unknown',
      unknown.overwritten,
      'sent before the oldest record that a receiver kept, or the end of its pause',
    ),
    ...row('unknown', unknown.torn, 'without a receipt, unless it is in a torn record'),
    ...row(
      'unknown',
      unknown.sendNotThere,
      'received; a sender may have forgotten that it sent it',
    ),
    ...row('reused', result.reusedKeys, 'sends whose key had been sent before: matched in order'),
    ...(expected === 0 ? ['  no send is there'] : []),
  ].map((line) => line.trimEnd());
}

function elsewhereWords({ duplicated, duplicatedElsewhere }: MatchResult): string {
  if (duplicatedElsewhere === 0) return '';
  const which = duplicatedElsewhere === duplicated ? 'all' : number.format(duplicatedElsewhere);
  return `${which} by another receiver than the first`;
}

/** What happened to one message, and why that is certain. */
export function findingLine(
  finding: MatchFinding,
  headers: readonly RecordingHeader[],
  baseNs: bigint | null,
): string {
  const { kind, key, sent, received, gapNs, because } = finding;
  const place = (one: { recording: number; sequence: number; timeNs: bigint }) => {
    const time =
      baseNs === null ? formatSeconds(one.timeNs) : `+${formatSeconds(one.timeNs - baseNs)}`;
    return `${time} by ${headers[one.recording]?.writer} [${one.sequence}]`;
  };
  const parts = [
    sent ? `sent ${place(sent)}` : '',
    received ? `received ${place(received)}` : '',
    gapNs !== null ? `after ${formatSpan(gapNs)}` : '',
    because,
  ].filter((part) => part !== '');
  return `${KIND_WORDS[kind]} ${key}: ${parts.join(', ')}`;
}

/** The events around a finding by time, what it is about marked. */
export function windowLines(
  finding: MatchFinding,
  events: readonly RecordedEvent[],
  line: (event: RecordedEvent) => string,
): string[] {
  const isCentre = ({ recording, sequence }: RecordedEvent) =>
    [finding.sent, finding.received].some(
      (place) => place?.recording === recording && place.sequence === sequence,
    );
  return events.map((event) => `  ${isCentre(event) ? '>' : ' '} ${line(event)}`);
}

function named(writers: readonly string[]): string {
  const shown = writers.slice(0, 4).join(', ');
  const more = writers.length - 4;
  return writers.length === 0 ? 'nobody' : more > 0 ? `${shown} and ${more} more` : shown;
}

function counted(count: number, noun: string): string {
  return `${number.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}
