// The ground of the case `lost-fragment`: a directory, and a program that synchronises checkpoints
// over the same channel as the hunt. It is run once as the cluster ran, and aborts; what happened
// is then read from the recordings alone, which is how the original was found.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MatchResult } from '../../recorder/match-result.ts';
import { matchMessages } from '../../recorder/message-match.ts';
import type { RecordedEvent } from '../../recorder/record-events.ts';
import { openRecordings } from '../../recorder/recordings.ts';
import type { CaseGround, CaseSetup, Explanation } from './case-setup.ts';
import { directorySetup } from './setup-directory.ts';

const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-sync.ts' : './checkpoint-sync.js',
  import.meta.url,
);
const ENDS_WITHIN_MS = 30_000;

export const checkpointsSetup: CaseSetup = {
  about: 'a directory of its own, and UDP on the loopback interface',
  async open(work, rng): Promise<CaseGround> {
    const ground = await directorySetup.open(work, rng);
    return { ...ground, explain: () => explainBySynchronisation(work) };
  },
};

async function explainBySynchronisation(work: string): Promise<Explanation> {
  const kept = await synchronise(join(work, 'as-it-was'), 'packed:?empty=keep');
  const dropped = await synchronise(join(work, 'with-the-remedy'), 'packed:?empty=drop');
  const missing: string[] = [];
  if (kept.signal !== 'SIGABRT') {
    missing.push(`that the receiver aborts (it ended with ${kept.signal ?? kept.code})`);
  }
  const merged = mergedIn(kept);
  if (merged === null) missing.push('one message that was sent and never delivered');
  if (dropped.code !== 0 || dropped.match.lost > 0) {
    missing.push(`that it ends well without empty vectors (${dropped.signal ?? dropped.code})`);
  }
  return { words: merged === null ? [] : wordsOf(kept, merged, dropped), missing };
}

interface Synchronised {
  readonly directory: string;
  /** Of the receiver. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly match: MatchResult;
  readonly events: readonly RecordedEvent[];
}

async function synchronise(directory: string, url: string): Promise<Synchronised> {
  mkdirSync(directory);
  const options = { cwd: directory, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] };
  const run = (words: readonly string[]): ChildProcess =>
    fork(PROGRAM, words, { ...options, timeout: ENDS_WITHIN_MS } as Parameters<typeof fork>[2]);
  const receiver = run(['receive', join(directory, 'receiver.hwrec')]);
  const ended = once(receiver, 'exit');
  const [endpoint] = (await Promise.race([once(receiver, 'message'), ended])) as [string];
  const sender = run(['send', join(directory, 'sender.hwrec'), url, String(endpoint)]);
  const sent = once(sender, 'exit');
  // A receiver that does not abort waits until nobody asks any more.
  await Promise.race([sent, ended]);
  if (receiver.connected) receiver.disconnect();
  const [code, signal] = (await ended) as [number | null, string | null];
  sender.kill('SIGKILL');
  await sent;
  const recordings = openRecordings([directory]);
  try {
    const match = matchMessages(recordings, {
      sent: { event: 'sent', fields: ['id'] },
      received: { event: 'delivered', fields: ['id'] },
      delivery: 'once',
      lateNs: null,
      // The channel keeps the order: what was sent before the last delivery is not under way.
      underWayNs: 0,
      findingsMax: 100,
    });
    return { directory, code, signal, match, events: [...recordings.events()] };
  } finally {
    recordings.close();
  }
}

/** The message that was never delivered, and the one before it, which was delivered longer. */
interface Merged {
  readonly lost: RecordedEvent;
  readonly before: RecordedEvent;
  readonly delivered: RecordedEvent;
  readonly unknown: RecordedEvent;
}

function mergedIn({ match, events }: Synchronised): Merged | null {
  const unknown = events.find(({ event }) => event === 'unknown');
  if (!unknown) return null;
  const of = (event: string, id: number) =>
    events.find((each) => each.event === event && each.fields.id === id);
  const lostIds = match.findings
    .filter(({ kind, key }) => kind === 'lost' && idOf(key) < Number(unknown.fields.id))
    .map(({ key }) => idOf(key));
  const [id = 0] = lostIds;
  const [lost, before] = [of('sent', id), of('sent', id - 1)];
  const delivered = of('delivered', id - 1);
  if (lostIds.length !== 1 || !lost || !before || !delivered) return null;
  const bytes = Number(before.fields.bytes) + Number(lost.fields.bytes);
  return delivered.fields.bytes === bytes ? { lost, before, delivered, unknown } : null;
}

const idOf = (key: string): number => Number(key.replace(/^id=/, ''));

function wordsOf(
  { directory, signal, match }: Synchronised,
  { lost, before, delivered, unknown }: Merged,
  dropped: Synchronised,
): string[] {
  return [
    `the receiver of checkpoints aborted (${signal}): message ${unknown.fields.id} is a section ` +
      `of checkpoint ${unknown.fields.checkpoint}, which it had never been handed`,
    `its recording survived: message ${lost.fields.id} (${lost.fields.bytes} bytes) was sent and ` +
      `never delivered, and message ${before.fields.id}, sent with ${before.fields.bytes} bytes, ` +
      `was delivered with ${delivered.fields.bytes}`,
    `without empty vectors all ${dropped.match.sent} messages are delivered, and nobody aborts`,
    `look yourself: heisenwrite replay --match sent:id delivered:id ${directory} ` +
      `(${match.sent} sent)`,
  ];
}
