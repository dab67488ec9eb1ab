// An archive of stamped files is no stamped file, though it is full of stamps: `verify` of it names
// its members and accuses nobody. A stamped file over whose beginning somebody wrote the header of
// an archive still has its other stamps in their place, and is judged.

import { HeisenwriteError } from '../domain/errors.ts';
import type { StampedIdentity } from '../stamp/stamped-identity.ts';
import { type ReadBytes, tarMembersOf } from '../stamp/tar-archive.ts';

/** @throws HeisenwriteError not-stamped, for a tar archive of whatever files */
export function refuseArchive(
  name: string,
  identity: StampedIdentity | null,
  read: ReadBytes,
): void {
  if (identity?.hasStampsInPlace) return;
  const members = tarMembersOf(read);
  if (members === null) return;
  const holds = members.length > 0 ? `: it begins with ${members.join(', ')}` : '';
  const message = `${name} is a tar archive, no stamped file${holds}`;
  throw new HeisenwriteError('not-stamped', message, {
    remedy: `check one file of it with --member ${members[0] ?? 'NAME'}`,
  });
}
