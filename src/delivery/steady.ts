// How long something has stayed the same: what the rules that wait have in common.

export class Steady {
  readonly #since = new Map<string, { value: string; atMs: number }>();

  /** Milliseconds for which the name has had this value, as far as it was looked at. */
  ms(name: string, value: string, atMs: number): number {
    const known = this.#since.get(name);
    if (known?.value === value) return atMs - known.atMs;
    this.#since.set(name, { value, atMs });
    return 0;
  }
}
