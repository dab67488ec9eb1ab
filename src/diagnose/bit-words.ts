// Bit numbers and 64-bit values as a person says them.

/** `bit 3`, `bits 0-31`, `bits 1, 4-7 and 63`. @param bits ascending */
export function bitWords(bits: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const bit of bits) {
    const run = runs.at(-1);
    if (run && run.last === bit - 1) run.last = bit;
    else runs.push({ first: bit, last: bit });
  }
  const texts = runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  const list = texts.length < 3 ? texts.join(' and ') : listed(texts);
  return `${bits.length === 1 ? 'bit' : 'bits'} ${list}`;
}

function listed(texts: readonly string[]): string {
  return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** `all ones`, `all zeros`, else the 16 hex digits themselves. */
export function valueWords(hex: string): string {
  if (/^f+$/.test(hex)) return 'all ones';
  return /^0+$/.test(hex) ? 'all zeros' : hex;
}

/** `all ones`, `all ones or all zeros`, `01.., 02.. or 03..`. */
export function valuesWords(hexes: readonly string[]): string {
  const texts = hexes.map(valueWords);
  if (texts.length < 2) return texts.join('');
  return `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}
