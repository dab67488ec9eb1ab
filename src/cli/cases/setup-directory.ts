// A case that brings all that it needs with its plan, and stands on the place that was given.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseGround, CaseSetup } from './case-setup.ts';

export const directorySetup: CaseSetup = {
  about: 'a directory of its own on the given place',
  async open(work): Promise<CaseGround> {
    const place = join(work, 'place');
    mkdirSync(place);
    return {
      places: { place },
      values: {},
      about: `the file system of ${work}`,
      isTransient: false,
      close: async () => undefined,
    };
  },
};
