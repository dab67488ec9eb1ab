// A file of appended records. Where a record stands is not known beforehand, so the walk goes from
// header to header: what is a whole record is counted, and what lies between is judged against the
// record that it belongs to by its words, each of which names the record and its place inside.

import type { Damage } from '../domain/damage.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import { DamageList } from './damage-list.ts';
import { unacknowledgedRecord } from './extra.ts';
import { foreignRunDamage } from './foreign.ts';
import { misdirectedDamage } from './misdirected.ts';
import { missingDamage } from './missing.ts';
import { type ObservedBytes, observedInMemory } from './observed-bytes.ts';
import { withEdges } from './placed-run.ts';
import { RecordAccount } from './record-account.ts';
import { Journal, type RecordStart, type Slot } from './record-slots.ts';
import { restDamage } from './rest.ts';
import type { Scene } from './scene.ts';
import { type Piece, segment } from './segmenter.ts';
import { stampedOrigins } from './stamped-origins.ts';

type RecordsExpected = Extract<Expected, { shape: 'records' }>;

const NOBODYS = 'no word of it is of any record, file or writer of this hunt';

export function diagnoseRecords(observation: Observation, expected: RecordsExpected): Damage[] {
  const { offset, returned, bytes, fileBytes } = observation;
  const { stream, recordsOfWriter } = expected;
  const total = recordsOfWriter.reduce((sum, count) => sum + count, 0);
  if (returned < 0 || (bytes.length === 0 && fileBytes <= 0)) {
    if (total === 0) return [];
    const because = returned < 0 ? 'the file is absent' : 'the file is empty';
    return [missingDamage({ offset, length: total * stream.blockBytes }, because)];
  }
  const observed = observedInMemory(bytes, offset);
  const journal = new Journal(observed, stream, recordsOfWriter);
  const list = new DamageList();
  const account = new RecordAccount(journal);
  for (const slot of journal.slots()) {
    if (slot.record !== null && slot.name) account.whole(slot);
    else if (slot.name) list.add(unacknowledgedRecord(slot, slot.name));
    else judgeSlot(observed, journal, slot, list, account);
  }
  list.add(...account.damage(fileBytes <= observed.end));
  return list.all();
}

/** What a slot that is not a whole record holds: parts of records, and damage in them. */
function judgeSlot(
  observed: ObservedBytes,
  journal: Journal,
  slot: Slot,
  list: DamageList,
  account: RecordAccount,
): void {
  const right = journal.hypothesis(slot);
  const scene: Scene = {
    observed,
    right,
    meantBytes: null,
    seenToEnd: false,
    nobodys: NOBODYS,
  };
  const origins = stampedOrigins(journal.setting(slot));
  const own = (at: number): RecordStart | null =>
    slot.record === null ? null : { record: slot.record, inside: at - slot.from };
  const parts = new Map<number, RecordStart | null>([[slot.from, own(slot.from)]]);
  let end = slot.from;
  for (const piece of segment({ observed, right, origins }, slot.from, slot.to)) {
    if (piece.from > end) parts.set(end, own(end));
    end = piece.to;
    const part = piece.cause === 'placed' ? journal.partOf(piece) : null;
    if (part) parts.set(piece.from, part);
    else list.add(...otherDamage(scene, piece));
  }
  if (end < slot.to) parts.set(end, own(end));
  account.parts(slot, parts);
}

function otherDamage(scene: Scene, piece: Piece): Damage[] {
  if (piece.cause !== 'placed') return restDamage(scene, piece);
  const run = withEdges(scene, piece);
  const foreign = piece.hypothesis.provenance?.ownHunt === false;
  return [foreign ? foreignRunDamage(scene, run) : misdirectedDamage(scene, run)];
}
