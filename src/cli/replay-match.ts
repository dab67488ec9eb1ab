// `replay --match SENT RECEIVED`: what was sent and never received, with what happened around it.

import { EXIT_CLEAN, EXIT_DAMAGE, EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
import { eventLines } from '../recorder/event-text.ts';
import { type WindowCentre, windowsAround } from '../recorder/event-window.ts';
import type { MatchFinding, MatchResult } from '../recorder/match-result.ts';
import { countLines, findingLine, verdictLine, windowLines } from '../recorder/match-text.ts';
import { matchMessages } from '../recorder/message-match.ts';
import type { RecordedEvent } from '../recorder/record-events.ts';
import type { Recordings } from '../recorder/recordings.ts';
import { writeLines } from './line-output.ts';
import { countOf, invalid, parseTerm, type ReplayOptions, spanOf } from './replay-options.ts';
import { headingLines, jsonText } from './replay-print.ts';
import type { Terminal } from './terminal.ts';

const CONTEXT_DEFAULT = 4;
/** With their events for people; `--json` has more, without. */
const FINDINGS_SHOWN = 5;
const FINDINGS_LISTED = 1000;

/** @returns the exit code: 0 clean, 1 lost, duplicated or forbidden, 3 nothing can be concluded */
export async function printMatch(
  recordings: Recordings,
  terms: readonly [string, string],
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const unusable = (['event', 'where', 'from', 'to', 'around', 'last'] as const).find(
    (one) => options[one] !== undefined,
  );
  if (unusable) throw invalid(`--match looks at all events; it does not go with --${unusable}`);
  const { headers } = recordings;
  const result = matchMessages(recordings, {
    sent: parseTerm(terms[0], headers),
    received: parseTerm(terms[1], headers),
    delivery: options.deliver ?? null,
    lateNs: spanOf('--late', options.late),
    underWayNs: spanOf('--under-way', options.underWay),
    findingsMax: FINDINGS_LISTED,
  });
  refuseToGuess(result);
  const exit = exitOf(result, options);
  if (options.json) {
    const verdict = exit === EXIT_CLEAN ? 'clean' : exit === EXIT_DAMAGE ? 'damaged' : 'unknown';
    const document = { schema: 'heisenwrite.match/1', verdict, ...result };
    await writeLines(terminal.out, [jsonText(document, 2)]);
    return exit;
  }
  const lines = [...headingLines(headers), verdictLine(result), ...countLines(result)];
  const shown = shownFindings(result);
  const context = countOf('--context', options.context) ?? CONTEXT_DEFAULT;
  const windows = aroundFindings(recordings, shown, result, context);
  const baseNs = options.absolute ? null : result.baseNs;
  const line = eventLines(headers, { baseNs });
  shown.forEach((finding, index) => {
    lines.push('', findingLine(finding, headers, baseNs));
    lines.push(...windowLines(finding, windows[index] ?? [], line));
  });
  await writeLines(terminal.out, [...lines, ...moreLine(result, shown.length)]);
  return exit;
}

/** A multicast and a queue look alike until a message comes twice; only the user knows which. */
function refuseToGuess({ delivery, duplicatedElsewhere, receivers }: MatchResult): void {
  if (delivery !== null || duplicatedElsewhere === 0) return;
  throw new HeisenwriteError(
    'invalid-option',
    `messages were received by several receivers (${receivers.join(', ')})`,
    {
      remedy:
        'say whether that is meant: --deliver each (every receiver is to get every message) or ' +
        '--deliver once (one of them is)',
    },
  );
}

function exitOf(result: MatchResult, { late, ordered }: ReplayOptions): number {
  const { lost, duplicated, neverSent } = result;
  const forbidden = (late ? result.late : 0) + (ordered ? result.reordered : 0);
  if (lost + duplicated + neverSent + forbidden > 0) return EXIT_DAMAGE;
  return result.delivered > 0 ? EXIT_CLEAN : EXIT_UNKNOWN;
}

const KINDS_BY_WEIGHT = ['lost', 'never-sent', 'duplicated', 'late', 'reordered'] as const;

function shownFindings({ findings }: MatchResult): MatchFinding[] {
  return KINDS_BY_WEIGHT.flatMap((kind) => findings.filter((one) => one.kind === kind)).slice(
    0,
    FINDINGS_SHOWN,
  );
}

function moreLine({ findings }: MatchResult, shown: number): string[] {
  const more = findings.length - shown;
  return more > 0 ? ['', `and ${more} more findings (--json lists up to ${FINDINGS_LISTED})`] : [];
}

/** Of both sides: around the send, and around when the receipt came or should have come. */
function aroundFindings(
  recordings: Recordings,
  findings: readonly MatchFinding[],
  { gapNs }: MatchResult,
  context: number,
): RecordedEvent[][] {
  const usualNs = BigInt(Math.max(0, Math.round(gapNs?.median ?? 0)));
  const centres: (WindowCentre & { finding: number })[] = [];
  findings.forEach(({ sent, received, missingIn, nextReceivedNs }, finding) => {
    for (const place of [sent, received]) if (place) centres.push({ ...place, finding });
    for (const recording of missingIn) {
      if (recording === sent?.recording) continue;
      const timeNs = nextReceivedNs ?? (sent?.timeNs ?? 0n) + usualNs;
      centres.push({ recording, timeNs, sequence: null, finding });
    }
  });
  const windows = windowsAround(recordings.events(), centres, context);
  return findings.map((_, finding) => {
    const events = windows.flatMap((window, index) =>
      centres[index]?.finding === finding ? window : [],
    );
    return uniqueByTime(events);
  });
}

function uniqueByTime(events: readonly RecordedEvent[]): RecordedEvent[] {
  const known = new Map(events.map((event) => [`${event.recording}:${event.sequence}`, event]));
  return [...known.values()].sort((one, other) => {
    if (one.timeNs !== other.timeNs) return one.timeNs < other.timeNs ? -1 : 1;
    return one.recording - other.recording || one.sequence - other.sequence;
  });
}
