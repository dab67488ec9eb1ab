// What channels share: errors with a code, as errno(3) names it or the protocol's own, the length
// of a message, and numbers in an URL.

export function channelError(code: string, message: string): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code });
}

/** Of an option of the URL; null where it is not there. @throws Error `EINVAL` */
export function numberOption(url: URL, name: string): number | null {
  const text = url.searchParams.get(name);
  if (text === null) return null;
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw channelError('EINVAL', `${name}=${text} is not a whole number`);
}

export function lengthOf(vectors: readonly Uint8Array[]): number {
  return vectors.reduce((sum, vector) => sum + vector.length, 0);
}

/** @throws Error `EMSGSIZE` */
export function refuseLarger(lengthBytes: number, maxBytes: number): void {
  if (lengthBytes <= maxBytes) return;
  throw channelError('EMSGSIZE', `a message of ${lengthBytes} bytes, at most ${maxBytes} go`);
}
