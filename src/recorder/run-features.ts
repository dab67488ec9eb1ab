// What one run shows, for the comparison of runs: which events occur and how often, which follow
// each other at once in one writer, which came first of any two, and which values fields have. Of
// fields with many values only their size is kept, as powers of two: ids tell no runs apart.

import type { RecordedEvent } from './record-events.ts';

/** Distinct values of a field that are told apart. */
export const VALUES_MAX = 64;
/** Names of events of which pairs are formed. */
const PAIRED_MAX = 256;

export type FeatureKind = 'event' | 'follows' | 'before' | 'value' | 'size';

export interface Feature {
  readonly kind: FeatureKind;
  /** `send`, `send, recv`, `send.bytes = 0`. */
  readonly words: string;
  /** Of values and sizes: the field they belong to, as `send.bytes`. */
  readonly field: string | null;
  count: number;
  /** Of its first occurrence, from the first event of the run, ns. */
  readonly firstNs: number;
}

export interface RunFeatures {
  /** By a key that is the same in all runs. */
  readonly features: ReadonlyMap<string, Feature>;
  /** Fields with more than VALUES_MAX values: those are not told apart. */
  readonly manyValued: ReadonlySet<string>;
  readonly events: number;
}

/** @param events of one run, merged by time */
export function featuresOf(events: Iterable<RecordedEvent>): RunFeatures {
  const collected = new Collected();
  for (const event of events) collected.add(event);
  return collected.finish();
}

class Collected {
  readonly #features = new Map<string, Feature>();
  readonly #values = new Map<string, Set<string>>();
  readonly #manyValued = new Set<string>();
  readonly #previous = new Map<number, string>();
  readonly #order: string[] = [];
  readonly #first = new Map<string, number>();
  #startNs: bigint | null = null;
  #events = 0;

  add({ event, recording, timeNs, fields }: RecordedEvent): void {
    this.#startNs ??= timeNs;
    const ns = Number(timeNs - this.#startNs);
    this.#events++;
    this.#count('event', event, null, ns);
    if (!this.#first.has(event)) {
      this.#first.set(event, ns);
      this.#order.push(event);
    }
    const previous = this.#previous.get(recording);
    if (previous !== undefined) this.#count('follows', `${previous}, ${event}`, null, ns);
    this.#previous.set(recording, event);
    for (const name in fields) this.#value(`${event}.${name}`, fields[name] ?? '', ns);
  }

  #value(field: string, value: number | bigint | string, ns: number): void {
    if (typeof value !== 'string') this.#count('size', `${field} ${sizeWords(value)}`, field, ns);
    if (this.#manyValued.has(field)) return;
    const values = this.#values.get(field) ?? new Set();
    this.#values.set(field, values);
    const words = typeof value === 'string' ? JSON.stringify(value) : String(value);
    values.add(words);
    if (values.size > VALUES_MAX) this.#manyValued.add(field);
    else this.#count('value', `${field} = ${words}`, field, ns);
  }

  #count(kind: FeatureKind, words: string, field: string | null, firstNs: number): void {
    const key = `${kind} ${words}`;
    const known = this.#features.get(key);
    if (known) known.count++;
    else this.#features.set(key, { kind, words, field, count: 1, firstNs });
  }

  finish(): RunFeatures {
    const paired = this.#order.slice(0, PAIRED_MAX);
    paired.forEach((earlier, index) => {
      for (const later of paired.slice(index + 1)) {
        this.#count('before', `${earlier}, ${later}`, null, this.#first.get(later) ?? 0);
      }
    });
    return { features: this.#features, manyValued: this.#manyValued, events: this.#events };
  }
}

/** `= 0`, `< 0`, or the power of two at or below it. */
function sizeWords(value: number | bigint): string {
  const number = Number(value);
  if (number === 0) return '= 0';
  if (number < 0) return '< 0';
  if (number < 1) return 'between 0 and 1';
  const power = Math.floor(Math.log2(number));
  return power === 0 ? 'at least 1, below 2' : `at least ${2 ** power}, below ${2 ** (power + 1)}`;
}
