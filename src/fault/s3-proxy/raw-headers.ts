// Headers as they came: names and values in one list, in their order and case, so that what is
// passed on is what was sent and a signature over it stays valid.

/** `[name, value, name, value, ...]` */
export type RawHeaders = readonly string[];

/** Of this connection alone: RFC 9110, section 7.6.1. Framing is kept; Node frames anew by it. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'upgrade',
]);

/** Of the first header of that name; null where there is none. */
export function headerOf(headers: RawHeaders, name: string): string | null {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === name) return headers[at + 1] as string;
  }
  return null;
}

/** Without those of a connection, and without `more`; names in lower case. */
export function forwarded(headers: RawHeaders, ...more: readonly string[]): string[] {
  return headers.filter((_, at) => {
    const name = (headers[at - (at % 2)] as string).toLowerCase();
    return !HOP_BY_HOP.has(name) && !more.includes(name);
  });
}

/** With another value for a header that is there; of one that is not, nothing changes. */
export function withValue(headers: RawHeaders, name: string, value: string): string[] {
  return headers.map((each, at) =>
    at % 2 === 1 && headers[at - 1]?.toLowerCase() === name ? value : each,
  );
}
