// A name that is given only where it is free: link(2) and unlink(2), which every file system of
// Linux with hard links has. To who does not own the file fs.protected_hardlinks (proc_sys_fs(5))
// forbids the link; then, and where there are no hard links, renameat2(2) with RENAME_NOREPLACE.

import { link, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { errnoOf } from '../domain/errors.ts';

// <fcntl.h>, <linux/fs.h>
const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;

/** Of link(2): not here, or not for this user. */
const NO_LINK: ReadonlySet<string | null> = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS']);
/** Of renameat2(2): not on this file system, or not in this kernel. */
const NO_SUCH_RENAME: ReadonlySet<string | null> = new Set(['EINVAL', 'ENOSYS']);

/** @throws Error with the errno as `code`, `EEXIST` where the new name is taken */
export async function renameNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error))) throw error;
    return renameWithoutLink(from, to, error);
  }
  await unlink(from);
}

/** @param refused what link(2) said, which is the one to tell where there is no other way */
async function renameWithoutLink(from: string, to: string, refused: unknown): Promise<void> {
  rename ??= { call: loadRename() };
  if (rename.call === null) throw refused;
  const errno = await rename.call(from, to);
  if (errno === 0) return;
  const code = getSystemErrorName(-errno);
  if (NO_SUCH_RENAME.has(code)) throw refused;
  throw Object.assign(new Error(`${code}: renameat2 '${from}' -> '${to}'`), { code });
}

/** Of two paths; resolves to 0, or an error number. */
type Rename = (from: string, to: string) => Promise<number>;

/** Found once: who lacks the link for one file lacks it for the next. */
let rename: { readonly call: Rename | null } | undefined;

/** Null where koffi or the C library has it not. */
function loadRename(): Rename | null {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const types = ['int', 'str', 'int', 'str', 'uint'];
    const call = koffi.load(null).func('renameat2', 'int', types);
    return (from, to) =>
      new Promise((resolve, reject) => {
        const answer = (error: Error | null, result: number) =>
          error ? reject(error) : resolve(result === 0 ? 0 : koffi.errno());
        call.async(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE, answer);
      });
  } catch {
    return null;
  }
}
