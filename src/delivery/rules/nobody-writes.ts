// Sees what the processes of this host have open, and none of those behind a server; a writer that
// closes the file between two parts, or has not opened it again, is not seen either.

import type { ReadinessRule } from '../../domain/delivery.ts';

export const nobodyWrites: ReadinessRule = {
  name: 'nobody-writes',
  about: 'no process of this host has it open for writing (/proc)',
  sees: ['open'],
  begin:
    () =>
    (name, { files }) =>
      files.get(name)?.isBeingWritten === false,
};
