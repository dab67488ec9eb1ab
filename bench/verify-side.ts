// Our side of bench/verify-file.ts, in a fresh process as cat is: verifies one file and prints its
// speed and its greatest resident memory. The clock runs from the job's start, not the process's.

import { readFileSync } from 'node:fs';
import { monotonicMs } from '../src/base/clock.ts';
import { verifyFile } from '../src/diagnose/files.ts';

const [file = ''] = process.argv.slice(2);
const startedMs = monotonicMs();
const { bytes, verdict } = await verifyFile(file);
const seconds = (monotonicMs() - startedMs) / 1000;
const status = readFileSync('/proc/self/status', 'latin1');
const residentMiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
console.log(JSON.stringify({ mibPerSecond: bytes / 2 ** 20 / seconds, verdict, residentMiB }));
