// Broken invariants are bugs of ours and must not be mistaken for the user's damage: they throw an
// error of a class that nothing catches as an ordinary failure.

export class InvariantError extends Error {
  override name = 'InvariantError';
}

/** @throws InvariantError when `condition` is false. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${message}`);
}
