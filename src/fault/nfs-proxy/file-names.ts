// Names of files by their handles, as far as they were seen to be looked up, created and renamed: a
// READ or WRITE carries a handle alone. A directory that was never looked up, such as the root of
// the export, counts as the root.

/** Handles remembered; those that were learnt first are forgotten first. */
const HANDLES_MAX = 100_000;
/** No path is deeper; a loop of directories that were renamed meanwhile ends here. */
const DEPTH_MAX = 64;
/** Begins the key of a directory that was named in the same call and whose handle is not known. */
const NAMED = '\u0000named\u0000';

interface Place {
  readonly parent: string;
  readonly name: string;
}

export class FileNames {
  readonly #places = new Map<string, Place>();
  readonly #handles = new Map<string, string>();
  readonly #handlesMax: number;

  constructor(handlesMax = HANDLES_MAX) {
    this.#handlesMax = handlesMax;
  }

  /** `handle` was found, or made, as `name` in the directory `parent`. */
  learn(parent: string, name: string, handle: string): void {
    if (name === '.' || name === '..') return;
    const known = this.#places.get(handle);
    if (known?.parent === parent && known.name === name) return;
    if (known) this.#forget(handle, known);
    this.#places.set(handle, { parent, name });
    this.#handles.set(namedKey(parent, name), handle);
    if (this.#places.size > this.#handlesMax) {
      const [oldest, place] = this.#places.entries().next().value as [string, Place];
      this.#forget(oldest, place);
    }
  }

  renamed(from: Place, to: Place): void {
    const handle = this.#handles.get(namedKey(from.parent, from.name));
    this.removed(to);
    if (handle !== undefined) this.learn(to.parent, to.name, handle);
  }

  removed({ parent, name }: Place): void {
    const handle = this.#handles.get(namedKey(parent, name));
    const place = handle === undefined ? undefined : this.#places.get(handle);
    if (handle !== undefined && place) this.#forget(handle, place);
  }

  handleOf(parent: string, name: string): string | null {
    return this.#handles.get(namedKey(parent, name)) ?? null;
  }

  /** With a leading slash; empty where it is the root, or not known. */
  pathOf(key: string): string {
    const names: string[] = [];
    let at: string | undefined = key;
    while (at !== undefined && names.length < DEPTH_MAX) {
      const place: Place | undefined = placeNamed(at) ?? this.#places.get(at);
      if (place) names.push(place.name);
      at = place?.parent;
    }
    return names
      .map((name) => `/${name}`)
      .reverse()
      .join('');
  }

  #forget(handle: string, { parent, name }: Place): void {
    this.#places.delete(handle);
    const key = namedKey(parent, name);
    if (this.#handles.get(key) === handle) this.#handles.delete(key);
  }
}

/** A key for what is called so in a directory, whether or not its handle is known. */
export function namedKey(parent: string, name: string): string {
  return `${NAMED}${name}/${parent}`;
}

function placeNamed(key: string): Place | undefined {
  if (!key.startsWith(NAMED)) return undefined;
  const slash = key.indexOf('/', NAMED.length);
  return { name: key.slice(NAMED.length, slash), parent: key.slice(slash + 1) };
}
