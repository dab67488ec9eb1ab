// The most usual guess of all, and the one that an out-of-order writer fools: its first write to
// the end of the file gives the size that it will keep.

import type { ReadinessRule } from '../../domain/delivery.ts';
import { Steady } from '../steady.ts';

export const sizeStable: ReadinessRule = {
  name: 'size-stable',
  about: 'its size has not changed for a while',
  sees: [],
  begin({ settleMs }) {
    const steady = new Steady();
    return (name, { atMs, files }) => {
      const file = files.get(name);
      return file !== undefined && steady.ms(name, String(file.bytes), atMs) >= settleMs;
    };
  },
};
