// Options that may be given more than once.

/** The value with those given before it, as commander collects them. */
export const several = (value: string, before: readonly string[] = []) => [...before, value];
