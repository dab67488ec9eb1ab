// Which errors calls on a socket may return by the manuals: those of the call itself, and those
// that ip(7), tcp(7), udp(7) and unix(7) add for every call, as the pages of the calls refer to
// them.

const SOURCE = 'Linux man-pages 6.03';

/** "Additional errors may be generated ... by the underlying protocol modules", send(2). */
const PROTOCOLS =
  'EACCES EADDRINUSE EADDRNOTAVAIL EAGAIN EALREADY ECONNABORTED EHOSTUNREACH EINVAL EISCONN ' +
  'EMSGSIZE ENOBUFS ENOENT ENOPKG ENOPROTOOPT ENOTCONN EPERM EPIPE ESOCKTNOSUPPORT ' +
  'EAFNOSUPPORT ETIMEDOUT ECONNREFUSED ECONNRESET EBADF EFAULT ENFILE ENOMEM EOPNOTSUPP ' +
  'EPROTONOSUPPORT EPROTOTYPE ESRCH ETOOMANYREFS ENETUNREACH ENETDOWN EHOSTDOWN';

const CALLS: Readonly<Record<string, string>> = {
  send:
    'EACCES EAGAIN EWOULDBLOCK EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EINTR EINVAL ' +
    'EISCONN EMSGSIZE ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE',
  recv: 'EAGAIN EWOULDBLOCK EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK',
  connect:
    'EACCES EPERM EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED ' +
    'EFAULT EINPROGRESS EINTR EISCONN ENETUNREACH ENOTSOCK EPROTOTYPE ETIMEDOUT',
  accept:
    'EAGAIN EWOULDBLOCK EBADF ECONNABORTED EFAULT EINTR EINVAL EMFILE ENFILE ENOBUFS ENOMEM ' +
    'ENOTSOCK EOPNOTSUPP EPERM EPROTO',
};

/** On a socket they are send and recv. */
const SAME: Readonly<Record<string, string>> = { write: 'send', read: 'recv' };

/**
 * Null for a call without a list.
 * @param call as the manual has it: `send`, `write`
 */
export function documentedSocketErrnos(
  call: string,
): { readonly errnos: ReadonlySet<string>; readonly source: string } | null {
  const name = SAME[call] ?? call;
  const listed = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  if (listed === undefined) return null;
  const errnos = new Set(`${listed} ${PROTOCOLS}`.split(' '));
  return { errnos, source: `${SOURCE}, ${name}(2) with socket(7), ip(7) and unix(7)` };
}
