// Our side of a comparison over a client, in a fresh process as the peer is: writes a stamped file,
// or reads one and checks every word, and prints its speed. One part is encoded or checked while
// the others are on their way. The clock runs from before the connection to after its end; before
// that some MiB are moved through another one, since the peer was compiled ahead and this was not.

import { monotonicMs } from '../src/base/clock.ts';
import type { MediumClient } from '../src/domain/medium.ts';
import { connectMedium } from '../src/medium/media.ts';
import { createStampKernel } from '../src/stamp/kernel.ts';
import { huntNumberOf } from '../src/stamp/reference.ts';

const BLOCK_BYTES = 4096;
const PART_BYTES = 2 ** 20;
const PARTS_IN_FLIGHT = 4;
const WARM_UP_BYTES = 32 * 2 ** 20;

const [direction, url = '', sizeText] = process.argv.slice(2);
const allBytes = Number(sizeText);
const kernel = createStampKernel(PART_BYTES * PARTS_IN_FLIGHT);
kernel.use({
  hunt: huntNumberOf('1'),
  file: 1,
  writer: 0,
  blockBytes: BLOCK_BYTES,
  pattern: 'stamp',
  fileBytes: allBytes,
});

/** Each slot of the kernel's memory takes the next part as soon as it is done with its last. */
async function inParts(
  bytes: number,
  act: (offset: number, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const slots = Array.from({ length: PARTS_IN_FLIGHT }, async (_, slot) => {
    while (next < bytes) {
      const offset = next;
      next += PART_BYTES;
      await act(offset, slot * PART_BYTES);
    }
  });
  await Promise.all(slots);
}

async function write(client: MediumClient, path: string, bytes: number): Promise<void> {
  const file = await client.create(path, { stability: 'any', upload: 'any', totalBytes: bytes });
  await inParts(bytes, (offset, at) => {
    kernel.encode(at, offset / BLOCK_BYTES, PART_BYTES / BLOCK_BYTES, 1, 0n);
    return file.write(offset, kernel.memory.subarray(at, at + PART_BYTES));
  });
  await file.close();
}

async function readAndVerify(client: MediumClient, path: string, bytes: number): Promise<void> {
  await inParts(bytes, async (offset, at) => {
    const came = await client.read(path, offset, kernel.memory.subarray(at, at + PART_BYTES));
    const wrong = kernel.check(at, offset / BLOCK_BYTES, PART_BYTES, 1);
    if (came !== PART_BYTES || wrong !== -1) throw new Error(`wrong at ${offset + wrong}: ${came}`);
  });
}

async function warmUp(): Promise<void> {
  const { client } = await connectMedium(url);
  await write(client, '/warm-up', WARM_UP_BYTES);
  await readAndVerify(client, '/warm-up', WARM_UP_BYTES);
  await client.removeTree('/warm-up');
  await client.close();
}

await warmUp();
const startedMs = monotonicMs();
const { client } = await connectMedium(url, { limitMs: 60_000 });
await (direction === 'write' ? write : readAndVerify)(client, '/ours', allBytes);
await client.close();
const seconds = (monotonicMs() - startedMs) / 1000;
console.log(JSON.stringify({ mibPerSecond: allBytes / 2 ** 20 / seconds }));
