// A GOOD file that is stamped tells more than its bytes: found words are decoded first (they name
// generation, file and hunt), and only what they do not explain is sought by content.

import { learnIdentity } from '../stamp/stamped-identity.ts';
import { stampedSetting } from './blocks.ts';
import type { OpenedFile } from './good-file.ts';
import type { ObservedBytes } from './observed-bytes.ts';
import type { Origins } from './segmenter.ts';
import { type StampedSetting, stampedOrigins } from './stamped-origins.ts';

export interface GoodStamps {
  readonly setting: StampedSetting;
  readonly origins: Origins;
}

/** Null where GOOD is not stamped. */
export function goodStamps(good: OpenedFile, observed: ObservedBytes): GoodStamps | null {
  const identity = learnIdentity(good.descriptor, good.length);
  if (!identity) return null;
  const { stream, generation } = identity;
  const versionOf = (block: number) =>
    block * stream.blockBytes < good.length ? { generation } : undefined;
  const setting = stampedSetting(stream, observed, versionOf, generation, good.length);
  return { setting, origins: stampedOrigins(setting) };
}
