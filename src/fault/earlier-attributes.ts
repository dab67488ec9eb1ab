// The attributes that a file had before they last changed, as far as they were asked for through
// a proxy: what a stale GETATTR or STAT gives.

/** Files remembered; the one that was asked for longest ago is forgotten first. */
const FILES_MAX = 10_000;

export class EarlierAttributes {
  readonly #files = new Map<string, { readonly now: Buffer; readonly before: Buffer | null }>();
  readonly #filesMax: number;

  constructor(filesMax = FILES_MAX) {
    this.#filesMax = filesMax;
  }

  /** @param file a key that also says which attributes these are */
  seen(file: string, attributes: Buffer): void {
    const known = this.#files.get(file);
    this.#files.delete(file);
    const isNew = known !== undefined && !known.now.equals(attributes);
    const before = isNew ? known.now : (known?.before ?? null);
    this.#files.set(file, { now: Buffer.from(attributes), before });
    if (this.#files.size > this.#filesMax) {
      this.#files.delete(this.#files.keys().next().value as string);
    }
  }

  before(file: string): Buffer | null {
    return this.#files.get(file)?.before ?? null;
  }
}
