// The faults `unsynced`: at a signal or after a time the server has as good as crashed and come
// back. Files are put back to what they were at their last fsync, by a connection of the proxy's
// own,
// and until that is done nobody is answered. The sessions go on, which none of a real crash would.

import type { MediumClient } from '../../domain/medium.ts';
import type { ArmedFault, ArmedFaults } from '../armed-faults.ts';
import { CrashMoments } from '../crash-moments.ts';
import { PAGE_BYTES } from '../page-history.ts';
import type { UnsyncedFile, UnsyncedFiles } from './unsynced-files.ts';

const ANY_MANNER = { stability: 'any', upload: 'any', totalBytes: 0 } as const;

export class ServerCrashes {
  readonly #faults: ArmedFaults;
  readonly #files: UnsyncedFiles;
  readonly #connect: () => Promise<MediumClient>;
  readonly #moments: CrashMoments;

  /** @param connect of which absolute and relative names are those of the server */
  constructor(faults: ArmedFaults, files: UnsyncedFiles, connect: () => Promise<MediumClient>) {
    this.#faults = faults;
    this.#files = files;
    this.#connect = connect;
    this.#moments = new CrashMoments(faults, (armed) => files.during(() => this.#crash(armed)));
  }

  close(): void {
    this.#moments.close();
  }

  async #crash(armed: ArmedFault): Promise<void> {
    const files = this.#files.by(armed);
    await Promise.all(files.flatMap(({ underWay }) => [...underWay]));
    const lost = files.filter(({ history }) => history.lost() !== null);
    if (lost.length === 0) return;
    const client = await this.#connect().catch((error: Error) => error);
    for (const file of lost) await this.#lose(armed, file, client);
    if (!(client instanceof Error)) await client.close();
  }

  async #lose(armed: ArmedFault, file: UnsyncedFile, client: MediumClient | Error): Promise<void> {
    const range = file.history.lostRange();
    if (range === null) return;
    const call = { operation: 'write', path: file.path, ...range } as const;
    if (this.#faults.firing(call, (fault) => fault === armed.fault).length === 0) return;
    const failed = (error: Error) => `could not be put back: ${error.message}`;
    const what = client instanceof Error ? failed(client) : putBack(client, file).catch(failed);
    this.#faults.receipt(armed, call, await what);
    file.history.synced();
  }
}

/** Resolves to the words for the receipt. */
async function putBack(client: MediumClient, file: UnsyncedFile): Promise<string> {
  const { size, pages } = file.history.lost() ?? { size: file.sizeBytes, pages: new Map() };
  const opened = await client.open(file.name, ANY_MANNER);
  try {
    for (const [page, data] of pages) {
      if (data.length > 0) await opened.write(page * PAGE_BYTES, data);
    }
    await opened.truncate(size);
  } finally {
    await opened.close();
  }
  file.sizeBytes = size;
  return `as it was at the last fsync: ${size} bytes, ${pages.size} pages put back`;
}
