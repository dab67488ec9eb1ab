// S3 as radosgw serves it keeps the contract of media.

import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { s3 } from '../../src/medium/s3.ts';
import { mediumContract } from '../conformance/medium-contract.ts';

mediumContract('s3: on radosgw', async () => {
  const server = await startRadosgw();
  Object.assign(process.env, server.environment);
  return { url: server.url, adapter: s3, stop: () => server.stop() };
}, ['radosgw']);
