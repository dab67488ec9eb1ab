// A host may have a congestion control that sends by timers (bbr, the default of many). Between two
// ends of one host there is nothing to control, and the timers cost a relay a tenth of what passes
// (measured); so there ours asks for reno, which every kernel has and every user may ask for
// (tcp(7)). What leaves the host keeps what its administrator chose.

import { createRequire } from 'node:module';
import { BlockList, type Socket } from 'node:net';

// <netinet/in.h>, <netinet/tcp.h> of Linux
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;
const RENO = Buffer.from('reno');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

type SetOption = (fd: number, level: number, name: number, value: Buffer, bytes: number) => number;

let setOption: SetOption | null | undefined;

/** For a socket that is connected; where it cannot be had, nothing is changed. */
export function sendUnpaced(socket: Socket): void {
  const { remoteAddress, remoteFamily } = socket;
  if (remoteAddress === undefined) return;
  if (!LOOPBACK.check(remoteAddress, remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4')) return;
  const { _handle: handle } = socket as unknown as { readonly _handle?: { fd?: number } | null };
  const fd = handle?.fd ?? -1;
  if (setOption === undefined) setOption = loadSetOption();
  if (fd >= 0) setOption?.(fd, IPPROTO_TCP, TCP_CONGESTION, RENO, RENO.length);
}

function loadSetOption(): SetOption | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    return koffi.load(null).func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']);
  } catch {
    return null;
  }
}
