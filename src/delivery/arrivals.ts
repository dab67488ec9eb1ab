// Files that arrive in a folder, and what each rule would have made of them: a rule was fooled
// where the length or the time of the file changed after it had said ready. Only looks are
// compared, so that nothing is opened; a change that leaves both is not seen.

import type {
  Arrival,
  FileLook,
  FolderLook,
  ReadinessRule,
  RuleAnswer,
  RuleOptions,
  RuleWatch,
} from '../domain/delivery.ts';
import { isMarkerName, isTemporaryName } from './temporary-names.ts';

interface Answering {
  readyMs: number | null;
  readyBytes: number;
}

interface Arriving {
  readonly firstMs: number;
  lastMs: number;
  last: FileLook;
  readonly answers: Map<string, Answering>;
}

export interface ArrivalOptions extends RuleOptions {
  /** Nothing has changed for so long: the file is taken for complete; milliseconds. */
  readonly quietMs: number;
}

export class Arrivals {
  readonly #watches: ReadonlyMap<string, RuleWatch>;
  readonly #quietMs: number;
  readonly #arriving = new Map<string, Arriving>();
  /** Seen as they were, or told of already. */
  readonly #known = new Map<string, FileLook>();
  #isFirst = true;

  constructor(rules: readonly ReadinessRule[], options: ArrivalOptions) {
    this.#watches = new Map(rules.map((rule) => [rule.name, rule.begin(options)]));
    this.#quietMs = options.quietMs;
  }

  /** Files that are under way now. */
  get underWay(): number {
    return this.#arriving.size;
  }

  /** @returns what has arrived with this look, and what went away, in order of names */
  async take(look: FolderLook): Promise<Arrival[]> {
    for (const [name, file] of look.files) await this.#see(name, file, look);
    this.#isFirst = false;
    const arrived: Arrival[] = [];
    for (const [name, arriving] of this.#arriving) {
      const isGone = !look.files.has(name);
      if (!isGone && look.atMs - arriving.lastMs < this.#quietMs) continue;
      arrived.push(this.#concluded(name, arriving, isGone));
    }
    for (const name of this.#known.keys()) if (!look.files.has(name)) this.#known.delete(name);
    return arrived.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async #see(name: string, file: FileLook, look: FolderLook): Promise<void> {
    if (isTemporaryName(name) || isMarkerName(name)) return;
    const known = this.#known.get(name);
    if (this.#isFirst || (known && isSame(known, file))) {
      // Of what was there before nobody knows how it came.
      this.#known.set(name, file);
      return;
    }
    this.#known.delete(name);
    const arriving = this.#arriving.get(name) ?? this.#begin(name, file, look.atMs);
    if (!isSame(arriving.last, file)) arriving.lastMs = look.atMs;
    arriving.last = file;
    for (const [rule, isReady] of this.#watches) {
      const answer = arriving.answers.get(rule) as Answering;
      if (answer.readyMs !== null || !(await isReady(name, look))) continue;
      answer.readyMs = look.atMs;
      answer.readyBytes = file.bytes;
    }
  }

  #begin(name: string, file: FileLook, atMs: number): Arriving {
    const answers = new Map(
      [...this.#watches.keys()].map((rule) => [rule, { readyMs: null, readyBytes: 0 }] as const),
    );
    const arriving: Arriving = { firstMs: atMs, lastMs: atMs, last: file, answers };
    this.#arriving.set(name, arriving);
    return arriving;
  }

  #concluded(name: string, arriving: Arriving, isGone: boolean): Arrival {
    this.#arriving.delete(name);
    if (!isGone) this.#known.set(name, arriving.last);
    const { firstMs, lastMs, last, answers } = arriving;
    const rules = [...answers].map(([rule, { readyMs, readyBytes }]): RuleAnswer => {
      if (readyMs === null) return { rule, answer: 'never', earlyMs: null, missingBytes: null };
      if (readyMs >= lastMs) return { rule, answer: 'right', earlyMs: null, missingBytes: null };
      const missingBytes = Math.max(0, last.bytes - readyBytes);
      return { rule, answer: 'fooled', earlyMs: lastMs - readyMs, missingBytes };
    });
    return { name, bytes: last.bytes, tookMs: lastMs - firstMs, isGone, rules };
  }
}

function isSame(one: FileLook, other: FileLook): boolean {
  return one.bytes === other.bytes && one.modifiedMs === other.modifiedMs;
}
