// Our side of a comparison, in a fresh process as fio is: reads and checks, or rewrites, one file
// that is there already, and prints its speed and its greatest resident memory. Like fio's, the
// clock runs from the job's start, not from the process's.
// fio was compiled ahead; the kernel is compiled to its final code before the clock as well.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { monotonicMs } from '../src/base/clock.ts';
import { createStampKernel } from '../src/stamp/kernel.ts';
import { huntNumberOf } from '../src/stamp/reference.ts';
import { writeStamps } from '../src/stamp/stamped-file.ts';
import { scanStampedFile } from '../src/stamp/stamped-scan.ts';

const [direction, file = '', sizeText] = process.argv.slice(2);
compileKernel();
const startedMs = monotonicMs();
let bytes = Number(sizeText);
let damagedBlocks = 0;
if (direction === 'write') {
  const options = { sizeBytes: bytes, blockBytes: 4096, generation: 1, pattern: 'stamp' } as const;
  const stream = { ...options, hunt: huntNumberOf('1'), file: 1, writer: 0, fileBytes: bytes };
  const descriptor = openSync(file, 'r+');
  await writeStamps(descriptor, file, stream, options, 0n);
  closeSync(descriptor);
} else {
  const scan = await scanStampedFile(file, () => {});
  bytes = scan.checkedBytes;
  damagedBlocks = scan.damagedBlocks;
}
const seconds = (monotonicMs() - startedMs) / 1000;
const status = readFileSync('/proc/self/status', 'latin1');
const residentMiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
const speed = bytes / 2 ** 20 / seconds;
console.log(JSON.stringify({ mibPerSecond: speed, bytes, damagedBlocks, residentMiB }));

/** The engine compiles the loops anew once they have run for a while: over some 16 MiB here. */
function compileKernel(): void {
  const kernel = createStampKernel(65_536);
  const hunt = huntNumberOf('1');
  const stream = { hunt, file: 1, writer: 0, blockBytes: 4096, fileBytes: 0 };
  kernel.use({ ...stream, pattern: 'stamp' });
  for (let round = 0; round < 256; round++) {
    kernel.encode(0, 0, 16, 1, 0n);
    kernel.check(0, 0, 65_536, 1);
  }
}
