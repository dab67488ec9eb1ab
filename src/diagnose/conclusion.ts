// Concludes kinds of damage from the pieces of one walk (segmenter.ts). Pieces are joined to runs
// of one origin; a run is judged when it ends, since its length and what stands before it decide
// between `misdirected` and `shifted`, and between `extra`, `duplicated` and `missing` at the
// joint.

import type { Damage } from '../domain/damage.ts';
import { HEADER_BYTES } from '../stamp/layout.ts';
import type { DamageList } from './damage-list.ts';
import { DUPLICATED_BYTES_MIN, duplicatedDamage } from './duplicated.ts';
import { extraEnd, insertedBytes } from './extra.ts';
import { foreignRunDamage } from './foreign.ts';
import { originOf } from './hypothesis.ts';
import { misdirectedDamage } from './misdirected.ts';
import { deletedBytes, missingEnd } from './missing.ts';
import { type PlacedRun, sameAlignment, withEdges } from './placed-run.ts';
import { RestGroups } from './rest.ts';
import type { Extent, Scene } from './scene.ts';
import { agreeUntil, type Piece } from './segmenter.ts';
import { goesOn, isWholeSectors, shiftedDamage } from './shifted.ts';

/** The data up to `to` (found offset) are aligned with this displacement. */
interface Alignment {
  readonly to: number;
  readonly displacement: number;
}

/** Overlaps of fewer bytes at a joint are coincidence. */
const OVERLAP_BYTES_MIN = 16;
const SECTOR_BYTES = 512;
const PENDING_MAX = 64;
/** Damage of up to so many bytes inside a run does not end it. */
const REST_INSIDE_BYTES_MAX = 64;
/** A long piece is concluded in parts that begin where blocks do: the list joins them again. */
const REST_BYTES_MAX = 65_536;

export class Conclusion {
  private readonly scene: Scene;
  private readonly list: DamageList;
  private readonly otherGeneration: (run: PlacedRun) => void;
  private readonly spanBytesMax: number;
  private lastEnd: number;
  private alignment: Alignment | null;
  private run: PlacedRun | null = null;
  /** A closed run of another place, until it is known whether data were moved by its length. */
  private held: PlacedRun | null = null;
  /** Pieces without an origin directly before the open run, and since it. */
  private gap: Piece[] = [];
  private pending: Piece[] = [];
  private readonly rests: RestGroups;

  /**
   * @param otherGeneration told of every run of another generation of its own place
   * @param spanBytesMax a longer run is concluded in parts: a stream keeps no more than that
   */
  constructor(
    scene: Scene,
    start: number,
    list: DamageList,
    otherGeneration: (run: PlacedRun) => void,
    spanBytesMax = Number.POSITIVE_INFINITY,
  ) {
    this.scene = scene;
    this.list = list;
    this.otherGeneration = otherGeneration;
    this.spanBytesMax = spanBytesMax;
    this.rests = new RestGroups(scene, list);
    this.lastEnd = start;
    this.alignment = start === 0 ? { to: 0, displacement: 0 } : null;
  }

  /** Pieces come in ascending order; between two that do not touch, all was right. */
  add(piece: Piece): void {
    if (piece.from > this.lastEnd) this.wasRight(piece.from);
    this.lastEnd = piece.to;
    if (piece.cause !== 'placed') {
      this.hold(piece);
      return;
    }
    const { from, to, hypothesis } = piece;
    const near = this.run && from - this.run.to <= REST_INSIDE_BYTES_MAX;
    if (this.run && near && sameAlignment(this.run.hypothesis, hypothesis)) {
      this.concludePending();
      this.run = { ...this.run, to };
      if (to - this.run.from > this.spanBytesMax) this.closeRun(false);
      return;
    }
    this.closeRun(false);
    this.gap = this.pending;
    this.pending = [];
    this.run = { from, to, hypothesis };
  }

  private hold(piece: Piece): void {
    const last = this.pending.at(-1);
    if (last?.cause === piece.cause && last.hypothesis === piece.hypothesis) {
      this.pending[this.pending.length - 1] = { ...last, to: piece.to };
    } else this.pending.push(piece);
    const first = this.pending[0] as Piece;
    const long = piece.to - first.from > this.spanBytesMax;
    if (long || this.pending.length > PENDING_MAX) this.concludePending();
  }

  /**
   * @param end where the observed bytes end
   * @param askedTo how far they were asked for; what is missing beyond is not said
   */
  end(end: number, askedTo = Number.POSITIVE_INFINITY): void {
    if (end > this.lastEnd) this.wasRight(end);
    this.closeRun(false);
    this.concludePending();
    this.rests.end();
    this.concludeEnd(end, askedTo);
  }

  /** All was right up to `to`: nothing before it has to be looked at again. */
  passed(to: number): void {
    if (to <= this.lastEnd) return;
    this.wasRight(to);
    this.rests.end();
    this.lastEnd = to;
  }

  private wasRight(to: number): void {
    this.closeRun(true);
    this.concludePending();
    this.releaseHeld();
    this.alignment = { to, displacement: 0 };
  }

  private concludePending(): void {
    for (const piece of this.pending) this.concludeRest(piece);
    this.pending = [];
  }

  private concludeGap(): void {
    for (const piece of this.gap) this.concludeRest(piece);
    this.gap = [];
  }

  private concludeRest(piece: Piece): void {
    const { meantBytes } = this.scene;
    const end = meantBytes === null ? piece.to : Math.min(piece.to, meantBytes);
    for (let from = piece.from; from < end; ) {
      const to = Math.min(end, (Math.floor(from / REST_BYTES_MAX) + 1) * REST_BYTES_MAX);
      this.rests.add({ ...piece, from, to });
      from = to;
    }
  }

  private releaseHeld(): void {
    const run = this.held;
    if (!run) return;
    this.held = null;
    const other = run.hypothesis.provenance?.ownFile === false;
    const misdirected = other || isWholeSectors(run.hypothesis.displacement);
    const damage = misdirected
      ? misdirectedDamage(this.scene, run)
      : shiftedDamage(this.scene, run);
    this.list.add(this.within(damage));
  }

  /** @param bounded the meant bytes hold again after it */
  private closeRun(bounded: boolean): void {
    const run = this.run;
    if (!run) return;
    this.run = null;
    const whose = run.hypothesis.provenance;
    const own = whose === null || whose.ownFile;
    const { displacement } = run.hypothesis;
    const before = this.alignment;
    const continued = before?.to === run.from && before.displacement === displacement;
    const shifted = own && displacement !== 0 && (continued || goesOn(this.scene, run));
    if (shifted) {
      this.keepShifted(run, bounded);
      return;
    }
    const edged = withEdges(this.scene, this.afterGap(run));
    this.concludeGap();
    this.releaseHeld();
    if (whose && !whose.ownHunt) this.list.add(this.within(foreignRunDamage(this.scene, edged)));
    else if (!own || displacement !== 0) this.held = edged;
    else {
      this.otherGeneration(edged);
      this.alignment = { to: run.to, displacement: 0 };
    }
  }

  /**
   * After bytes of nobody a run begins with a whole word: single bytes of the bytes before agree
   * with it by chance once in 256 times.
   */
  private afterGap(run: PlacedRun): PlacedRun {
    const last = this.gap.at(-1);
    if (last?.cause !== 'rest' || last.to !== run.from) return run;
    const inWord = (((run.from - run.hypothesis.displacement) % 8) + 8) % 8;
    const from = inWord === 0 ? run.from : run.from + 8 - inWord;
    if (from >= run.to) return run;
    this.gap[this.gap.length - 1] = { ...last, to: from };
    return { ...run, from };
  }

  /** Bytes beyond the meant end are `extra`, said once, at the end. */
  private within(damage: Damage): Damage {
    const { meantBytes } = this.scene;
    if (meantBytes === null || damage.offset >= meantBytes) return damage;
    return { ...damage, length: Math.min(damage.length, meantBytes - damage.offset) };
  }

  private keepShifted(found: PlacedRun, bounded: boolean): void {
    const { displacement } = found.hypothesis;
    const run = this.fromSector(found);
    const from = this.joint(run, bounded);
    this.concludeGap();
    this.releaseHeld();
    if (from < run.to) this.list.add(shiftedDamage(this.scene, { ...run, from, whole: true }));
    this.alignment = { to: run.to, displacement };
  }

  /**
   * Headers begin alike, so a joint at the start of a block seems to lie inside its header. Where
   * the shifted data reach back to the sector as well, the joint is taken to be there.
   */
  private fromSector(run: PlacedRun): PlacedRun {
    const before = this.alignment;
    if (!before || before.displacement === run.hypothesis.displacement) return run;
    const inside = (before.to - before.displacement) % SECTOR_BYTES;
    const from = run.from - inside;
    const { observed } = this.scene;
    if (inside === 0 || inside >= HEADER_BYTES || from < observed.start) return run;
    if (agreeUntil(observed, run.hypothesis, from, run.from) < run.from) return run;
    this.alignment = { ...before, to: before.to - inside };
    return { ...run, from };
  }

  /** Says what happened where a shift begins. @returns where the shifted bytes begin */
  private joint(run: PlacedRun, bounded: boolean): number {
    const before = this.alignment;
    if (!before || before.displacement === run.hypothesis.displacement) return run.from;
    const gap = { from: before.to, to: run.from };
    if (bounded && gap.to <= gap.from) return run.from;
    const meantEnd = before.to - before.displacement;
    const meantStart = run.from - run.hypothesis.displacement;
    const twice = meantEnd - meantStart;
    if (twice < 0) {
      this.list.add(deletedBytes(meantEnd, -twice));
      return run.from;
    }
    const from = Math.min(run.to, run.from + twice);
    if (gap.to <= gap.from) {
      if (twice > 0) this.list.add(this.repeated({ from: run.from, to: from }, meantStart));
      return from;
    }
    const coincidence = twice < OVERLAP_BYTES_MIN;
    this.keepInserted({ from: gap.from, to: coincidence ? from : gap.to });
    if (!coincidence) this.list.add(this.repeated({ from: run.from, to: from }, meantStart));
    return from;
  }

  private repeated(extent: Extent, meantStart: number): Damage {
    const few = extent.to - extent.from < DUPLICATED_BYTES_MIN;
    if (few) return insertedBytes(this.scene, extent);
    return duplicatedDamage(this.scene, extent, { offset: meantStart });
  }

  /** Bytes that were put in: a copy from another place of the file, or others. */
  private keepInserted(extent: Extent): void {
    const copy = this.held;
    this.gap = [];
    this.held = null;
    if (!copy || copy.hypothesis.provenance?.ownFile === false) {
      this.list.add(insertedBytes(this.scene, extent));
      return;
    }
    const from = originOf(copy.hypothesis, extent.from);
    this.list.add(duplicatedDamage(this.scene, extent, from));
  }

  private concludeEnd(end: number, askedTo: number): void {
    const { meantBytes, seenToEnd } = this.scene;
    const shift = this.alignment?.displacement ?? 0;
    const whole = meantBytes !== null && end - shift === meantBytes;
    this.concludeHeldAtEnd();
    if (meantBytes === null || !seenToEnd || whole) return;
    const to = Math.min(askedTo, meantBytes);
    if (end - shift < meantBytes && end < to) this.list.add(missingEnd(end, meantBytes, { to }));
    if (end > meantBytes) this.list.add(extraEnd(meantBytes, end));
  }

  /** A copy that stands beyond the meant end is there once more, not in the place of something. */
  private concludeHeldAtEnd(): void {
    const { meantBytes } = this.scene;
    if (this.held && meantBytes !== null && this.held.from >= meantBytes) {
      const from = originOf(this.held.hypothesis, this.held.from);
      this.list.add(duplicatedDamage(this.scene, this.held, from));
      this.held = null;
    }
    this.releaseHeld();
  }
}
