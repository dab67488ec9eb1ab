// A further thread of a scan: takes pieces until there are none, and says what went wrong, if so.

import { parentPort, workerData } from 'node:worker_threads';
import { type PieceJob, PieceScanner } from './scan-pieces.ts';

const scanner = new PieceScanner(workerData as PieceJob);
try {
  while (!scanner.isAllTaken) {
    const piece = scanner.take();
    if (piece === null) scanner.waitForRoom();
    else scanner.scan(piece);
  }
} catch (error) {
  const { code = '', errno = 0, message } = error as NodeJS.ErrnoException;
  parentPort?.postMessage({ code, errno, message });
}
