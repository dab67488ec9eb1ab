// Where a mount may be laid over what: refused before anything is done, and without a look at a
// mount point that may hang.

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { errnoOf, HeisenwriteError } from '../../domain/errors.ts';

export interface MountPlace {
  /** Both absolute, without symbolic links. */
  readonly directory: string;
  readonly at: string;
}

/** @throws HeisenwriteError `no-such-place`, `invalid-option` */
export function mountPlace(directory: string, at: string): MountPlace {
  refuseMountPoint(resolve(at));
  const place = { directory: realDirectory(directory), at: realDirectory(at) };
  refuseMountPoint(place.at);
  refuseNesting(place);
  if (readdirSync(place.at).length > 0) {
    throw new HeisenwriteError('invalid-option', `${at} is not empty`, {
      remedy: 'mount on an empty directory: what is in it would be out of sight',
    });
  }
  return place;
}

function realDirectory(path: string): string {
  let real: string;
  try {
    real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    if (errnoOf(error) === 'ENOTCONN') {
      throw new HeisenwriteError('no-such-place', `${path} is a mount whose server is gone`, {
        remedy: `take it away first: fusermount3 -u -z ${path}`,
      });
    }
    throw new HeisenwriteError('no-such-place', `${path}: ${(error as Error).message}`);
  }
  throw new HeisenwriteError('no-such-place', `${path} is not a directory`, {
    remedy: 'give two directories: what is to be seen, and an empty one to see it at',
  });
}

function refuseMountPoint(at: string): void {
  const type = mountedAt(at);
  if (type === null) return;
  throw new HeisenwriteError('invalid-option', `${at} is a mount point already (${type})`, {
    remedy: type.startsWith('fuse.heisenwrite')
      ? `change its faults (\`heisenwrite fault set ${at}\`) or unmount it: fusermount3 -u ${at}`
      : 'mount on a directory of its own',
  });
}

/** A mount that shows itself would wait for itself. */
function refuseNesting({ directory, at }: MountPlace): void {
  const inside = (inner: string, outer: string) =>
    inner === outer || inner.startsWith(outer === sep ? sep : outer + sep);
  if (!inside(directory, at) && !inside(at, directory)) return;
  const message =
    directory === at
      ? `${at} cannot be mounted on itself`
      : `${directory} and ${at} lie one in the other`;
  throw new HeisenwriteError('invalid-option', message, {
    remedy: 'mount on an empty directory beside it: mkdir /mnt/bad',
  });
}

/** The type of the file system that is mounted there, or null. proc(5), mountinfo. */
export function mountedAt(path: string): string | null {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4] ?? '';
    const unescaped = point.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (unescaped === path) return after.split(' ')[0] ?? '';
  }
  return null;
}
