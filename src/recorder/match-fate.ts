// What became of messages without a receipt. Lost is said only of those that no receiver's ring can
// have forgotten and which cannot be under way any more: a later message of the same sender has
// come, or the receiver recorded on for long enough. All others are unknown, each with its reason.

import { type BoundedRecording, clockUncertaintyNs, horizonNs } from './match-bounds.ts';
import type { MatchFinding } from './match-result.ts';
import type { MatchGround } from './message-match.ts';
import { messageKey, type Receipts, sentPlace } from './receipts.ts';
import { formatSpan } from './time-text.ts';

const UNDER_WAY_NS_MIN = 100e6;
/** Gaps have long tails: ten times the longest that was seen is beyond doubt. */
const TIMES_LONGEST_GAP = 10;

export interface Fate {
  readonly lost: number;
  readonly lostUnlessTorn: number;
  readonly underWay: number;
  readonly overwritten: number;
  readonly torn: number;
  readonly underWayNs: number;
  readonly findings: readonly MatchFinding[];
}

/** @param group the receivers of which one, the only one or any, should have got each message */
export function judgeSent(
  ground: MatchGround,
  group: readonly BoundedRecording[],
  receipts: Receipts,
): Fate {
  const { messages, options } = ground;
  const underWayNs =
    options.underWayNs ?? Math.max(UNDER_WAY_NS_MIN, TIMES_LONGEST_GAP * receipts.longestGapNs);
  const ends = ground.senders.map(
    (sender) => new SenderEnds(sender, group, receipts, underWayNs, ground.baseNs),
  );
  const bySender = new Map(ends.map((end) => [end.sender.index, end]));
  const findings: MatchFinding[] = [];
  let [lost, underWay, overwritten] = [0, 0, 0];
  for (let message = 0; message < messages.count; message++) {
    if (receipts.isReceived(message)) continue;
    const end = bySender.get(messages.sender[message] as number) as SenderEnds;
    const timeNs = messages.timeNs[message] as number;
    if (end.mayBeForgotten(timeNs)) {
      overwritten++;
      continue;
    }
    const because = end.whyLost(messages.sequence[message] as number, timeNs);
    if (because === null) {
      underWay++;
      continue;
    }
    if (lost++ >= options.findingsMax) continue;
    const sent = sentPlace(ground, message);
    findings.push({
      ...{ kind: 'lost', key: messageKey(ground, message), timeNs: sent.timeNs, sent },
      ...{ received: null, missingIn: group.map(({ index }) => index), gapNs: null, because },
      nextReceivedNs: receipts.nextReceiptNs(message),
    });
  }
  const { hidden } = receipts;
  const counts = { underWay, overwritten, underWayNs };
  // A torn record may have been any receipt: no more are missing than can be in such records.
  if (lost <= hidden) return { ...counts, lost: 0, lostUnlessTorn: 0, torn: lost, findings: [] };
  return { ...counts, lost, lostUnlessTorn: hidden, torn: 0, findings };
}

/** What the receivers' recordings allow to be said of the messages of one sender. */
class SenderEnds {
  readonly sender: BoundedRecording;
  readonly #receipts: Receipts;
  readonly #underWayNs: number;
  /** Before this, a receiver's ring may have forgotten the receipt. */
  readonly #forgottenBeforeNs: number;
  /** Those that got anything of this sender; all, where none did. */
  readonly #receivers: readonly { place: number; writer: string; lastNs: number }[];

  constructor(
    sender: BoundedRecording,
    group: readonly BoundedRecording[],
    receipts: Receipts,
    underWayNs: number,
    baseNs: bigint,
  ) {
    this.sender = sender;
    this.#receipts = receipts;
    this.#underWayNs = underWayNs;
    const apart = (one: BoundedRecording) =>
      clockUncertaintyNs(one.header.clock, sender.header.clock) ?? Number.POSITIVE_INFINITY;
    this.#forgottenBeforeNs = Math.max(
      ...group.map((one) => {
        const horizon = horizonNs(one, baseNs);
        return horizon === Number.NEGATIVE_INFINITY ? horizon : horizon + apart(one);
      }),
    );
    const all = group.map((one, place) => {
      return { place, writer: one.header.writer, lastNs: one.lastNs - apart(one) };
    });
    const some = all.filter(({ place }) => receipts.newestReceived(place, sender.index) >= 0);
    this.#receivers = some.length > 0 ? some : all;
  }

  mayBeForgotten(timeNs: number): boolean {
    return timeNs < this.#forgottenBeforeNs;
  }

  /** Null: it may still be under way to one of them. */
  whyLost(sequence: number, timeNs: number): string | null {
    const reasons = new Set<string>();
    for (const { place, writer, lastNs } of this.#receivers) {
      const isOvertaken = this.#receipts.newestReceived(place, this.sender.index) > sequence;
      // Where messages do overtake each other, that one was overtaken shows nothing by itself.
      const isProof = isOvertaken && this.#receipts.reordered === 0;
      const waitNs = isOvertaken ? this.#receipts.longestGapNs : this.#underWayNs;
      if (!isProof && !(lastNs - timeNs > waitNs)) return null;
      const recorded = `recorded on for ${formatSpan(lastNs - timeNs)}`;
      reasons.add(
        isOvertaken
          ? `${writer} received later ones of the same sender`
          : `${writer} ${recorded} after it was sent`,
      );
    }
    return [...reasons].join('; ');
  }
}
