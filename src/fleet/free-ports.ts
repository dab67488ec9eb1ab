// Ports for servers that take a number where we would rather hand them a socket. Nobody listens on
// them now, and they lie below those that the kernel gives to whoever asks for any (ip(7),
// ip_local_port_range), so that no other program is given one before its server has started.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRng, freshSeed } from '../base/rng.ts';

const LOWEST = 20_000;
const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
/** What Linux has where nobody changed it. */
const USUAL_END = 32_768;
const TRIES_MAX = 1000;

/**
 * Different ports of the loopback interface that are free now.
 * @throws Error where none is
 */
export async function freePorts(count: number): Promise<number[]> {
  const rng = createRng(freshSeed());
  const end = Math.max(LOWEST + TRIES_MAX, firstGivenByKernel());
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > TRIES_MAX) throw new Error(`no free port of 127.0.0.1 from ${LOWEST} to ${end}`);
    const port = rng.integer(LOWEST, end - 1);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

function firstGivenByKernel(): number {
  try {
    return Number(readFileSync(RANGE, 'utf8').split(/\s+/)[0]);
  } catch {
    return USUAL_END;
  }
}

/** Bound and closed again: a port on which nobody was connected has no TIME_WAIT. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
