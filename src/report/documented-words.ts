// Whether an error is one that the manual of its call lists: what a program could have been written
// for, and what it could not.

import {
  type DocumentedCallName,
  documentedCall,
  isDocumented,
  SYSTEMS,
  type System,
} from '../domain/documented-errnos.ts';
import { documentedStatus } from '../domain/documented-statuses.ts';

/** Also from a client of ours that lost its server: there no system call is meant. */
const OF_CONNECTIONS = ['ECONNRESET', 'ECONNREFUSED', 'ENOTCONN', 'ETIMEDOUT', 'EPIPE'];

/**
 * Null where there is nothing to say: every manual lists it, or there is no manual for it.
 * @param operation `write`, or of NFSv3 `WRITE`
 * @param byClient whether the call was made of a client library, and may not be a system call
 */
export function documentedWords(
  operation: string,
  errno: string,
  byClient: boolean,
): string | null {
  const status = documentedStatus(operation, errno);
  if (status) return statusWords(operation, errno, status);
  if (byClient && OF_CONNECTIONS.includes(errno)) return null;
  return callWords(operation, errno);
}

function callWords(call: string, errno: string): string | null {
  if (!/^E[A-Z]+$/.test(errno) || documentedCall(call, 'Linux') === null) return null;
  const lists = (system: System) => isDocumented(call, errno, system) === true;
  const [with_, without] = [SYSTEMS.filter(lists), SYSTEMS.filter((each) => !lists(each))];
  if (without.length === 0) return null;
  const sockets = SYSTEMS.filter((each) => documentedCall(call, each)?.sockets.has(errno));
  const said = sockets.length > 0 ? ` (${listed(sockets)}: for sockets only)` : '';
  const page = pageOf(call);
  if (with_.length === 0) {
    return `${errno} from ${call}(): not an error that ${page} lists on ${listed(SYSTEMS)}${said}`;
  }
  const where = `on ${listed(with_, 'and')}, not on ${listed(without)}`;
  return `${errno} from ${call}(): ${page} lists it ${where}`;
}

function statusWords(
  procedure: string,
  errno: string,
  {
    section,
    listed: isListed,
    call,
    errno: seen,
  }: NonNullable<ReturnType<typeof documentedStatus>>,
): string {
  const protocol = isListed
    ? `RFC 1813 lists it (${section})`
    : `RFC 1813 does not list it (${section})`;
  const program = seen === null ? null : callWords(call, seen);
  const rest = program === null ? '' : `; a program on a mount gets ${program}`;
  return `${errno} from ${procedure}: ${protocol}${rest}`;
}

function pageOf(call: string): string {
  const pages: Partial<Record<DocumentedCallName, string>> = {
    fdatasync: 'fsync(2)',
    ftruncate: 'truncate(2)',
  };
  return pages[call as DocumentedCallName] ?? `${call}(2)`;
}

function listed(names: readonly string[], last = 'or'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}
