// Both together: sees a write into the middle, which leaves the size; not a writer that waits.

import type { ReadinessRule } from '../../domain/delivery.ts';
import { Steady } from '../steady.ts';

export const sizeAndMtimeStable: ReadinessRule = {
  name: 'size-and-mtime-stable',
  about: 'neither its size nor its time of modification has changed for a while',
  sees: ['modified'],
  begin({ settleMs }) {
    const steady = new Steady();
    return (name, { atMs, files }) => {
      const file = files.get(name);
      if (!file || file.modifiedMs === null) return false;
      return steady.ms(name, `${file.bytes} ${file.modifiedMs}`, atMs) >= settleMs;
    };
  },
};
