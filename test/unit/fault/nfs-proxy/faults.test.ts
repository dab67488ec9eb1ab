// What each fault makes of a call of NFSv3 and of its reply: the call as the server gets it, and
// what the client is told.

import { describe, expect, it } from 'vitest';
import { numbers, opaque } from '../../../../src/fault/nfs-proxy/xdr.ts';
import { DATA, EACCES, Proxied, through } from './planted-call.ts';
import {
  commit3,
  HANDLE,
  read3,
  readData3,
  rpcCall,
  rpcReply,
  VERIFIER,
  wcc,
  write3,
  written3,
} from './rpc-calls.ts';

describe('a WRITE of NFSv3', () => {
  const asked = write3(4096n, DATA);

  it('that no fault is about is sent and answered as it is', () => {
    const reply = written3(DATA.length);
    const same = through(asked, reply, 'errno:op=read,errno=EIO');
    expect(same).toEqual({ sent: asked, told: reply, whats: [] });
  });

  it('errno: is not sent, and answered with the status and nothing behind it', () => {
    const { sent, told, whats } = through(asked, null, 'errno:op=write,errno=EACCES');
    expect(sent).toBeNull();
    expect(told).toEqual(rpcReply([numbers(EACCES, 0, 0)]));
    expect(whats).toEqual(['EACCES']);
  });

  it('forwarded: is sent, and fails; a failure of the server stands', () => {
    const fault = 'forwarded:op=write,errno=JUKEBOX';
    const { sent, told } = through(asked, written3(DATA.length), fault);
    expect(sent).toEqual(asked);
    expect(told).toEqual(rpcReply([numbers(10_008, 0, 0)]));
    const full = rpcReply([numbers(28), wcc(0n)]);
    expect(through(asked, full, fault).told).toEqual(full);
  });

  it('lost: no bytes are sent, and all of them acknowledged with what the server says', () => {
    const { sent, told } = through(asked, written3(0), 'lost:op=write');
    expect(sent).toEqual(write3(0n, Buffer.alloc(0)));
    const length = DATA.length;
    const end = BigInt(4096 + length);
    expect(told).toEqual(rpcReply([numbers(0), wcc(end), numbers(length, 0), VERIFIER]));
  });

  it('lost: it is as durable as it was wanted', () => {
    const durable = write3(0n, DATA, 2);
    const { told } = through(durable, written3(0), 'lost:op=write');
    expect(told.subarray(-16)).toEqual(Buffer.concat([numbers(DATA.length, 2), VERIFIER]));
  });

  it('lost: no more durable than it was wanted: the client would not ask for a COMMIT', () => {
    // As nfs-ganesha answers a WRITE of no bytes.
    const { told } = through(asked, written3(0, 2), 'lost:op=write');
    expect(told.subarray(-16)).toEqual(Buffer.concat([numbers(DATA.length, 0), VERIFIER]));
  });

  it('torn: only the first bytes are sent, and all acknowledged', () => {
    const { sent, told } = through(asked, written3(5), 'torn:op=write,bytes=5');
    expect(sent).toEqual(write3(4096n, DATA.subarray(0, 5)));
    expect(told).toEqual(written3(DATA.length));
  });

  it('short: only the first bytes are sent, and no more acknowledged', () => {
    const { sent, told } = through(asked, written3(16), 'short:op=write');
    expect(sent).toEqual(write3(4096n, DATA.subarray(0, 16)));
    expect(told).toEqual(written3(16));
  });

  it('flip and zero: other bytes are sent, and what was given to us is left as it was', () => {
    const before = Buffer.from(asked);
    const { sent, whats } = through(
      asked,
      written3(DATA.length),
      'flip:op=write,word=1,mask=0x1',
      'zero:op=write,bytes=2',
    );
    const changed = Buffer.from(DATA);
    changed[8] = (DATA[8] as number) ^ 1;
    changed.fill(0, 0, 2);
    expect(sent).toEqual(write3(4096n, changed));
    expect(whats).toEqual(['word 1 ^ 0x1', 'bytes 0 to 2 = 0']);
    expect(asked).toEqual(before);
  });

  it('misdirect: is sent to the place before', () => {
    const { sent } = through(asked, written3(DATA.length), 'misdirect:op=write');
    expect(sent).toEqual(write3(4096n - BigInt(DATA.length), DATA));
  });

  it('late: is lost, and the next COMMIT of the file fails, once', () => {
    const proxy = new Proxied('late:op=write,errno=ENOSPC,count=1');
    const plan = proxy.plan(asked);
    expect(proxy.sent(plan)).toEqual(write3(0n, Buffer.alloc(0)));
    const refused = proxy.plan(commit3());
    expect(proxy.told(refused, null)).toEqual(rpcReply([numbers(28, 0, 0)]));
    expect(proxy.sent(proxy.plan(commit3()))).toEqual(commit3());
  });

  it('two faults that both answer it: the first alone fires', () => {
    const { sent, whats } = through(asked, null, 'errno:op=write,errno=EIO', 'lost:op=write');
    expect(sent).toBeNull();
    expect(whats).toEqual(['EIO']);
  });

  it('with O_SYNC is one that asks for FILE_SYNC', () => {
    const fault = 'errno:op=write,errno=EIO,without=O_SYNC';
    const stable = write3(0n, DATA, 2);
    expect(through(stable, written3(DATA.length, 2), fault).sent).toEqual(stable);
    expect(through(asked, null, fault).sent).toBeNull();
  });
});

describe('the write verifier', () => {
  it('is another for WRITE and COMMIT from where it fires, and the same in all of them', () => {
    const proxy = new Proxied('verifier:op=fsync,count=1');
    const told = (call: Buffer, reply: Buffer) => {
      return proxy.told(proxy.plan(call), reply).subarray(-8);
    };
    const committed = rpcReply([numbers(0), wcc(0n), VERIFIER]);
    expect(told(write3(0n, DATA), written3(DATA.length))).toEqual(VERIFIER);
    const other = told(commit3(), committed);
    expect(other).not.toEqual(VERIFIER);
    expect(told(write3(0n, DATA), written3(DATA.length))).toEqual(other);
    expect(told(commit3(), committed)).toEqual(other);
    proxy.faults.clear();
    expect(proxy.proxied.isQuiet).toBe(false);
    expect(proxy.proxied.concerns(7)).toBe(true);
    expect(proxy.proxied.concerns(6)).toBe(false);
  });
});

describe('a COMMIT of NFSv3', () => {
  it('lost: a WRITE of no bytes is sent, and its verifier is told', () => {
    const { sent, told } = through(commit3(), written3(0), 'lost:op=fsync');
    expect(sent).toEqual(write3(0n, Buffer.alloc(0)));
    expect(told).toEqual(rpcReply([numbers(0), wcc(0n), VERIFIER]));
  });

  it('lost: what the server refuses is refused', () => {
    const stale = rpcReply([numbers(70, 0, 0)]);
    expect(through(commit3(), stale, 'lost:op=fsync').told).toEqual(stale);
  });
});

describe('a READ of NFSv3', () => {
  const asked = read3(64n, DATA.length);

  it('flip and zero: the data of the reply are changed', () => {
    const { sent, told } = through(asked, readData3(DATA), 'zero:op=read,at=3,bytes=2');
    const changed = Buffer.from(DATA);
    changed.fill(0, 3, 5);
    expect(sent).toEqual(asked);
    expect(told).toEqual(readData3(changed));
  });

  it('content: only where the data hold it', () => {
    const ones = Buffer.concat([DATA, Buffer.alloc(8, 0xff)]);
    const fault = 'flip:op=read,content=ones,mask=0xffffffff';
    expect(through(asked, readData3(DATA), fault).told).toEqual(readData3(DATA));
    const { told, whats } = through(asked, readData3(ones), fault);
    expect(told).not.toEqual(readData3(ones));
    expect(whats).toEqual([`word ${DATA.length / 8} ^ 0xffffffff`]);
  });

  it('short: fewer are asked for', () => {
    const { sent } = through(asked, readData3(DATA), 'short:op=read,bytes=7');
    expect(sent).toEqual(read3(64n, 7));
  });

  it('misdirect: another place is asked for, and none at the start of a file', () => {
    const { sent } = through(asked, readData3(DATA), 'misdirect:op=read');
    expect(sent).toEqual(read3(64n - BigInt(DATA.length), DATA.length));
    const first = read3(0n, 10);
    expect(through(first, readData3(DATA), 'misdirect:op=read').sent).toEqual(first);
    expect(through(first, readData3(DATA), 'misdirect:op=read,by=4KiB').sent).toEqual(
      read3(4096n, 10),
    );
  });

  it('stale: gives what was written before the last write', () => {
    const proxy = new Proxied('stale:op=read');
    const [old, now] = [Buffer.alloc(4096, 1), Buffer.alloc(4096, 2)];
    const read = () => proxy.told(proxy.plan(read3(0n, 4096)), readData3(now));
    const write = (data: Buffer) => {
      const plan = proxy.plan(write3(0n, data));
      proxy.told(plan, written3(data.length));
    };
    write(old);
    expect(read()).toEqual(readData3(now));
    write(now);
    expect(read()).toEqual(readData3(old));
    expect(proxy.whats()).toEqual(['4096 bytes as they were before the last write']);
  });
});

describe('attributes', () => {
  it('stale: those before the last change', () => {
    const proxy = new Proxied('stale:op=getattr');
    const attributes = (size: number) => rpcReply([numbers(0), Buffer.alloc(84, size)]);
    const told = (reply: Buffer) => {
      return proxy.told(proxy.plan(rpcCall(1, opaque(HANDLE))), reply);
    };
    expect(told(attributes(1))).toEqual(attributes(1));
    expect(told(attributes(1))).toEqual(attributes(1));
    expect(told(attributes(2))).toEqual(attributes(1));
  });
});

describe('calls that change names', () => {
  const remove = rpcCall(12, [...opaque(HANDLE), ...opaque(Buffer.from('gone'))]);

  it('lost: nothing is sent, and success told', () => {
    const { sent, told } = through(remove, null, 'lost:op=unlink');
    expect(sent).toBeNull();
    expect(told).toEqual(rpcReply([numbers(0, 0, 0)]));
  });

  it('path: the name of the call itself', () => {
    const fault = (path: string) => `errno:op=unlink,errno=EIO,path=${path}`;
    expect(through(remove, null, fault('/gone')).sent).toBeNull();
    expect(through(remove, rpcReply([numbers(0, 0, 0)]), fault('*.dat')).sent).toEqual(remove);
  });
});

describe('a fault that NFS cannot plant', () => {
  it.each([
    ['errno:op=write,errno=EWHATEVER', /no status for EWHATEVER/],
    ['body:op=write', /cannot plant body/],
    ['stale:op=write', /cannot plant stale in write/],
    ['torn:op=read', /cannot plant torn in read/],
    ['rate:bytes=0', /nothing would ever pass/],
    ['slice:bytes=1', /4 or more/],
  ])('%s', (text, message) => {
    expect(() => new Proxied(text)).toThrow(message);
  });
});
