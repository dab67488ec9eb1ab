// Of one session: before a WRITE reaches the server, what is at its place is read, by a handle of
// the proxy's own, since the client's may be for writing alone. A server carries out the requests
// of one session in their order, so that the READ sees what was there before.

import type { ArmedFaults } from '../armed-faults.ts';
import { PAGE_BYTES } from '../page-history.ts';
import type { CallPlan } from './call-plan.ts';
import type { OpenFile } from './open-files.ts';
import type { OwnRequests } from './own-requests.ts';
import { closePacket, isOk, replyAttributes, replyData, replyHandle, sizeOf } from './reply.ts';
import { fstatPacket, openToRead, readPacket, readRequest, type SftpRequest } from './request.ts';
import type { UnsyncedFile, UnsyncedFiles } from './unsynced-files.ts';

/** Every server reads as much at once (draft-ietf-secsh-filexfer-02, section 6.4). */
const READ_PAGES = 8;

interface Kept {
  readonly file: UnsyncedFile;
  /**
   * The whole HANDLE that the proxy was given; null of a file that was empty or is not to
   * be read.
   */
  readonly reader: Buffer | null;
}

export class UnsyncedWrites {
  readonly #faults: ArmedFaults;
  readonly #files: UnsyncedFiles;
  readonly #own: OwnRequests;
  readonly #kept = new Map<OpenFile, Kept | null>();

  constructor(faults: ArmedFaults, files: UnsyncedFiles, own: OwnRequests) {
    this.#faults = faults;
    this.#files = files;
    this.#own = own;
  }

  /** What this call must wait for; null where it may go on. */
  before(request: SftpRequest | null, file: OpenFile | undefined): Promise<unknown> | null {
    if (this.#files.crash) return this.#files.crash;
    if (!file || request?.operation !== 'write' || request.handle === null) return null;
    const [armed] = this.#faults
      .meeting('write', file.path)
      .filter(({ fault }) => fault.kind === 'unsynced');
    const known = this.#kept.get(file);
    if (!armed || known === null || known?.file.armed === armed) return null;
    return this.#look(file, request.handle).then(({ sizeBytes, reader }) => {
      const isKept = sizeBytes === 0 || reader !== null;
      const kept = () => this.#files.opened(armed, file.path, file.name, sizeBytes);
      this.#kept.set(file, isKept ? { file: kept(), reader } : null);
    });
  }

  /** Of a WRITE that is about to be sent. @returns to be called once the server has answered */
  sends(packet: Buffer, opened: OpenFile): () => void {
    const kept = this.#kept.get(opened);
    const request = kept ? readRequest(packet) : null;
    if (!kept || !request?.data || request.length === 0) return NOTHING;
    const { file, reader } = kept;
    const end = request.offset + request.length;
    const first = Math.floor(request.offset / PAGE_BYTES);
    const pages = Math.ceil(end / PAGE_BYTES) - first;
    for (let from = first; from < first + pages; from += READ_PAGES) {
      this.#keep(file, reader, from, Math.min(READ_PAGES, first + pages - from));
    }
    file.sizeBytes = Math.max(file.sizeBytes, end);
    const { promise, resolve } = Promise.withResolvers<void>();
    file.underWay.add(promise);
    return () => {
      file.underWay.delete(promise);
      resolve();
    };
  }

  /** What the server has done. @param otherPath of a rename: with a leading slash */
  done({ call, request, file }: CallPlan, reply: Buffer, otherPath: string): void {
    const { operation, path } = call;
    if (operation === 'close' && file) this.#closed(file);
    if (!isOk(reply)) return;
    if (operation === 'fsync') this.#files.synced(path);
    // What a truncation leaves counts as durable.
    else if (operation === 'truncate') this.#resized(path, call.offset);
    else if (operation === 'rename') {
      this.#files.renamed(path, otherPath, request.otherPath ?? otherPath);
    } else if (operation === 'unlink') this.#files.forget(path);
  }

  #resized(path: string, sizeBytes: number): void {
    const file = this.#files.of(path);
    this.#files.synced(path);
    if (file) file.sizeBytes = sizeBytes;
  }

  async #look(file: OpenFile, handle: string) {
    const [attributes, opened] = await Promise.all([
      this.#own.ask(fstatPacket(handle)),
      this.#own.ask(openToRead(file.name)),
    ]);
    const sizeBytes = attributes && sizeOf(replyAttributes(attributes));
    const reader = opened && replyHandle(opened) !== null ? opened : null;
    return { sizeBytes: sizeBytes ?? Number.POSITIVE_INFINITY, reader };
  }

  #keep(file: UnsyncedFile, reader: Buffer | null, first: number, pages: number): void {
    const { sizeBytes } = file;
    const keep = (data: Uint8Array) => file.history.keep(first, pages, data, sizeBytes, false);
    const handle = reader && replyHandle(reader);
    if (handle === null || first * PAGE_BYTES >= sizeBytes) {
      keep(NO_BYTES);
      return;
    }
    const read = readPacket(handle, first * PAGE_BYTES, pages * PAGE_BYTES);
    this.#own.send(read, (reply) => reply && keep(replyData(reply) ?? NO_BYTES));
  }

  #closed(file: OpenFile): void {
    const reader = this.#kept.get(file)?.reader;
    this.#kept.delete(file);
    if (reader) this.#own.send(closePacket(reader));
  }
}

const NOTHING = () => undefined;
const NO_BYTES = new Uint8Array();
