// Requests of the proxy's own: their numbers are nobody else's, their replies nobody else sees.

import { describe, expect, it } from 'vitest';
import { OwnRequests } from '../../../../src/fault/sftp-proxy/own-requests.ts';
import { replyId } from '../../../../src/fault/sftp-proxy/reply.ts';
import {
  fstatPacket,
  openToRead,
  readPacket,
  readRequest,
} from '../../../../src/fault/sftp-proxy/request.ts';
import { statusPacket } from '../../../../src/fault/sftp-proxy/status.ts';

function session(isTaken: (id: number) => boolean = () => false) {
  const sent: number[] = [];
  const own = new OwnRequests((packet) => sent.push(replyId(packet)), isTaken);
  return { own, sent };
}

describe('requests of the proxy', () => {
  it('have numbers that no client has, and each its own reply', async () => {
    const { own, sent } = session((id) => id === 0xf000_0002);
    const first = own.ask(fstatPacket('handle'));
    const second = own.ask(fstatPacket('handle'));
    expect(sent).toEqual([0xf000_0001, 0xf000_0003]);
    const reply = statusPacket(0xf000_0003, 4);
    expect(own.answered(0xf000_0003, reply)).toBe(true);
    expect(await second).toBe(reply);
    expect([own.answered(0xf000_0003, reply), own.answered(1, reply)]).toEqual([false, false]);
    expect(own.areAwaited).toBe(true);
    own.close();
    expect(await first).toBeNull();
    expect(own.areAwaited).toBe(false);
  });

  it('have no reply once the session has ended', async () => {
    const { own, sent } = session();
    own.close();
    expect(await own.ask(fstatPacket('handle'))).toBeNull();
    expect(sent).toEqual([]);
  });

  it('are those of the protocol', () => {
    expect(readRequest(fstatPacket('h\u00e4'))).toMatchObject({
      operation: 'getattr',
      handle: 'h\u00e4',
    });
    expect(readRequest(openToRead('dir/f\u00fcr'))).toMatchObject({
      operation: 'open',
      path: 'dir/f\u00fcr',
      flags: [],
    });
    expect(readRequest(readPacket(Buffer.from('h'), 2 ** 33 + 1, 4096))).toMatchObject({
      operation: 'read',
      handle: 'h',
      offset: 2 ** 33 + 1,
      length: 4096,
    });
  });
});
