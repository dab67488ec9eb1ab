// Options that may be given more than once.

import { InvalidArgumentError } from 'commander';

/** The value with those given before it, as commander collects them. */
export const several = (value: string, before: readonly string[] = []) => [...before, value];

/** The same of a few known words; commander's own `choices` and a parser exclude each other. */
export const severalOf =
  (known: readonly string[]) =>
  (value: string, before?: readonly string[]): readonly string[] => {
    if (known.includes(value)) return several(value, before);
    throw new InvalidArgumentError(`Allowed choices are ${known.join(', ')}.`);
  };
