// The port of a medium that is reached by a client: what it can do, and the calls that workloads
// make of it. A directory on a mounted file system has its own calls besides (medium/file.ts).

/** What a medium declares that it can do; cells that need more are left out, with the reason. */
export interface MediumCapabilities {
  /** Bytes at any offset of a file that exists. */
  readonly randomWrites: boolean;
  /** O_DIRECT, or another way past the client's cache. */
  readonly directIo: boolean;
  readonly append: boolean;
  readonly rename: boolean;
  /** A name is given to another content in one operation, over the one that it had. */
  readonly atomicReplace: boolean;
  /** Put only if absent, or only over the version that is named. */
  readonly conditionalPut: boolean;
  /** Another connection sees the same files. */
  readonly secondClient: boolean;
  /** A write may state how far it must have come: stable_how of NFSv3 (RFC 1813, 3.3.7). */
  readonly stability: boolean;
  /** A content is put together from parts that are sent in any order. */
  readonly multipart: boolean;
}

export type Capability = keyof MediumCapabilities;

/** Of a directory on a mounted file system, by the calls of the port. */
export const DIRECTORY_CAPABILITIES: MediumCapabilities = {
  randomWrites: true,
  directIo: true,
  append: true,
  rename: true,
  atomicReplace: true,
  conditionalPut: false,
  secondClient: true,
  stability: false,
  multipart: false,
};

/** UNSTABLE, DATA_SYNC and FILE_SYNC of NFSv3; `any` is what a client does by itself. */
export const STABILITIES = ['any', 'unstable', 'data-sync', 'file-sync'] as const;
export type Stability = (typeof STABILITIES)[number];

/** One request for the whole content, or parts; `any` is what a client does by itself. */
export const UPLOADS = ['any', 'single', 'multipart'] as const;
export type Upload = (typeof UPLOADS)[number];

/** How a file is written, where the medium leaves a choice. */
export interface WriteManner {
  readonly stability: Stability;
  readonly upload: Upload;
  /** Length of the whole content, known beforehand; bytes. */
  readonly totalBytes: number;
  /** Permissions of a new file, where the medium has them; 0600 where it is not given. */
  readonly mode?: number;
}

/** Null where the medium does not say. */
export interface FileStatus {
  readonly bytes: number;
  /** Last change of the content, milliseconds since 1970, by the clock of the medium. */
  readonly modifiedMs: number | null;
  /** What is allocated for it. */
  readonly allocatedBytes: number | null;
  /** Who may read, write and execute it: the last nine bits of chmod(2). */
  readonly permissions: number | null;
}

/** A condition on what the name holds before a put. */
export type PutCondition =
  | { readonly when: 'absent' }
  | { readonly when: 'matches'; readonly version: string };

/**
 * One connection. Paths are absolute, `/`-separated, below the root that the URL names. Bytes are
 * lent for the time of a call. Calls may be made while others are under way. Every call rejects
 * with an OperationError that names it, at the latest when the time limit of the connection is
 * over (`ETIMEDOUT`).
 */
export interface MediumClient {
  /** With its parents; does nothing where it is there, or where a medium has no directories. */
  makeDirectory(path: string): Promise<void>;
  /** A file, or a directory with all that is in it; does nothing where there is none. */
  removeTree(path: string): Promise<void>;
  /** Names directly below a directory, sorted; empty where there is none. */
  names(path: string): Promise<readonly string[]>;
  /** A new file, or a new content for a name; what was there is gone at the latest with `close`. */
  create(path: string, manner: WriteManner): Promise<MediumFile>;
  /** A file that exists, for writes at any offset. Needs `randomWrites`. */
  open(path: string, manner: WriteManner): Promise<MediumFile>;
  /**
   * The whole content in one operation; returns its version where the medium has versions. Needs
   * `atomicReplace`; with a condition, `conditionalPut`, and rejects with errno `PRECONDITION`.
   */
  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null>;
  /** One read; returns the bytes that came, less than asked at the end and 0 beyond it. */
  read(path: string, offset: number, into: Uint8Array): Promise<number>;
  /** Bytes, or null where there is no such file. */
  length(path: string): Promise<number | null>;
  /** What is told of a file without reading it, or null where there is no such file. */
  status(path: string): Promise<FileStatus | null>;
  /** Over what has the new name. Needs `rename`. */
  rename(from: string, to: string): Promise<void>;
  /**
   * As rename, but it never replaces: rejects with errno `EEXIST` where the new name is taken,
   * which the medium itself decides. Killed half-way the file may have both names.
   */
  renameNew?(from: string, to: string): Promise<void>;
  /** The names in a directory are durable, where that needs a call of its own: fsync(2). */
  syncDirectory?(path: string): Promise<void>;
  /** One file and nothing else, where `removeTree` takes also what only begins like it. */
  removeFile?(path: string): Promise<void>;
  /** Uploads in parts to this name that were begun and neither completed nor given up. */
  uploads?(path: string): Promise<readonly UnfinishedUpload[]>;
  abandonUpload?(path: string, id: string): Promise<void>;
  /**
   * Ends the connection, at the latest when no call that was given up can still write anything, on
   * the medium or into memory; never rejects.
   */
  close(): Promise<void>;
}

export interface UnfinishedUpload {
  readonly id: string;
  /** By the clock of the medium, milliseconds since 1970; null where it does not say. */
  readonly begunMs: number | null;
}

/** A file that is being written. */
export interface MediumFile {
  /** Of an upload in parts, as `uploads` lists it. */
  readonly uploadId?: string;
  /** All of `bytes`, or it rejects. Several may be under way, in any order of offsets. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Needs `randomWrites`. */
  truncate(lengthBytes: number): Promise<void>;
  /** All that was acknowledged is durable: fsync(2), COMMIT, fsync@openssh.com; else nothing. */
  sync(): Promise<void>;
  /** What was written becomes the content of the name. Errors of close are real failures. */
  close(): Promise<void>;
}

/** A kind of medium: how its URL is read, what it can do, and how one connects. */
export interface MediumAdapter {
  /** Of its URLs: `nfs`, `sftp`; one that ends with `+` takes what may follow: `opendal+webdav`. */
  readonly scheme: string;
  readonly about: string;
  /** An URL as one writes it, for messages and `--help`. */
  readonly example: string;
  /**
   * Connects; the path of the URL is the root of the client's paths.
   * @throws HeisenwriteError `invalid-place` for a URL that cannot be read or that has a secret in
   *   it, `no-such-place`, `place-not-writable`, `host-key-unknown`, `not-authenticated`,
   *   `missing-component`; UnreachableError when nobody answers
   */
  connect(url: string, options?: ConnectOptions): Promise<MediumConnection>;
}

/** How any actor reaches a place: plain data that crosses a thread's boundary. */
export interface MediumAddress {
  readonly url: string;
  readonly options: ConnectOptions;
}

export interface ConnectOptions {
  /** After which a call is given up; milliseconds, 10 s where it is not given. */
  readonly limitMs?: number;
  /** Of a block device: its path, typed again, since all that is on it will be lost. */
  readonly destroyDataOn?: string;
  /** Of SFTP: instead of what ~/.ssh and the agent hold. */
  readonly ssh?: SshFiles;
}

/** Paths of files. */
export interface SshFiles {
  /** A private key without a passphrase, the only one that is offered. */
  readonly identity: string;
  readonly knownHosts: string;
}

export interface MediumConnection {
  readonly client: MediumClient;
  readonly capabilities: MediumCapabilities;
  /** What is known of the other side, for the report: protocol and version, server, block size. */
  readonly facts: Readonly<Record<string, string>>;
  /** Bytes free there, or null where it does not say. */
  freeBytes(): Promise<number | null>;
}
