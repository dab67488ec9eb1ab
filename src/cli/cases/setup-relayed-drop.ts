// Two companies: one keeps objects in radosgw, and downloads them in ranges into a file of an SFTP
// server, where a relay of the other waits for them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startRadosgw } from '../../fleet/radosgw.ts';
import { startSshd } from '../../fleet/sshd.ts';
import { withEnvironment } from '../with-environment.ts';
import type { CaseGround, CaseSetup } from './case-setup.ts';

export const relayedDropSetup: CaseSetup = {
  about: 'radosgw and an OpenSSH server on loopback, as root',
  async open(work): Promise<CaseGround> {
    const stops: (() => unknown)[] = [];
    const close = async () => {
      for (const stop of stops.toReversed()) await stop();
    };
    try {
      const objects = await startRadosgw();
      stops.push(() => objects.stop());
      const directory = join(work, 'drop');
      mkdirSync(directory);
      const drop = await startSshd({ directory });
      stops.push(() => drop.stop());
      const variables = { ...objects.environment, ...drop.environment, SSH_AUTH_SOCK: '' };
      stops.push(withEnvironment(variables));
      return {
        places: { drop: drop.url },
        values: { origin: objects.url },
        about: 'radosgw, from which the writer downloads in ranges, and sshd, where a relay waits',
        isTransient: false,
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};
