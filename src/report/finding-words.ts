// What the damage is, where its bytes came from, in which layer it lives and whether it goes on:
// sentences made from the signature and the kept findings of a hunt.

import { formatCount, formatDuration, formatSize } from '../base/quantities.ts';
import type { Damage, Layer, Origin } from '../domain/damage.ts';
import type { Finding, HuntReport } from '../domain/hunt-report.ts';
import { callWords, wholeFileWords } from './call-words.ts';
import { plural } from './rate-words.ts';

const LAYER_WORDS: Readonly<Record<Layer, string>> = {
  source: "the writer's own buffer was wrong",
  'reader-cache': 'only in the cache of the reader; the medium is right',
  transient: 'gone when read again',
  persisted: 'on the medium: every further read shows it',
  'in-flight': 'between writer and reader; nothing there keeps it',
  undetermined: 'could not be told',
};

export function layerWords(layer: Layer): string {
  return LAYER_WORDS[layer];
}

/** Counts of equal texts, the most frequent first; at most `most`, then `and N others`. */
function ranked(texts: readonly string[], most = 3): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  const lines = sorted
    .slice(0, most)
    .map(([text, count]) => (sorted.length > 1 ? `${text} (${plural(count, 'time')})` : text));
  if (sorted.length > most) lines.push(`and ${sorted.length - most} others`);
  return lines;
}

function expectedDamage(report: HuntReport): Damage[] {
  return report.findings.filter((finding) => finding.expected).flatMap((f) => [...f.damage]);
}

export function whatLines(report: HuntReport): string[] {
  const signature = report.signature;
  if (!signature || report.trials.damaged === 0) return [];
  const { min, max } = signature.lengths;
  const length = min === max ? `${formatSize(min)}` : `${formatSize(min)} to ${formatSize(max)}`;
  const lines = [
    signature.words,
    `${plural(signature.ranges, 'range')}, each ${length}; offsets are multiples of ` +
      `${formatSize(signature.offsetAlignment)}, ` +
      `lengths of ${formatSize(signature.lengthAlignment)}`,
  ];
  // Of bytes, everything is a multiple.
  const ioSizes = signature.ioSizes.filter((bytes) => bytes > 1);
  if (ioSizes.length > 0) {
    const sizes = ioSizes.map(formatSize).join(', ');
    lines.push(`offsets and lengths are whole multiples of the I/O size ${sizes}`);
  }
  const damaged = report.findings.filter((finding) => finding.expected);
  lines.push(...ranked(damaged.flatMap(wholeFileWords)), ...ranked(damaged.flatMap(callWords)));
  return lines;
}

export function originWords(from: Origin): string {
  const parts: string[] = [];
  if (from.generation !== undefined) parts.push(`generation ${from.generation}`);
  if (from.offset !== undefined) parts.push(`offset 0x${from.offset.toString(16)}`);
  if (from.file !== undefined) parts.push(`file ${from.file}`);
  if (from.hunt !== undefined) parts.push(`hunt ${from.hunt}`);
  return parts.join(' of ');
}

/** Of the kept findings: whose data the found bytes are, where the bytes themselves tell. */
export function comesFrom(report: HuntReport): string[] {
  const texts = expectedDamage(report).flatMap((damage) => {
    if (damage.kind === 'torn' && damage.generations) {
      const steps = damage.generations.map((g) => g.generation);
      const span = Math.max(...steps) - Math.min(...steps);
      const places = damage.generations.length - 1;
      if (span === 1 && places === 1) {
        return ['two neighbouring generations in one unit: a write seen half done'];
      }
      return [`generations up to ${span} apart in one unit, ${plural(places, 'change')}`];
    }
    if (damage.from) return [`${damage.kind}: ${originWords(damage.from)}`];
    if (damage.kind === 'foreign') return ['foreign: not written by this hunt'];
    return [];
  });
  return ranked(texts);
}

export function layerLines(report: HuntReport): string[] {
  const damaged = report.findings.filter((finding) => finding.expected);
  const lines = ranked(damaged.map((f) => `${f.layer}: ${layerWords(f.layer)}`));
  const first = damaged[0];
  if (first) lines.push(`because ${first.layerBecause}`);
  return lines;
}

/** The last damage against the end of the hunt. Kept findings are bounded, which is then said. */
export function stillHappening(report: HuntReport): string[] {
  const damaged = report.findings.filter((finding) => finding.expected);
  if (damaged.length === 0 || report.endedAt === null) return [];
  const last = damaged.reduce((a: Finding, b) => (b.atMs > a.atMs ? b : a));
  const agoMs = Math.max(0, Date.parse(report.endedAt) - last.atMs);
  const ranMs = report.seconds * 1000;
  const lastWords = report.findingsNotKept > 0 ? 'last damage that was stored' : 'last damage';
  const ago = `${lastWords} ${formatDuration(agoMs)} before the end of ${formatDuration(ranMs)}`;
  if (report.findingsNotKept > 0)
    return [`${ago}; ${formatCount(report.findingsNotKept)} more were counted, not stored`];
  // With n events spread evenly, a silence of k mean gaps at the end happens once in e^k hunts.
  const gaps = (agoMs / Math.max(1, ranMs)) * damaged.length;
  if (gaps < 3) return [`yes as far as seen: ${ago}`];
  return [`perhaps not: ${ago}, ${gaps.toFixed(0)} times the usual gap`];
}
