// Extended attributes of files, passed on where that is asked for. While a mount serves them, the
// kernel asks for one of them before each write (`security.capability`, which the write would take
// away): half as many calls again, and the time of a small write doubles. Told once that there are
// none, it never asks again; so by default a mount has none, as NFSv3 or FAT have none.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type Fuse from 'fuse-napi';
import type { MountContext } from './mount-context.ts';
import type { FileCalls } from './native-calls.ts';

type ExtendedCalls = Pick<Fuse.OPERATIONS, 'setxattr' | 'getxattr' | 'listxattr' | 'removexattr'>;

/** Of a directory, those that are looked at before it is mounted. */
const FILES_MAX = 1000;
/** Labels that systems put on every file by themselves. */
const LABEL = /^security\.(?!capability$)/;

export function extendedOperations({ tree, calls }: MountContext): ExtendedCalls {
  return {
    setxattr: (path, name, value, _position, flags, answer) =>
      answer(calls.setAttribute(tree.real(path), name, value, flags)),
    getxattr(path, name, _position, answer) {
      const value = calls.getAttribute(tree.real(path), name);
      if (typeof value === 'number') answer(value);
      else answer(0, value);
    },
    listxattr(path, answer) {
      const list = calls.listAttributes(tree.real(path));
      if (typeof list === 'number') answer(list);
      else answer(0, namesIn(list));
    },
    removexattr: (path, name, answer) => answer(calls.removeAttribute(tree.real(path), name)),
  };
}

/**
 * An extended attribute that a directory, or a file right in it, has and whose owner may miss it;
 * null for none among the first 1,000.
 */
export function attributeIn(directory: string, calls: FileCalls): string | null {
  const files = readdirSync(directory).slice(0, FILES_MAX);
  for (const path of [directory, ...files.map((name) => join(directory, name))]) {
    const list = calls.listAttributes(path);
    const found = typeof list === 'number' ? [] : namesIn(list).filter((name) => !LABEL.test(name));
    if (found[0] !== undefined) return found[0];
  }
  return null;
}

function namesIn(list: Buffer): string[] {
  return list.toString('utf8').split('\0').filter(Boolean);
}
