// The faults of the proxies, and what must be said of each: of NFS and SFTP, where files are
// written at any offset, and of S3, where an object is replaced as a whole.

import type { DetectionRow, Expected } from './row.ts';
import {
  AT_OFFSETS,
  damage,
  FOUR_WRITES,
  fails,
  harmless,
  rowsOfData,
  told,
} from './rows-of-data.ts';

type Factors = DetectionRow['factors'];
const rowsWith =
  (factors: Factors) =>
  (fault: string, expects: Expected, more: Factors = {}): DetectionRow => ({
    fault,
    workload: 'transfer',
    factors: { ...factors, ...more },
    expects,
  });

const IN_PLACE = { ...FOUR_WRITES, rewrite: 'in-place' } as const;
const inPlace = rowsWith(IN_PLACE);
const rewriting = { workload: 'transfer', factors: IN_PLACE, at: AT_OFFSETS } as const;
const MIDDLE = 'offset={middle},count=1';
const SYNCED = { sync: true };

const LATE = 'it is late, and right';
const SLOW = 'it is slow, and right';
const AGAIN = 'the client asks again, or says that it was not answered';
const BROKEN = 'the client connects anew, or says that the connection ended';

/** Of any protocol: what becomes of the answers and of the connection. */
const transport = (row: typeof inPlace): readonly DetectionRow[] => [
  row('latency:time=5ms,jitter=5ms,count=5', harmless(LATE)),
  row('rate:bytes=16MiB', harmless(SLOW)),
  row('dropped:op=write,path=data,count=1', told(AGAIN)),
  row('cut:op=write,path=data,count=1', told(BROKEN)),
  row('reset:op=read,path=data,count=1', told(BROKEN)),
];

const lostRename: DetectionRow = {
  fault: 'lost:op=rename,skip=1',
  workload: 'exchange',
  factors: { way: 'rename', size: 4096 },
  expects: damage(['stale']),
};

/** A sector, which no server tears by itself; a torn one stays so until the next is torn. */
const tornUnit: DetectionRow = {
  fault: 'torn:op=write,path=*/published,bytes=256,skip=1',
  case: 'of a unit that is read meanwhile',
  workload: 'exchange',
  factors: { way: 'in-place', size: 512, time: 200 },
  expects: damage(['torn']),
};

/**
 * NFS tells it besides by the verifier at the COMMIT; what was acknowledged is gone all the
 * same.
 */
const crash: DetectionRow = {
  fault: 'unsynced:start=150ms',
  case: 'a crash in the midst of a capture',
  workload: 'capture',
  factors: { size: 2 ** 22, io: 65_536, stall: 5 },
  counts: ({ length }) => length > 0,
  expects: damage(['zeroed', 'missing'], {
    because: 'the file is as it was at the last sync: what is written later leaves a hole',
  }),
};

export const nfsRows: readonly DetectionRow[] = [
  ...rowsOfData(rewriting),
  lostRename,
  tornUnit,
  crash,
  inPlace(`errno:op=write,errno=EACCES,${MIDDLE}`, fails('NFS3ERR_ACCES')),
  inPlace(`errno:op=read,errno=EIO,${MIDDLE}`, fails('NFS3ERR_IO')),
  inPlace('errno:op=fsync,errno=ENOSPC,count=1', fails('NFS3ERR_NOSPC')),
  inPlace(`forwarded:op=write,errno=EDQUOT,${MIDDLE}`, fails('NFS3ERR_DQUOT')),
  inPlace(`late:errno=EIO,${MIDDLE}`, fails('NFS3ERR_IO')),
  inPlace('verifier:op=write,skip={1..3},count=1', fails('NFS3ERR_VERIFIER')),
  inPlace(`delayed:${MIDDLE}`, harmless('it is there when the file is committed')),
  inPlace('delayed:until=reversed', harmless('no two writes touch the same bytes before that')),
  inPlace(`short:op=write,${MIDDLE}`, harmless('the client sends the rest (RFC 1813, 3.3.7)')),
  inPlace(`short:op=read,${MIDDLE}`, harmless('the client asks for the rest')),
  inPlace('lost:op=fsync,count=1', harmless('only a crash of the server would show it')),
  inPlace(`duplicate:op=write,${MIDDLE}`, harmless('the second answer is to no call')),
  inPlace(
    `reorder:op=read,${MIDDLE}`,
    told('answers have the number of their call; alone it is late'),
  ),
  inPlace('slice:op=read,bytes=512,count=2', harmless('a record is put together again')),
  ...transport(inPlace),
];

export const sftpRows: readonly DetectionRow[] = [
  // What was there before is known to the session that has written over it, and to no other.
  ...rowsOfData({ ...rewriting, at: { ...AT_OFFSETS, readAgain: MIDDLE } }).map((row) =>
    row.fault.startsWith('stale') ? { ...row, factors: { ...row.factors, reader: 'same' } } : row,
  ),
  lostRename,
  tornUnit,
  crash,
  inPlace(`errno:op=write,errno=EACCES,${MIDDLE}`, fails('SSH_FX_PERMISSION_DENIED')),
  inPlace(`errno:op=read,errno=EIO,${MIDDLE}`, fails('SSH_FX_FAILURE')),
  inPlace('errno:op=fsync,errno=EIO,count=1', fails('SSH_FX_FAILURE'), SYNCED),
  inPlace(`forwarded:op=write,errno=EIO,${MIDDLE}`, fails('SSH_FX_FAILURE')),
  inPlace(`late:errno=EIO,${MIDDLE}`, fails('SSH_FX_FAILURE')),
  inPlace(`short:op=read,${MIDDLE}`, harmless('the client asks for the rest')),
  inPlace(`delayed:${MIDDLE}`, harmless('it is there when the file is closed')),
  inPlace('lost:op=fsync,count=1', harmless('only a crash of the server would show it'), SYNCED),
  inPlace(`duplicate:op=write,${MIDDLE}`, told('a second answer to a call breaks the protocol')),
  inPlace(
    `reorder:op=read,${MIDDLE}`,
    told('answers have the number of their call; alone it is late'),
  ),
  ...transport(inPlace),
  inPlace('half-close:op=write,count=1', told(BROKEN)),
];

/** Of a proxy that knows no protocol, with NFS on it: it changes no byte, only when bytes come.
 * Offsets are places in the stream, here among the data of a WRITE or READ. */
export const tcpRows: readonly DetectionRow[] = [
  inPlace('latency:time=5ms,jitter=5ms,count=5', harmless(LATE)),
  inPlace('rate:bytes=16MiB', harmless(SLOW)),
  inPlace('slice:op=write,bytes=100,count=3', harmless('a record is put together again')),
  inPlace('slice:op=read,bytes=100,count=3', harmless('a record is put together again')),
  inPlace('dropped:op=write,offset=64KiB-,skip={0..3},count=1', told(AGAIN)),
  inPlace('dropped:op=read,offset=64KiB-,skip={0..3},count=1', told(AGAIN)),
  inPlace('cut:op=write,bytes=10KiB,offset=64KiB-,skip={0..3},count=1', told(BROKEN)),
  inPlace('cut:op=read,offset=64KiB-,skip={0..3},count=1', told(BROKEN)),
  inPlace('reset:op=write,offset=64KiB-,skip={0..3},count=1', told(BROKEN)),
  inPlace('half-close:op=write,offset=64KiB-,skip={0..3},count=1', told(BROKEN)),
];

const WHOLE = { ...FOUR_WRITES, upload: 'single' } as const;
const whole = rowsWith(WHOLE);
const named = (which: string, row: DetectionRow): DetectionRow => ({ ...row, case: which });
const PARTS = { size: 10 * 2 ** 20, io: 5 * 2 ** 20, upload: 'multipart' } as const;

// The client tries what a server can do with an object of its own: faults name the path.
export const s3Rows: readonly DetectionRow[] = [
  whole('flip:op=write,path=data,count=1', damage(['flipped'])),
  named(
    'half a word of all ones',
    whole('flip:op=write,path=data,content=ones,mask=0xffffffff,count=1', damage(['flipped']), {
      pattern: 'ones',
    }),
  ),
  whole('flip:op=read,path=data,skip={0..3},count=1', damage(['flipped'])),
  whole('zero:op=write,path=data,at=4KiB,bytes=8KiB,count=1', damage(['zeroed'])),
  whole('zero:op=read,path=data,skip={0..3},at=4KiB,bytes=8KiB,count=1', damage(['zeroed'])),
  named('of a new object', whole('lost:op=write,path=data,count=1', damage(['missing']))),
  named('of a new content', whole('lost:op=write,path=data,skip=1,count=1', damage(['stale']))),
  whole('torn:op=write,path=data,count=1', damage(['missing'])),
  whole('stale:op=read,path=data,count=1', damage(['stale'])),
  named('of a part', whole('flip:op=write,path=data,count=1', damage(['flipped']), PARTS)),
  named(
    'of a part',
    whole('lost:op=write,path=data,count=1', damage(['missing', 'shifted']), PARTS),
  ),
  named(
    'of parts put together',
    whole('lost:op=close,path=data,count=1', damage(['missing']), PARTS),
  ),
  whole('errno:op=write,path=data,errno=EACCES,count=1', fails('AccessDenied')),
  whole('errno:op=read,path=data,errno=EACCES,count=1', fails('AccessDenied')),
  whole(
    'errno:op=write,path=data,errno=EAGAIN,count=1',
    told('the client tries again, or says what it was told'),
  ),
  whole('forwarded:op=write,path=data,errno=EACCES,count=1', fails('AccessDenied')),
  whole(
    'body:op=close,path=data,count=1',
    told('an error in the body of a 200 is an error'),
    PARTS,
  ),
  whole('short:op=read,path=data,count=1', told('the body is shorter than its length')),
  whole('etag:op=write,path=data,count=1', harmless('the ETag is not a digest that must agree')),
  whole('duplicate:op=write,path=data,count=1', harmless('the same content twice')),
  whole('misdirect:op=read,path=data,skip={0..3},count=1', damage(['misdirected'])),
  named(
    'of a part',
    whole(
      'delayed:path=data,count=1',
      harmless('it is there once the parts are put together'),
      PARTS,
    ),
  ),
  whole('reorder:op=read,path=data,count=1', harmless('alone it is late')),
  ...transport(whole),
  whole('half-close:op=read,path=data,count=1', told(BROKEN)),
];
