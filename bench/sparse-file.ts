// A file of any length that takes next to no space: the first blocks are stamped, the rest is
// holes.

import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { encodeBlocks } from '../src/stamp/reference.ts';

export function stampSparse(path: string, fileBytes: number): void {
  const hunt = '0000000000000001';
  const blockBytes = 2 ** 20;
  const stream = { hunt, file: 1, writer: 0, blockBytes, pattern: 'zeros', fileBytes } as const;
  const descriptor = openSync(path, 'wx');
  ftruncateSync(descriptor, fileBytes);
  writeSync(descriptor, encodeBlocks(stream, 0, 1, 1, 0n), 0, blockBytes, 0);
  closeSync(descriptor);
}
