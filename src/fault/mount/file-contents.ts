// Reads, writes and truncations of open files while faults are set or writes wait: a plan is made,
// then carried out on the file below and on what is laid over it.

import {
  close,
  constants,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  open,
  read,
  type Stats,
  write,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FileLayers } from './file-layers.ts';
import type { MountContext } from './mount-context.ts';
import type { OpenFile } from './open-files.ts';
import { planRead, type ReadSource } from './read-plan.ts';
import { planWrite, type WritePlan } from './write-plan.ts';

const stat = promisify(fstat) as (fd: number) => Promise<Stats>;
const cut = promisify(ftruncate);
const fileOpened = promisify(open) as (path: string, flags: number) => Promise<number>;

interface DataCall {
  readonly file: OpenFile;
  readonly path: string;
  readonly offset: number;
}

export class FileContents {
  readonly #context: MountContext;

  constructor(context: MountContext) {
    this.#context = context;
  }

  /** Bytes read, or a negated error number. Rejects with an error of the system. */
  async read({ file, path, offset }: DataCall, memory: Buffer): Promise<number> {
    const { gate, layers } = this.#context;
    const { fd, flags } = file;
    const stats = await stat(fd);
    const laid = layers.find(stats);
    const readAt = async (from: number) => {
      const bytes = await readFrom(fd, memory, from);
      return laid === null ? bytes : laid.delayed.lay(from, memory, bytes);
    };
    const bytes = await readAt(offset);
    const { length } = memory;
    const data = memory.subarray(0, bytes);
    const call = { operation: 'read', path, offset, length, flags, data, memory } as const;
    const source: ReadSource = {
      size: Math.max(stats.size, laid?.delayed.end() ?? 0),
      hasBefore: laid?.history.hasBefore(offset, length) ?? false,
      readAt,
      layBefore: (read) => laid?.history.layBefore(offset, memory, read) ?? read,
    };
    const { waitMs, result } = await planRead(call, source, gate.planning);
    if (waitMs > 0) await sleep(waitMs);
    return result;
  }

  /** Bytes reported as written, or a negated error number. Rejects with an error of the system. */
  async write({ file, path, offset }: DataCall, data: Buffer): Promise<number> {
    const { length } = data;
    const { flags } = file;
    const call = { operation: 'write', path, offset, length, flags, data } as const;
    const plan = planWrite(call, this.#context.gate.planning);
    if (plan.waitMs > 0) await sleep(plan.waitMs);
    if (plan.refusal !== 0) return -plan.refusal;
    if (plan.late !== null) file.late = plan.late;
    if (plan.isLost) return plan.reported;
    const { data: meant } = plan;
    const written = await this.#store(file, plan);
    if (plan.forwarded !== 0) return -plan.forwarded;
    return written < meant.length ? Math.min(written, plan.reported) : plan.reported;
  }

  /** The error that a lost write left for this call, negated, once; or 0. */
  takeLate(file: OpenFile, at: 'close' | 'fsync'): number {
    if (file.late?.at !== at) return 0;
    const { errno } = file.late;
    file.late = null;
    return -errno;
  }

  /** Rejects with an error of the system. */
  async synced(file: OpenFile, dataOnly: boolean): Promise<void> {
    const laid = await this.#known(file);
    await laid?.inTurn(() => laid.carryOut('fsync'));
    await promisify(dataOnly ? fdatasync : fsync)(file.fd);
    laid?.history.synced();
  }

  /** What waited for the close of this file. Rejects with an error of the system. */
  async closed(file: OpenFile): Promise<void> {
    const laid = await this.#known(file);
    await laid?.inTurn(() => laid.carryOut('close'));
  }

  /** Rejects with an error of the system. */
  async truncate(file: Pick<OpenFile, 'fd' | 'path'>, size: number): Promise<void> {
    const laid = await this.#layers(file);
    if (laid === null) return cut(file.fd, size);
    await laid.inTurn(async () => {
      await laid.carryOut('close');
      if (this.#context.gate.wantsHistory) await laid.keep(size, 'rest');
      await cut(file.fd, size);
    });
  }

  /** Of a file that is not open. Rejects with an error of the system. */
  async truncatePath(path: string, size: number): Promise<void> {
    const { tree, layers, gate } = this.#context;
    const fd = await fileOpened(tree.real(path), constants.O_WRONLY);
    try {
      await this.truncate({ fd, path }, size);
    } finally {
      await layers.released(fd, gate.wantsHistory);
      close(fd, () => undefined);
    }
  }

  /** Another change of a range, which keeps what is there first. Rejects as the change does. */
  async change(
    file: OpenFile,
    { offset, length }: { readonly offset: number; readonly length: number },
    change: () => number,
  ): Promise<number> {
    const laid = await this.#layers(file);
    if (laid === null) return change();
    return laid.inTurn(async () => {
      await laid.carryOut('close');
      if (this.#context.gate.wantsHistory) await laid.keep(offset, length);
      return change();
    });
  }

  /** Bytes that were written, now or as far as the program is told. */
  async #store(file: OpenFile, { offset, data, until }: WritePlan): Promise<number> {
    const laid = await this.#layers(file, until !== null);
    if (laid === null) return writeAt(file.fd, data, offset);
    return laid.inTurn(async () => {
      if (this.#context.gate.wantsHistory) await laid.keep(offset, data.length);
      if (until === null) {
        const written = await writeAt(file.fd, data, offset);
        // What waits and is older must not come after it.
        if (laid.delayed.touches(offset, written)) {
          laid.delayed.add({ offset, data: data.subarray(0, written), until: 'close' });
        }
        return written;
      }
      laid.delayed.add({ offset, data, until });
      if (laid.isFull) await laid.carryOut('close');
      return data.length;
    });
  }

  /** Layers where a fault wants them or they are there; null where the file is as it is. */
  async #layers(file: Pick<OpenFile, 'fd' | 'path'>, isWanted = false): Promise<FileLayers | null> {
    const { gate, layers } = this.#context;
    const isMade = isWanted || gate.wantsHistory;
    if (!isMade && layers.isEmpty) return null;
    const stats = await stat(file.fd);
    return isMade ? layers.of(file, stats) : layers.find(stats);
  }

  async #known(file: OpenFile): Promise<FileLayers | null> {
    return this.#context.layers.find(await stat(file.fd));
  }
}

function readFrom(fd: number, memory: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, memory, 0, memory.length, offset, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
}

function writeAt(fd: number, data: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, data, 0, data.length, offset, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
}
