// Safe where every writer gives the final name by a rename, or by the end of an upload, at last.

import type { ReadinessRule } from '../../domain/delivery.ts';
import { isTemporaryName } from '../temporary-names.ts';

export const finalName: ReadinessRule = {
  name: 'final-name',
  about: 'it has a name that no unfinished file has (not .part, .tmp, a leading dot)',
  sees: [],
  begin:
    () =>
    (name, { files }) =>
      files.has(name) && !isTemporaryName(name),
};
