// The judges, by what they look for.

import { judgeAppendRace } from './append-race.ts';
import type { FlagKind, JudgeMaker } from './flag.ts';
import { judgeIgnoredError } from './ignored-error.ts';
import { judgeRenameBeforeFsync } from './rename-before-fsync.ts';
import { judgeShortWrite } from './short-write.ts';
import { judgeTruncatedAfterWrite } from './truncated-after-write.ts';
import { judgeUnlistedErrno } from './unlisted-errno.ts';

export const JUDGES: Readonly<Record<FlagKind, JudgeMaker>> = {
  'unlisted-errno': judgeUnlistedErrno,
  'short-write': judgeShortWrite,
  'ignored-error': judgeIgnoredError,
  'append-race': judgeAppendRace,
  'truncated-after-write': judgeTruncatedAfterWrite,
  'rename-before-fsync': judgeRenameBeforeFsync,
};
