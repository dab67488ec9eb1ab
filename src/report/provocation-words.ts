// What a provocation has to do with the failures, in words: how many fell into its windows, how
// many would by chance, and how sure that is. Timed are the first ones of each trial, the only ones
// that are kept with their time.

import { formatCount, formatDuration } from '../base/quantities.ts';
import type { ProvocationReport } from '../domain/hunt-report.ts';
import type { ProvocationFacts } from '../domain/provoked.ts';
import { plural } from './rate-words.ts';

/** Under this the alignment is not called chance. */
const P_CONNECTED = 0.01;

export function provocationReport(facts: ProvocationFacts): ProvocationReport {
  return { ...facts, words: sentence(facts) };
}

function sentence(facts: ProvocationFacts): string {
  const { provocation, level, fired, failures, inside, expected, pValue, trials } = facts;
  const name = level === '' || level === '0' ? provocation : `${provocation}=${level}`;
  if (fired === 0) return `${name}: never fired in ${plural(trials, 'trial')}`;
  const often = `${name}: fired ${plural(fired, 'time')} in ${plural(trials, 'trial')}`;
  if (failures === 0) return `${often}, and nothing failed meanwhile`;
  if (pValue === null) {
    return `${often}, in force nearly all the time; compare the cells with and without it`;
  }
  const counted =
    `${formatCount(inside)} of ${plural(failures, 'timed failure')} began ${whenWords(facts)}; ` +
    `by chance ${chanceText(expected)} would, ${pText(pValue)}`;
  if (pValue <= P_CONNECTED) return `${name}: ${counted}`;
  return `${name}: ${counted}: no connection seen${laterWords(facts)}`;
}

/** A write that goes wrong within a window is no less so for being read after it. */
function laterWords({ failures, failuresRead }: ProvocationFacts): string {
  if (failuresRead === 0) return '';
  const which = failuresRead === failures ? 'they are' : `${formatCount(failuresRead)} of them are`;
  return `, but ${which} timed by the read that saw the damage, and not by the write`;
}

function whenWords({ inForceMs, fired, withinMs }: ProvocationFacts): string {
  const eachMs = inForceMs / fired;
  const within = formatDuration(withinMs);
  return eachMs < 1 ? `within ${within} of it` : `while it was in force or within ${within} after`;
}

function chanceText(expected: number): string {
  return expected >= 10 ? formatCount(Math.round(expected)) : expected.toFixed(1);
}

function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
}
