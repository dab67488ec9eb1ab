// Processor time and not the time of day: on a machine that is busy with something else, both sides
// of a comparison would be charged for that, and not alike.

interface Spent {
  /** Microseconds. */
  readonly user: number;
  readonly system: number;
}

/** ns of this process since then, its helper threads included. */
export function processSpentNs(from: Spent): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) * 1000;
}

/** ns of this thread since then. */
export function threadSpentNs(from: Spent): number {
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) * 1000;
}
