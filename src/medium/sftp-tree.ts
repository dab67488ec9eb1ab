// Removes a directory and all below it. SFTP has no such call: each name is a round trip, so that
// several are under way at the same time. Symbolic links are removed and never followed.

import type { FileEntryWithStats, Stats } from 'ssh2';
import type { FileStatus } from '../domain/medium.ts';
import { isStatus, type SftpSession } from './sftp-session.ts';
import type { CallState } from './sftp-transfer.ts';

const IN_FLIGHT = 32;

/** Does nothing where there is nothing. */
export async function removeTree(
  session: SftpSession,
  target: string,
  state: CallState,
): Promise<void> {
  const found = await ignoreAbsence(
    session.request<Stats>((sftp, answer) => sftp.lstat(target, answer)),
  );
  if (found) await removeEntry(session, target, found.isDirectory(), state);
}

async function removeEntry(
  session: SftpSession,
  target: string,
  isDirectory: boolean,
  state: CallState,
): Promise<void> {
  // A call that was given up must not go on removing.
  if (state.isOver) return;
  if (!isDirectory) {
    await ignoreAbsence(session.request((sftp, answer) => sftp.unlink(target, answer)));
    return;
  }
  const entries = await ignoreAbsence(
    session.request<FileEntryWithStats[]>((sftp, answer) => sftp.readdir(target, answer)),
  );
  for (let first = 0; entries && first < entries.length; first += IN_FLIGHT) {
    const together = entries.slice(first, first + IN_FLIGHT);
    await Promise.all(
      together.map(({ filename, attrs }) =>
        removeEntry(session, `${target}/${filename}`, attrs.isDirectory(), state),
      ),
    );
  }
  if (state.isOver) return;
  await ignoreAbsence(session.request((sftp, answer) => sftp.rmdir(target, answer)));
}

async function ignoreAbsence<Value>(request: Promise<Value>): Promise<Value | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isStatus(error, 'SSH_FX_NO_SUCH_FILE')) return undefined;
    throw error;
  }
}

/** Version 3 of the protocol has whole seconds, and no blocks. Null of what is no file. */
export function statusOf(found: Stats | null): FileStatus | null {
  if (!found?.isFile()) return null;
  const [modifiedMs, permissions] = [1000 * found.mtime, found.mode & 0o777];
  return { bytes: found.size, modifiedMs, allocatedBytes: null, permissions };
}
