// The structures of libnfs-raw-nfs.h, which are those of RFC 1813, as koffi has to know them.

type Koffi = typeof import('koffi');

/** Natural alignment throughout, as the C compiler lays the structures of the header out. */
export function shapesOf(koffi: Koffi) {
  const parts = partsOf(koffi);
  return {
    opaque: parts.opaque,
    entry: koffi.struct({ fileid: 'uint64', name: 'str', cookie: 'uint64', next: 'void *' }),
    args: argsOf(koffi, parts),
    replies: repliesOf(koffi, parts),
  };
}

type Parts = ReturnType<typeof partsOf>;

function partsOf(koffi: Koffi) {
  const opaque = koffi.struct({ length: 'uint32', value: 'void *' });
  const place = koffi.struct({ dir: opaque, name: 'str' });
  const time = koffi.struct({ seconds: 'uint32', nanoseconds: 'uint32' });
  const oldAttributes = koffi.struct({ size: 'uint64', mtime: time, ctime: time });
  const before = koffi.struct({ follows: 'uint32', attributes: oldAttributes });
  const attributes = koffi.struct({
    ...{ type: 'int', mode: 'uint32', links: 'uint32', uid: 'uint32', gid: 'uint32' },
    ...{ size: 'uint64', used: 'uint64', device: time, fsid: 'uint64', fileid: 'uint64' },
    ...{ atime: time, mtime: time, ctime: time },
  });
  const after = koffi.struct({ follows: 'uint32', attributes });
  const change = koffi.struct({ before, after });
  const number32 = koffi.struct({ set: 'uint32', value: 'uint32' });
  const number64 = koffi.struct({ set: 'uint32', value: 'uint64' });
  const timeHow = koffi.struct({ set: 'int', time });
  const wanted = koffi.struct({
    ...{ mode: number32, uid: number32, gid: number32, size: number64 },
    ...{ atime: timeHow, mtime: timeHow },
  });
  const handle = koffi.struct({ follows: 'uint32', handle: opaque });
  const verifier = koffi.array('uint8', 8);
  const onPlace = koffi.struct({ place });
  const onObject = koffi.struct({ object: opaque });
  return {
    ...{ opaque, place, time, attributes, after, change, wanted, handle, verifier },
    ...{ onPlace, onObject },
  };
}

function argsOf(koffi: Koffi, { opaque, place, time, wanted, verifier, onPlace, onObject }: Parts) {
  return {
    GETATTR: onObject,
    SETATTR: koffi.struct({
      ...{ object: opaque, wanted },
      guard: koffi.struct({ check: 'uint32', ctime: time }),
    }),
    LOOKUP: onPlace,
    READ: koffi.struct({ file: opaque, offset: 'uint64', count: 'uint32' }),
    WRITE: koffi.struct({
      ...{ file: opaque, offset: 'uint64', count: 'uint32', stable: 'int', data: opaque },
    }),
    CREATE: koffi.struct({ place, how: koffi.struct({ mode: 'int', wanted }) }),
    MKDIR: koffi.struct({ place, wanted }),
    REMOVE: onPlace,
    RMDIR: onPlace,
    RENAME: koffi.struct({ from: place, to: place }),
    LINK: koffi.struct({ file: opaque, link: place }),
    READDIR: koffi.struct({ dir: opaque, cookie: 'uint64', verifier, count: 'uint32' }),
    ACCESS: koffi.struct({ object: opaque, access: 'uint32' }),
    FSSTAT: onObject,
    FSINFO: onObject,
    COMMIT: koffi.struct({ file: opaque, offset: 'uint64', count: 'uint32' }),
  };
}

/** Only the arm of success is described. */
function repliesOf(koffi: Koffi, { opaque, attributes, after, change, handle, verifier }: Parts) {
  const made = koffi.struct({ object: handle, attributes: after, change });
  const reply = (ok: ReturnType<Koffi['struct']>) => koffi.struct({ status: 'int', ok });
  const changed = reply(koffi.struct({ change }));
  return {
    GETATTR: reply(koffi.struct({ attributes })),
    SETATTR: changed,
    LOOKUP: reply(koffi.struct({ object: opaque, attributes: after, directory: after })),
    READ: reply(koffi.struct({ attributes: after, count: 'uint32', end: 'uint32', data: opaque })),
    WRITE: reply(koffi.struct({ change, count: 'uint32', committed: 'int', verifier })),
    CREATE: reply(made),
    MKDIR: reply(made),
    REMOVE: changed,
    RMDIR: changed,
    RENAME: reply(koffi.struct({ from: change, to: change })),
    LINK: reply(koffi.struct({ attributes: after, change })),
    READDIR: reply(koffi.struct({ directory: after, verifier, entries: 'void *', end: 'uint32' })),
    ACCESS: reply(koffi.struct({ attributes: after, access: 'uint32' })),
    FSSTAT: reply(
      koffi.struct({
        attributes: after,
        ...{ total: 'uint64', free: 'uint64', available: 'uint64' },
      }),
    ),
    FSINFO: reply(
      koffi.struct({
        attributes: after,
        ...{ readMax: 'uint32', readPreferred: 'uint32', readMultiple: 'uint32' },
        ...{ writeMax: 'uint32', writePreferred: 'uint32', writeMultiple: 'uint32' },
      }),
    ),
    COMMIT: reply(koffi.struct({ change, verifier })),
  };
}
