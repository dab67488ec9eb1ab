// An error of a channel with a code, as errno(3) names it or the protocol's own.

export function channelError(code: string, message: string): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code });
}

/** What a receiver's socket is told to do: a number of bytes, or nothing. */
export function numberOption(url: URL, name: string): number | null {
  const text = url.searchParams.get(name);
  if (text === null) return null;
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw channelError('EINVAL', `${name}=${text} is not a whole number`);
}
