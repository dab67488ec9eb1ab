// The sign of a process, which is part of every name that it leaves in a folder for a time, so that
// whoever comes later knows whether its owner still lives: exactly on the same host (process and
// its start, in the same boot and the same pid namespace), elsewhere by the age alone.
//
//   host (12 hex) - pid - start in ticks since boot - made at, ms since 1970 - number

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { wallMs } from '../base/clock.ts';
import { freshHuntNumber } from '../base/rng.ts';
import { errnoOf } from '../domain/errors.ts';

/** Of files that are not finished, and of those that a picker has taken for itself. */
export const PUBLISH_PREFIX = '.heisenwrite-publish-';
export const CLAIM_PREFIX = '.heisenwrite-claim-';

/** After which what another host left, and did not touch, counts as left behind: a day. */
export const STALE_MS = 86_400_000;

const SIGN = /^([0-9a-f]{12})-(\d+)-(\d+)-(\d+)-[0-9a-z]+$/;
const NO_HOST = '000000000000';
/** Of proc_pid_stat(5), counted behind the name of the program in parentheses. */
const STATE_FIELD = 0;
const START_FIELD = 19;

export function newSign(): string {
  const start = stateOf(process.pid)?.start ?? '0';
  return [thisHost(), process.pid, start, Math.floor(wallMs()), freshHuntNumber()].join('-');
}

/** The sign in a name, or null; `.data` and `.ready` may follow it. */
export function signIn(name: string, prefix: string): string | null {
  if (!name.startsWith(prefix)) return null;
  const sign = name.slice(prefix.length).replace(/\.(data|ready)$/, '');
  return SIGN.test(sign) ? sign : null;
}

/**
 * Whether the process that made the sign is gone for good.
 * @param modifiedMs when what bears it was last written, milliseconds since 1970, if that is known
 * @param staleMs of signs of other hosts, by their clock and the medium's
 */
export function isGone(sign: string, modifiedMs: number | null, staleMs: number): boolean {
  const [, host, pid, start, madeMs] = SIGN.exec(sign) ?? [];
  if (host === undefined) return false;
  if (host === thisHost() && host !== NO_HOST) return !isRunning(Number(pid), start as string);
  const lastMs = Math.max(Number(madeMs), modifiedMs ?? 0);
  return wallMs() - lastMs >= staleMs;
}

function isRunning(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return errnoOf(error) !== 'ESRCH';
  }
  const state = stateOf(pid);
  // With hidepid others are not seen in /proc, and must not be taken for gone.
  return state === null || (state.start === start && state.letter !== 'Z' && state.letter !== 'X');
}

function stateOf(pid: number): { readonly letter: string; readonly start: string } | null {
  const text = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [letter, start] = [fields?.[STATE_FIELD], fields?.[START_FIELD]];
  return letter === undefined || start === undefined ? null : { letter, start };
}

let host: string | null = null;

/** Zeros where there is no /proc: then only the age tells. */
function thisHost(): string {
  host ??= readOrNull(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    const pids = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(boot).update(pids).digest('hex').slice(0, NO_HOST.length);
  });
  return host ?? NO_HOST;
}

function readOrNull(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}
