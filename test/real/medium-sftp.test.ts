// SFTP against a real OpenSSH server: the contract of media, who is let in and on whose word, and
// what the calls say when the server refuses, is full, hangs or dies in the middle.

import { sftp } from '../../src/medium/sftp.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import { startSshd } from '../servers/sshd.ts';
import { withEnvironment } from './environment.ts';
import type { Requirement } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'sshd', 'ssh-keygen'];

mediumContract(
  'sftp',
  async () => {
    const server = await startSshd();
    const restore = withEnvironment(server.environment);
    return {
      url: server.url,
      adapter: sftp,
      async stop() {
        restore();
        await server.stop();
      },
    };
  },
  NEEDS,
);
