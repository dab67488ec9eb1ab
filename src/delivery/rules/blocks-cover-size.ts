// Sees the holes of an out-of-order writer. A file that is meant to have holes is never ready by
// it, nor one that is compressed or stored in its inode; one that was preallocated is ready at
// once.

import type { ReadinessRule } from '../../domain/delivery.ts';
import { Steady } from '../steady.ts';

export const blocksCoverSize: ReadinessRule = {
  name: 'blocks-cover-size',
  about: 'as many blocks are allocated as its size needs, and both have stayed so for a while',
  sees: ['allocated'],
  begin({ settleMs }) {
    const steady = new Steady();
    return (name, { atMs, files }) => {
      const file = files.get(name);
      if (!file || file.allocatedBytes === null) return false;
      const ms = steady.ms(name, `${file.bytes} ${file.allocatedBytes}`, atMs);
      return file.allocatedBytes >= file.bytes && ms >= settleMs;
    };
  },
};
