// One member of a tar archive as a stream, read forward: ustar, pax and GNU long names, as the
// library reads them. What a cut archive still has of a member is given, and what is not there is
// for the check to miss.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { extract, type Header } from 'tar-stream';
import { formatCount } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';

const NAMES_SHOWN = 8;
/** What was given to the library comes out of it in a few turns. */
const TURNS_MAX = 1000;
const TURNS_MIN = 4;
const RECORD_BYTES = 512;
const FILES: readonly unknown[] = ['file', 'contiguous-file', null];

/**
 * The content of the first member of that name; `./` before a name does not count.
 * @param archive for messages
 * @throws HeisenwriteError no-such-file when no member has the name, not-readable when it is no
 *   file or the archive is none; and what `chunks` throws
 */
export async function* tarMember(
  archive: string,
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const member = new Member(archive, name);
  let archiveBytes = 0;
  for await (const chunk of chunks) {
    archiveBytes += chunk.length;
    await member.feed(chunk);
    yield* member.given();
    if (member.isWhole) return;
  }
  await member.settle(archiveBytes);
  yield* member.given();
}

/** Where the content begins, as the library adds it. */
type Placed = Header & { readonly byteOffset?: number };

class Member {
  private readonly archive: string;
  private readonly wanted: string;
  private readonly seen: string[] = [];
  private readonly archiveStream = extract();
  private header: Header | null = null;
  private last: Placed | null = null;
  private waiting: Uint8Array[] = [];
  private givenBytes = 0;
  private failure: Error | null = null;
  private wake = () => {};

  constructor(archive: string, name: string) {
    this.archive = archive;
    this.wanted = plain(name);
    this.archiveStream.on('error', (error) => {
      this.failure ??= error;
    });
    this.archiveStream.on('drain', () => this.wake());
    this.archiveStream.on('close', () => this.wake());
    this.archiveStream.on('entry', (header, stream, next) => {
      this.last = header;
      stream.on('end', () => next());
      if (this.header === null && plain(header.name) === this.wanted) {
        this.header = header;
        stream.on('data', (chunk) => this.waiting.push(chunk as Uint8Array));
        return;
      }
      if (this.seen.length < NAMES_SHOWN) this.seen.push(header.name);
      stream.resume();
    });
  }

  get isWhole(): boolean {
    return this.header !== null && this.givenBytes >= (this.header.size ?? 0);
  }

  /** Gives the archive on and waits until the library wants more. */
  async feed(chunk: Uint8Array): Promise<void> {
    const { archiveStream } = this;
    if (!archiveStream.write(chunk)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.refuseOther();
  }

  private refuseOther(): void {
    if (this.failure && this.last === null) refuseNoArchive(this.archive);
    if (this.failure) {
      const message = `${this.archive} cannot be read as a tar archive: ${this.failure.message}`;
      throw new HeisenwriteError('not-readable', message, {
        remedy: 'decompress it first: `zcat ARCHIVE.tar.gz | heisenwrite verify - --member NAME`',
      });
    }
    if (this.header && !FILES.includes(this.header.type ?? null)) {
      const message = `${this.header.name} in ${this.archive} is a ${this.header.type}, no file`;
      throw new HeisenwriteError('not-readable', message, { remedy: 'name a file of it' });
    }
  }

  /** Waits for all that the archive holds of the member, when it has ended. */
  async settle(archiveBytes: number): Promise<void> {
    // The library reads in later turns what it was given.
    for (let turns = 0; this.header === null && turns < TURNS_MIN; turns++) await nextTurn();
    this.refuseOther();
    if (this.header === null) {
      if (this.last === null && archiveBytes < RECORD_BYTES) refuseNoArchive(this.archive);
      const names = this.seen.length > 0 ? `it begins with ${this.seen.join(', ')}` : 'it is empty';
      const cut = isCut(this.last, archiveBytes);
      const bytes = formatCount(archiveBytes);
      const archive = cut ? `${this.archive}, cut off after ${bytes} bytes,` : this.archive;
      const message = `${archive} has no member ${this.wanted}: ${names}`;
      throw new HeisenwriteError('no-such-file', message, {
        remedy: cut
          ? 'fetch the whole archive: the member may be in what is not there'
          : 'see its members with `tar -tf ARCHIVE`',
      });
    }
    const begins = (this.header as Placed).byteOffset ?? 0;
    const there = Math.min(this.header.size ?? 0, archiveBytes - begins);
    const came = () => this.waiting.reduce((sum, { length }) => sum + length, this.givenBytes);
    for (let turns = 0; came() < there && turns < TURNS_MAX; turns++) await nextTurn();
  }

  *given(): Generator<Uint8Array> {
    this.refuseOther();
    for (const chunk of this.waiting.splice(0)) {
      this.givenBytes += chunk.length;
      yield chunk;
    }
  }
}

/** Behind the last member stand records of zeros: without one, something is not there. */
function isCut(last: Placed | null, archiveBytes: number): boolean {
  const content = Math.ceil((last?.size ?? 0) / RECORD_BYTES) * RECORD_BYTES;
  return archiveBytes < (last?.byteOffset ?? 0) + content + RECORD_BYTES;
}

function refuseNoArchive(path: string): never {
  throw new HeisenwriteError('not-readable', `${path} is no tar archive`, {
    remedy:
      'a stamped file is checked without --member; a compressed archive is decompressed first: ' +
      '`zcat ARCHIVE.tar.gz | heisenwrite verify - --member NAME`',
  });
}

function plain(name: string): string {
  return name.startsWith('./') ? name.slice(2) : name;
}
