// The verdict in one to three sentences: the first thing read at 3 a.m., so numbers come with the
// noun that they count and nothing is said that the trials do not show.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount } from '../base/quantities.ts';
import { EXIT_CLEAN } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import { PROMISE_WORDS, type PromiseName } from '../domain/promise.ts';
import { exitMeaning } from './exit-meaning.ts';
import { keptWords, promiseSums } from './promise-sums.ts';
import { boundText, countWords, plural } from './rate-words.ts';
import { surpriseWords } from './surprise.ts';

/** What is true when a promise is broken, for the first line of a report. */
const BROKEN_WORDS: Readonly<Record<PromiseName, string>> = {
  'read-back': 'acknowledged data were not read back as written',
  'unit-atomic': 'readers saw updates half done, part old and part new',
  'fresh-read': 'reads did not see writes that were acknowledged before they began',
  'append-atomic': 'appended records were mixed or lost',
  'replace-atomic': 'readers of a replaced file saw neither the old file nor the new one, whole',
  'ready-whole': 'files were picked up before they were whole',
  synced: 'after fsync the medium did not hold what was written',
  'message-delivered': 'messages that were accepted were lost',
  'message-once': 'messages were delivered more than once',
  'message-whole': 'deliveries were not the messages that were sent',
  'sender-order': 'messages of one sender overtook each other',
  'total-order': 'receivers were handed the same messages in different orders',
  'message-in-time': 'messages came after their deadline',
};

const NOT_ENDED = 'the hunt did not end (killed, or still running)';

/** A few lines; usable for `report.words`. The first begins with the verdict in capitals. */
export function verdictWords(report: Omit<HuntReport, 'words'>): string[] {
  const notKept = report.guarantees.filter((guarantee) => !guarantee.kept && !guarantee.expected);
  if (report.verdict === 'clean' && notKept.length > 0) {
    return [...cleanWithSurprise(report), ...untriedLines(report)];
  }
  const lines = [headline(report)];
  if (report.verdict === 'clean') lines.push(...untriedLines(report));
  else if (report.endedAt === null) lines.push(`So far only: ${NOT_ENDED}.`);
  if (report.verdict === 'damaged' && report.signature) lines.push(report.signature.words);
  if (notKept.length > 0) {
    lines.push(
      `Of what nobody promised, ${plural(notKept.length, 'guarantee')} ` +
        `${notKept.length === 1 ? 'is' : 'are'} not kept: not damage, but see the advice.`,
    );
  }
  return lines;
}

/** What was never tried is not clean. */
function untriedLines({ cells }: Pick<HuntReport, 'cells'>): string[] {
  const untried = cells.filter((cell) => cell.trials === 0).length;
  if (untried === 0) return [];
  const were = untried === 1 ? 'was' : 'were';
  return [`${formatCount(untried)} of ${plural(cells.length, 'cell')} ${were} never tried.`];
}

/** What a newcomer did not expect, and why it is no damage all the same. */
function cleanWithSurprise(report: Omit<HuntReport, 'words'>): string[] {
  const expected = report.plan.expectations.map(({ promise }) => {
    const sum = promiseSums(report.cells).find((each) => each.promise === promise);
    const kept = sum ? `never broken here (${keptWords(sum, report.cells)})` : 'not tested here';
    return `${PROMISE_WORDS[promise]}, ${kept}`;
  });
  const itself = report.cells.some(({ promises }) => promises.some(({ expected: is }) => is));
  const { code, words } = exitMeaning(report);
  const exit = code === EXIT_CLEAN ? `exit ${code}` : `exit ${code}: ${words}`;
  const asked =
    expected.length === 0
      ? itself
        ? 'expected is only what each channel promises itself'
        : 'this plan expects nothing'
      : `expected is only that ${expected.join('; that ')}`;
  return [
    report.endedAt === null
      ? `CLEAN so far, and good to know: ${surpriseWords(report)}; ${NOT_ENDED}.`
      : `CLEAN, and good to know: ${surpriseWords(report)}.`,
    `No damage (${exit}): ${asked}. Nobody promised the rest.`,
  ];
}

function headline(report: Omit<HuntReport, 'words'>): string {
  const { clean, damaged, failed, unknown } = report.trials;
  const counted = clean + damaged + failed;
  switch (report.verdict) {
    case 'damaged': {
      const kinds = report.signature?.kinds ?? [];
      const kind = kinds.length > 0 ? ` (${kinds.join(', ')})` : '';
      const broken = brokenPromises(report).map((promise) => BROKEN_WORDS[promise]);
      const what = broken.length > 0 ? broken.join('; ') : 'something expected did not hold';
      return `DAMAGED: ${what}${kind}, in ${formatCount(damaged)} of ${plural(counted, 'trial')}.`;
    }
    case 'failed': {
      const errnos = [...new Set(report.failures.map((failure) => failure.errno))];
      return (
        `FAILED: operations returned errors in ${formatCount(failed)} of ` +
        `${plural(counted, 'trial')} (${errnos.join(', ')}). No data were damaged.`
      );
    }
    case 'unknown':
      return counted === 0
        ? `UNKNOWN: none of ${plural(unknown, 'trial')} could be judged.`
        : `UNKNOWN: ${countWords(unknown, counted + unknown, 'trials')} could not be judged; ` +
            'nothing was damaged in the others.';
    case 'clean': {
      const bound = boundText(binomialInterval(0, counted).high ?? 1, 'up');
      const none = `no damage in ${plural(counted, 'trial')}`;
      const said = `${none} (at 95% certainty, under ${bound} of trials)`;
      return report.endedAt === null ? `CLEAN so far: ${said}; ${NOT_ENDED}.` : `CLEAN: ${said}.`;
    }
  }
}

/** Expected promises that were broken, the most often broken first. */
export function brokenPromises(report: Pick<HuntReport, 'cells' | 'findings'>): PromiseName[] {
  const broken = promiseSums(report.cells)
    .filter((sum) => sum.expected && sum.broken > 0)
    .toSorted((a, b) => b.broken - a.broken)
    .map((sum) => sum.promise);
  if (broken.length > 0) return broken;
  return [...new Set(report.findings.filter((f) => f.expected).map((f) => f.promise))];
}
