// All rules by which a watcher may believe that a file is ready, listed by hand.

import type { ReadinessRule } from '../domain/delivery.ts';
import { blocksCoverSize } from './rules/blocks-cover-size.ts';
import { chokidarFinished } from './rules/chokidar.ts';
import { closeWrite } from './rules/close-write.ts';
import { finalName } from './rules/final-name.ts';
import { lease } from './rules/lease.ts';
import { manifestComplete } from './rules/manifest-complete.ts';
import { markerPresent } from './rules/marker-present.ts';
import { mtimeOld } from './rules/mtime-old.ts';
import { nobodyWrites } from './rules/nobody-writes.ts';
import { sizeAndMtimeStable } from './rules/size-and-mtime-stable.ts';
import { sizeStable } from './rules/size-stable.ts';

export const RULES: readonly ReadinessRule[] = [
  sizeStable,
  mtimeOld,
  sizeAndMtimeStable,
  blocksCoverSize,
  nobodyWrites,
  lease,
  closeWrite,
  chokidarFinished,
  markerPresent,
  manifestComplete,
  finalName,
];
