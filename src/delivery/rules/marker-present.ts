// Safe where the marker is written after the file, and on a medium where that order is kept.

import type { ReadinessRule } from '../../domain/delivery.ts';
import { MARKER_ENDING } from '../temporary-names.ts';

export const markerPresent: ReadinessRule = {
  name: 'marker-present',
  about: `its marker (NAME${MARKER_ENDING}) is there`,
  sees: [],
  begin:
    () =>
    (name, { files }) =>
      files.has(name) && files.has(name + MARKER_ENDING),
};
