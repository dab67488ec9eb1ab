// What each medium has for each step of a delivery, and what it has none of, in the words of its
// manual.

export interface MediumWords {
  readonly sync: string;
  /** A name that is given only where it is free. */
  readonly nameNew: string;
  readonly nameOver: string;
  readonly syncNames: string;
  readonly noSyncNames: string;
}

const OBJECTS: MediumWords = {
  sync: 'an object is durable when its last request is answered',
  nameNew: 'PutObject with If-None-Match: *',
  nameOver: 'PutObject: one request makes the whole object visible',
  syncNames: '',
  noSyncNames: '',
};

const WORDS: Readonly<Record<string, MediumWords>> = {
  file: {
    sync: 'fsync(2)',
    nameNew: 'link(2) and unlink(2): the name only where it is free',
    nameOver: 'rename(2)',
    syncNames: 'fsync(2) of the directory',
    noSyncNames: '',
  },
  nfs: {
    sync: 'COMMIT, with its write verifier compared',
    nameNew: 'LINK and REMOVE: the name only where it is free',
    nameOver: 'RENAME',
    syncNames: 'names are on stable storage when the server has answered (RFC 1813, 1.7)',
    noSyncNames: '',
  },
  sftp: {
    sync: 'fsync@openssh.com',
    nameNew: 'SSH_FXP_RENAME: the name only where it is free',
    nameOver: 'posix-rename@openssh.com',
    syncNames: '',
    noSyncNames:
      'SFTP has no sync of a directory: after a power cut of the server a name may be missing',
  },
  s3: OBJECTS,
};

/** @param scheme of the URL */
export function wordsOf(scheme: string | null): MediumWords {
  return WORDS[scheme ?? 'file'] ?? { ...OBJECTS, nameOver: 'one operation writes the whole' };
}
