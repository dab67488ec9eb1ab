// One close is taken for the last one.

import type { ReadinessRule } from '../../domain/delivery.ts';

export const closeWrite: ReadinessRule = {
  name: 'close-write',
  about: 'a process of this host has closed it after writing (inotify IN_CLOSE_WRITE)',
  sees: ['closed'],
  begin:
    () =>
    (name, { files }) =>
      (files.get(name)?.closedWrites ?? 0) > 0,
};
