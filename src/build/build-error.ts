// A build that failed, which is no failure of the medium: the trials that need it are unknown.

/** The message is one line: what was built, the first error, and where the log is. */
export class BuildError extends Error {
  override name = 'BuildError';
}
