// What a match takes of a batch of records, key and time of each, in arrays that are used again for
// the next batch: new ones for each would be most of what the garbage collector has to do.

import { relativeTimes } from './match-bounds.ts';
import { keyWords, type TextNumbers } from './message-key.ts';
import type { Columns } from './record-scan.ts';

/** Times are relative to `baseNs`. What the reader returns is valid until its next call. */
export function batchReader(fields: readonly string[], baseNs: bigint, texts: TextNumbers) {
  let words = new Int32Array(0);
  let times = new Float64Array(0);
  return (columns: Columns) => {
    const { length, timeNs, sequence } = columns;
    if (times.length < length) {
      words = new Int32Array(2 * fields.length * sequence.length);
      times = new Float64Array(sequence.length);
    }
    keyWords(columns, fields, texts, words);
    relativeTimes(timeNs, length, baseNs, times);
    return { words, times };
  };
}
