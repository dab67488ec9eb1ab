// What the operations of one mount share.

import type { BackingTree } from './backing-tree.ts';
import type { FaultGate } from './fault-gate.ts';
import type { LayeredFiles } from './file-layers.ts';
import type { FileCalls } from './native-calls.ts';
import type { OpenFiles } from './open-files.ts';

/**
 * Whether the kernel may answer reads from its page cache. `auto`: not for a file that is opened
 * while a fault is set for reads or writes, so that each call of a program is one call here.
 */
export type CachePolicy = 'auto' | 'none' | 'kernel';
export const CACHE_POLICIES = ['auto', 'none', 'kernel'] as const satisfies CachePolicy[];

export interface MountContext {
  readonly tree: BackingTree;
  readonly files: OpenFiles;
  readonly layers: LayeredFiles;
  readonly gate: FaultGate;
  readonly calls: FileCalls;
  readonly cache: CachePolicy;
  /** Who makes the call that is being answered; null where that needs no care. */
  readonly caller: () => { readonly uid: number; readonly gid: number } | null;
}
