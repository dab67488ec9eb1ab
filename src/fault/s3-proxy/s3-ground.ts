// What all requests of an S3 proxy share.

import type { Rng } from '../../base/rng.ts';
import type { ArmedFaults } from '../armed-faults.ts';
import type { RateLimits } from '../kinds/rate.ts';
import type { DelayedParts } from './delayed-parts.ts';
import type { EarlierObjects } from './earlier-objects.ts';
import type { ReplyTurns } from './reply-turns.ts';
import type { Signer } from './signer.ts';
import type { Uploads } from './uploads.ts';
import type { Upstream } from './upstream.ts';

export interface S3Ground {
  readonly faults: ArmedFaults;
  readonly rng: Rng;
  readonly rates: RateLimits;
  readonly upstream: Upstream;
  readonly uploads: Uploads;
  readonly earlier: EarlierObjects;
  readonly delayed: DelayedParts;
  readonly turns: ReplyTurns;
  /** Told what whoever runs the proxy should know. */
  readonly note: (text: string) => void;
  /** Null where requests are passed on with the signatures of their clients alone. */
  readonly signer: Signer | null;
  readonly domain: string | null;
}
