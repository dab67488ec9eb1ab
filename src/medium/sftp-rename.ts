// SSH_FXP_RENAME of version 3: "it is an error if there already exists a file with the name
// specified by newpath" (draft-ietf-secsh-filexfer-02, 6.5). OpenSSH does it with link(2) and
// unlink(2), and answers with a failure that does not say why.

import type { Stats } from 'ssh2';
import { OperationError } from './operation-error.ts';
import { isStatus, orIfAbsent, type SftpSession } from './sftp-session.ts';

/** @param path as the caller knows it, for the error; `from` and `to` as the server does */
export async function renameNew(
  session: SftpSession,
  path: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  try {
    await session.request((sftp, answer) => sftp.rename(from, to, answer));
  } catch (error) {
    if (!isStatus(error, 'SSH_FX_FAILURE')) throw error;
    const there = session.request<Stats | null>((sftp, answer) => sftp.lstat(to, answer));
    if ((await orIfAbsent(null, there)) === null) throw error;
    throw new OperationError('rename', path, 'EEXIST', `${error.said}: the new name is taken`);
  }
}
