// What the exit code of a hunt says, from the report alone, so that a script that reads the code
// and a person who reads the report cannot come to different ends.

import { EXIT_CLEAN, EXIT_DAMAGE, EXIT_INTERRUPTED, EXIT_UNKNOWN } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';

export interface ExitMeaning {
  readonly code: number;
  readonly words: string;
}

export function exitMeaning(report: Pick<HuntReport, 'verdict' | 'stopped'>): ExitMeaning {
  if (/^interrupt/i.test(report.stopped)) {
    return { code: EXIT_INTERRUPTED, words: 'interrupted; what was found is kept' };
  }
  switch (report.verdict) {
    case 'clean':
      return { code: EXIT_CLEAN, words: 'what was expected held in every trial' };
    case 'damaged':
      return { code: EXIT_DAMAGE, words: 'damage was found' };
    case 'failed':
      return { code: EXIT_DAMAGE, words: 'operations failed' };
    case 'unknown':
      return { code: EXIT_UNKNOWN, words: 'nothing may be concluded: the rig or the tester broke' };
  }
}
