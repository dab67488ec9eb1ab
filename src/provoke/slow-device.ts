// `slow-device`: the device under the trial takes so many bytes a second from the actors. The
// kernel holds back what they write themselves (O_DIRECT, O_SYNC, fsync); pages that it writes back
// later for them are its own under version 1 of control groups, and not held back.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatSize } from '../base/quantities.ts';
import type { ProvocationKind } from '../domain/provocation.ts';
import { noActorProcesses } from './actor-targets.ts';
import { type GroupLimit, limitActors, noControlGroup } from './control-group.ts';
import { canonical, type LevelShape, readLevel, refusalIn } from './level-text.ts';

const NAME = 'slow-device';
/** So little that a block takes minutes would only run into the time limit of trials. */
const RATE_MIN_BYTES = 1024;

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'write=64KiB',
  keys: { write: 'size' },
  required: ['write'],
  words: { most: 0, about: '' },
};

export const slowDevice: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: 'write=SIZE: bytes a second that the device takes from the actors',
    fallback: 'none',
    check: (text, where) => {
      rateOf(text, where);
      return canonical(text);
    },
  },
  example: 'slow-device=none,write=64KiB',
  separates: () => true,
  refusal: (level, levels, directory) => {
    if (directory === undefined) return 'the place is on no device of this host';
    const device = deviceUnder(directory);
    if (device === null) return `${directory} is on no block device of its own`;
    return noActorProcesses(levels) ?? noControlGroup(rateLimit(device, rateOf(level, NAME)));
  },
  begin: async (level, setting) => {
    const device = deviceUnder(setting.directory);
    if (device === null) throw new Error(`${setting.directory} is on no block device of its own`);
    const rate = rateOf(level, NAME);
    const what = `${formatSize(rate)}/s to ${device}`;
    return limitActors(NAME, what, rateLimit(device, rate), setting);
  },
};

function rateLimit(device: string, rateBytes: number): GroupLimit {
  return {
    controller: 'blkio',
    first: { file: 'blkio.throttle.write_bps_device' },
    second: { controller: 'io', file: 'io.max' },
    value: { first: `${device} ${rateBytes}`, second: `${device} wbps=${rateBytes}` },
  };
}

/** `254:0` of the whole disk, as limits want it; null where there is none. */
function deviceUnder(directory: string): string | null {
  const { dev } = statSync(directory);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const path = `/sys/dev/block/${major}:${minor}`;
  if (major === 0 || !existsSync(path)) return null;
  const real = realpathSync(path);
  const whole = existsSync(`${real}/partition`) ? dirname(real) : real;
  return readFileSync(`${whole}/dev`, 'utf8').trim();
}

function rateOf(text: string, where: string): number {
  const { numbers } = readLevel(text, SHAPE, where);
  const rate = numbers.write as number;
  if (rate < RATE_MIN_BYTES) refusalIn(SHAPE, where, text)('has less than 1KiB a second');
  return rate;
}
