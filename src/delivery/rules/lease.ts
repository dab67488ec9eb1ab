// A read lease (fcntl(2), F_SETLEASE) is given on a file that nobody has open for writing, and
// only by file systems of this host. It is given back at once, but whoever opens the file for
// writing in between is held up: a rule for one's own folder, and none for a folder that is only
// watched.

import { closeSync, constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ReadinessRule } from '../../domain/delivery.ts';

// <fcntl.h> of Linux
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;

export const lease: ReadinessRule = {
  name: 'lease',
  about: 'the kernel gives a read lease on it, so that nobody has it open for writing',
  sees: ['directory'],
  opensFiles: true,
  begin({ directory }) {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const fcntl = koffi.load(null).func('int fcntl(int fd, int command, ...)');
    return (name, { files }) => {
      if (directory === null || !files.has(name)) return false;
      try {
        const fd = openSync(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
          if (fcntl(fd, F_SETLEASE, 'int', F_RDLCK) !== 0) return false;
          fcntl(fd, F_SETLEASE, 'int', F_UNLCK);
          return true;
        } finally {
          closeSync(fd);
        }
      } catch {
        // It went away, or this user may not read it.
        return false;
      }
    };
  },
};
