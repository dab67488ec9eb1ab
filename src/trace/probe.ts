// `u:/usr/lib/libcpg.so.4:cpg_mcast_joined`: a function of a library or program, traced when it is
// called (u) or when it returns (ur).

import { spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';

export interface Probe {
  /** As it was written. */
  readonly text: string;
  readonly returns: boolean;
  /** Absolute, and with its links followed: bpftrace looks at the file itself. */
  readonly library: string;
  readonly symbol: string;
}

/** @throws HeisenwriteError `invalid-option`, `no-such-file` */
export function parseProbe(text: string): Probe {
  const match = /^(ur?):(\/[^:"\s]+):([\w.@]+)$/.exec(text);
  if (!match) {
    throw new HeisenwriteError('invalid-option', `"${text}" is no probe`, {
      remedy: 'write u:/PATH/LIBRARY:FUNCTION for its calls, ur:/PATH/LIBRARY:FUNCTION for returns',
    });
  }
  const [, kind, library = '', symbol = ''] = match;
  try {
    accessSync(library, constants.R_OK);
    return { text, returns: kind === 'ur', library: realpathSync(library), symbol };
  } catch (error) {
    const said = `the library of the probe ${text}: ${(error as Error).message}`;
    throw new HeisenwriteError('no-such-file', said);
  }
}

/**
 * bpftrace passes over a function that it does not find, and what is never called and what is not
 * there would look the same.
 * @throws HeisenwriteError `invalid-option`, `not-traceable`
 */
export function checkProbes(probes: readonly Probe[]): void {
  for (const { text, library, symbol } of probes) {
    const words = ['-l', `uprobe:"${library}":"${symbol}"`];
    const { status, stdout, stderr, error } = spawnSync('bpftrace', words, { encoding: 'utf8' });
    if (status !== 0) {
      const said = error?.message ?? stderr.trim().split('\n').at(-1);
      throw new HeisenwriteError('not-traceable', `bpftrace did not look for ${text}: ${said}`);
    }
    if (stdout.split('\n').includes(`uprobe:${library}:${symbol}`)) continue;
    throw new HeisenwriteError('invalid-option', `${text}: ${library} has no function ${symbol}`, {
      remedy: `bpftrace -l 'uprobe:"${library}":*' lists those that it has`,
    });
  }
}
