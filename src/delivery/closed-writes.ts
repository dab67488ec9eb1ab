// inotify(7) for IN_CLOSE_WRITE, which Node's own watchers do not tell: how often a file of a
// folder was closed after it had been open for writing. Only what processes of this host close is
// seen.

import { readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HeisenwriteError } from '../domain/errors.ts';

// <sys/inotify.h> of Linux
const IN_NONBLOCK = 0o4000;
const IN_CLOEXEC = 0o2000000;
const IN_CLOSE_WRITE = 0x8;
/** wd, mask, cookie, and the length of the name behind them. */
const HEAD_BYTES = 16;
const BUFFER_BYTES = 64 * 1024;

export class ClosedWrites {
  readonly #fd: number;
  /** Not that of node:fs, which warns of descriptors that it did not open. */
  readonly #close: (fd: number) => number;
  readonly #counts = new Map<string, number>();
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);

  /** @throws HeisenwriteError `missing-component` where this host has no inotify */
  constructor(folder: string) {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const libc = koffi.load(null);
    const init = libc.func('inotify_init1', 'int', ['int']);
    const watch = libc.func('inotify_add_watch', 'int', ['int', 'str', 'uint']);
    this.#close = libc.func('close', 'int', ['int']);
    this.#fd = init(IN_NONBLOCK | IN_CLOEXEC);
    if (this.#fd < 0 || watch(this.#fd, folder, IN_CLOSE_WRITE) < 0) {
      const errno = koffi.errno();
      if (this.#fd >= 0) this.#close(this.#fd);
      throw new HeisenwriteError('missing-component', `inotify on ${folder}: error ${errno}`, {
        remedy: 'see fs.inotify.max_user_instances and max_user_watches, or leave out close-write',
      });
    }
  }

  /** As often as that name was closed so far. */
  count(name: string): number {
    this.#read();
    return this.#counts.get(name) ?? 0;
  }

  close(): void {
    this.#close(this.#fd);
  }

  #read(): void {
    for (;;) {
      let bytes = 0;
      try {
        bytes = readSync(this.#fd, this.#buffer);
      } catch {
        // EAGAIN: nothing more has happened.
        return;
      }
      for (let at = 0; at + HEAD_BYTES <= bytes; ) {
        const nameBytes = this.#buffer.readUInt32LE(at + 12);
        const text = this.#buffer.toString('utf8', at + HEAD_BYTES, at + HEAD_BYTES + nameBytes);
        const name = text.replace(/\0+$/, '');
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
        at += HEAD_BYTES + nameBytes;
      }
    }
  }
}
