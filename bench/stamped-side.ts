// Our side of a comparison, in a fresh process as fio is: reads and checks, or writes, one file,
// and prints its speed and its greatest resident memory. Start-up of the kernel is counted.

import { readFileSync } from 'node:fs';
import { monotonicMs } from '../src/base/clock.ts';
import { scanStampedFile, writeStampedFile } from '../src/stamp/stamped-file.ts';

const [direction, file = '', sizeText] = process.argv.slice(2);
const startedMs = monotonicMs();
let bytes = Number(sizeText);
let damagedBlocks = 0;
if (direction === 'write') {
  const blockBytes = 4096;
  const options = { sizeBytes: bytes, blockBytes, generation: 1, pattern: 'stamp', seed: '1' };
  await writeStampedFile(file, options as Parameters<typeof writeStampedFile>[1]);
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
