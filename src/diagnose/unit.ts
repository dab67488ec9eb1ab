// One block that is rewritten while it is read. Any single generation from the last acknowledged
// before the read to the last begun before its end is right, so the walk compares with the
// generation that most of the unit belongs to, and tells of the others what and where they are.

import type { Damage } from '../domain/damage.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import { HEADER_BYTES, POISON_WORD } from '../stamp/layout.ts';
import { readHeaderLeniently } from '../stamp/reference.ts';
import { stampedJudge, stampedSetting } from './blocks.ts';
import { DamageList } from './damage-list.ts';
import { originOf } from './hypothesis.ts';
import { missingDamage } from './missing.ts';
import { type ObservedBytes, observedInMemory } from './observed-bytes.ts';
import type { PlacedRun } from './placed-run.ts';
import { type StampedSetting, stampedRight } from './stamped-origins.ts';
import { type GenerationPart, tornDamage } from './torn.ts';
import { numberNear, wordCodeOf } from './word-code.ts';

type UnitExpected = Extract<Expected, { shape: 'unit' }>;

/** Generations tried where the pattern does not say which one it is. */
const GENERATIONS_TRIED = 16;
const SECTOR_BYTES = 512;

export function diagnoseUnit(observation: Observation, expected: UnitExpected): Damage[] {
  const { offset, asked, returned, bytes } = observation;
  if (returned <= 0 || bytes.length === 0) {
    if (expected.mayBeAbsent) return [];
    const because = returned < 0 ? 'the file is absent' : 'the read returned nothing';
    return [missingDamage({ offset, length: asked }, because)];
  }
  const observed = observedInMemory(bytes, offset);
  const main = mainGeneration(observed, expected);
  const setting = unitSetting(observed, expected, main);
  const list = new DamageList();
  const others: PlacedRun[] = [];
  const file = { lengthBytes: offset + asked, seenToEnd: bytes.length < asked };
  const judge = stampedJudge(setting, list, file, (run) => others.push(run));
  judge.look(observed.start, observed.end);
  judge.end();
  list.add(...unitGenerations(observed, expected, main, others));
  return list.all();
}

/** The bytes of the generation that most of the window belongs to. */
export function meantUnit(observation: Observation, expected: UnitExpected): Uint8Array {
  const { offset, asked, bytes } = observation;
  const observed = observedInMemory(bytes, offset);
  const main = bytes.length > 0 ? mainGeneration(observed, expected) : expected.started;
  return stampedRight(unitSetting(observed, expected, main))
    .bytes(offset, offset + asked)
    .slice();
}

function unitSetting(
  observed: ObservedBytes,
  expected: UnitExpected,
  generation: number,
): StampedSetting {
  const { stream, block } = expected;
  const header = headerOf(observed, expected);
  const writer = header?.checksumRight ? header.header?.writer : stream.writer;
  const versionOf = (one: number) => (one === block ? { generation, writer } : undefined);
  const tried = candidates(expected, header?.header?.generation);
  const setting = stampedSetting(stream, observed, versionOf, expected.started, null);
  return { ...setting, generations: tried };
}

function headerOf(observed: ObservedBytes, { stream, block }: UnitExpected) {
  const at = block * stream.blockBytes;
  if (observed.start > at || observed.end < at + HEADER_BYTES) return null;
  return readHeaderLeniently(observed.read(at, at + HEADER_BYTES), 0);
}

/** What the header says, then the allowed ones from the newest, then older ones. */
function candidates(expected: UnitExpected, ofHeader: number | undefined): number[] {
  const { started } = expected;
  const all = ofHeader === undefined || !Number.isSafeInteger(ofHeader) ? [] : [ofHeader];
  for (let apart = 0; apart < GENERATIONS_TRIED && apart <= started; apart++) {
    all.push(started - apart);
  }
  return [...new Set(all)];
}

/** The generation of most words; of equals the allowed one, then the newest. */
function mainGeneration(observed: ObservedBytes, expected: UnitExpected): number {
  const votes = wordVotes(observed, expected) ?? patternVotes(observed, expected);
  const header = headerOf(observed, expected);
  const filled = !isLeftOver(viewOf(observed), 0);
  if (filled && header?.checksumRight && header.header?.blockIndex === expected.block) {
    const { generation } = header.header;
    votes.set(generation, (votes.get(generation) ?? 0) + 1);
  }
  const allowed = (generation: number) =>
    generation >= expected.acknowledged && generation <= expected.started ? 1 : 0;
  const [best] = [...votes].sort(
    (a, b) => b[1] - a[1] || allowed(b[0]) - allowed(a[0]) || b[0] - a[0],
  );
  return best && best[1] > 0 ? best[0] : expected.started;
}

/** Number of words of each generation; null where words do not tell. */
function wordVotes(
  observed: ObservedBytes,
  { stream, started }: UnitExpected,
): Map<number, number> | null {
  const code = wordCodeOf(stream);
  if (!code) return null;
  const view = viewOf(observed);
  const votes = new Map<number, number>();
  const low = stream.file % 1024;
  for (let at = Math.ceil(observed.start / 8) * 8; at + 8 <= observed.end; at += 8) {
    if (isLeftOver(view, at - observed.start)) continue;
    const place = code.wordAt(view, at - observed.start, at);
    if (!place || (place.fileLow !== null && place.fileLow !== low)) continue;
    const generation = numberNear(place.generationLow, code.generationBits, started);
    votes.set(generation, (votes.get(generation) ?? 0) + 1);
  }
  return votes;
}

function viewOf(observed: ObservedBytes): DataView {
  const bytes = observed.read(observed.start, observed.end);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** True in a sector that still ends with poison: what stands before it is from an earlier read. */
function isLeftOver(view: DataView, index: number): boolean {
  const last = index - (index % SECTOR_BYTES) + SECTOR_BYTES - 8;
  return last + 8 <= view.byteLength && view.getBigUint64(last, true) === POISON_WORD;
}

/** The same by comparison with each candidate: words as that generation would have them. */
function patternVotes(observed: ObservedBytes, expected: UnitExpected): Map<number, number> {
  const votes = new Map<number, number>();
  const view = viewOf(observed);
  const bytes = observed.read(observed.start, observed.end);
  const ofHeader = headerOf(observed, expected)?.header?.generation;
  for (const generation of candidates(expected, ofHeader)) {
    const setting = { ...unitSetting(observed, expected, generation) };
    const meant = stampedRight(setting).bytes(observed.start, observed.end);
    let same = 0;
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      if (isLeftOver(view, at)) continue;
      if (Buffer.compare(bytes.subarray(at, at + 8), meant.subarray(at, at + 8)) === 0) same++;
    }
    votes.set(generation, same);
  }
  return votes;
}

/** Torn where there are several, stale where the only one is older than acknowledged. */
function unitGenerations(
  observed: ObservedBytes,
  expected: UnitExpected,
  main: number,
  others: readonly PlacedRun[],
): Damage[] {
  const parts = partsOf(observed, main, others);
  const newest = Math.max(...parts.map((part) => part.generation));
  const unit = { offset: observed.start, length: observed.end - observed.start };
  const from = { file: expected.stream.file, offset: unit.offset, generation: newest };
  const damage: Damage[] = [];
  if (newest > expected.started) {
    const because = `generation ${newest} was begun by nobody before the read ended`;
    damage.push({ kind: 'unexplained', ...unit, from, because });
  }
  const range = departing(parts, newest, observed.end);
  const torn = range && tornDamage(range, parts);
  if (torn) damage.push(torn);
  else if (newest < expected.acknowledged) {
    const after = `after ${expected.acknowledged} was acknowledged`;
    const because = `the unit is all of generation ${newest}, ${after}`;
    damage.push({ kind: 'stale', ...unit, from, because });
  }
  return damage;
}

/** Every generation of the unit in order, with the byte at which it begins. */
function partsOf(
  observed: ObservedBytes,
  main: number,
  others: readonly PlacedRun[],
): GenerationPart[] {
  const parts: GenerationPart[] = [];
  let at = observed.start;
  for (const run of others) {
    const generation = run.hypothesis.provenance?.generation;
    if (generation === null || generation === undefined) continue;
    if (run.from > at) parts.push({ generation: main, offset: at });
    parts.push({ generation, offset: originOf(run.hypothesis, run.from).offset ?? run.from });
    at = run.to;
  }
  if (at < observed.end) parts.push({ generation: main, offset: at });
  return parts;
}

/** From the first to the last byte that is not of the newest generation. */
function departing(parts: readonly GenerationPart[], newest: number, end: number) {
  const first = parts.findIndex((part) => part.generation !== newest);
  const last = parts.findLastIndex((part) => part.generation !== newest);
  if (first < 0) return null;
  const offset = (parts[first] as GenerationPart).offset;
  return { offset, length: (parts[last + 1]?.offset ?? end) - offset };
}
