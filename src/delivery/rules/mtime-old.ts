// Compares the clock of the medium with that of the observer, and what was written with a pause
// with what is finished; a copy that keeps the times of its source (rsync -t, cp -p) is old from
// birth.

import type { ReadinessRule } from '../../domain/delivery.ts';

export const mtimeOld: ReadinessRule = {
  name: 'mtime-old',
  about: 'its time of modification is a while ago',
  sees: ['modified'],
  begin:
    ({ settleMs }) =>
    (name, { wallMs, files }) => {
      const modifiedMs = files.get(name)?.modifiedMs ?? null;
      return modifiedMs !== null && wallMs - modifiedMs >= settleMs;
    },
};
