// The calls of the port over one SFTP session. A read opens the file each time: a handle that is
// kept would go on showing the content that a name had before it was replaced.

import ssh2, { type Stats } from 'ssh2';
import { assert } from '../base/assert.ts';
import { formatSize } from '../base/quantities.ts';
import { freshHuntNumber } from '../base/rng.ts';
import type {
  FileStatus,
  MediumClient,
  MediumFile,
  PutCondition,
  WriteManner,
} from '../domain/medium.ts';
import { ClientCalls, PUT_PREFIX, refuseManners, unsupported } from './client-calls.ts';
import { OperationError } from './operation-error.ts';
import { renameNew } from './sftp-rename.ts';
import { isStatus, orIfAbsent, type SftpSession, SftpStatus, sftpErrno } from './sftp-session.ts';
import { type CallState, SftpTransfer } from './sftp-transfer.ts';
import { removeTree, statusOf } from './sftp-tree.ts';

const { READ, WRITE, CREAT, TRUNC, EXCL } = ssh2.utils.sftp.OPEN_MODE;
const FAREWELL_MS = 500;

export class SftpClient implements MediumClient {
  private readonly session: SftpSession;
  private readonly directory: string;
  private readonly calls: ClientCalls;
  private readonly transfer: SftpTransfer;

  /** @param directory of the URL: absolute, without a slash at its end */
  constructor(session: SftpSession, directory: string, limitMs: number) {
    this.session = session;
    this.directory = directory;
    this.calls = new ClientCalls({ limitMs }, sftpErrno);
    this.transfer = new SftpTransfer(session);
  }

  get requestBytes(): { readonly read: number; readonly write: number } {
    return { read: this.transfer.readBytes, write: this.transfer.writeBytes };
  }

  makeDirectory(path: string): Promise<void> {
    return this.call('mkdir', path, () => this.makeWithParents(path));
  }

  removeTree(path: string): Promise<void> {
    assert(/[^/]/.test(path), 'the place itself is never removed');
    return this.call('remove', path, (state) => removeTree(this.session, this.at(path), state));
  }

  names(path: string): Promise<readonly string[]> {
    return this.call('readdir', path, async () => {
      const entries = await orIfAbsent(
        [],
        this.session.request<{ filename: string }[]>((sftp, answer) =>
          sftp.readdir(this.at(path), answer),
        ),
      );
      const names = entries.map(({ filename }) => filename);
      return names.filter((name) => !name.startsWith(PUT_PREFIX)).toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.opened(path, manner, WRITE | CREAT | TRUNC);
  }

  open(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.opened(path, manner, WRITE);
  }

  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<null> {
    return this.call('put', path, async (state) => {
      if (condition) throw unsupported('put', path, `a put when ${condition.when}`);
      this.needRename('put', path);
      const target = this.at(path);
      const parent = target.slice(0, target.lastIndexOf('/') + 1);
      const temporary = `${parent}${PUT_PREFIX}${freshHuntNumber()}`;
      try {
        await this.withHandle(temporary, WRITE | CREAT | EXCL, state, (handle) =>
          this.writeAll(handle, 0, bytes, state),
        );
        if (!state.isOver) await this.renameOver(temporary, target);
      } catch (error) {
        const unlink = this.session.request((sftp, answer) => sftp.unlink(temporary, answer));
        await unlink.catch(() => undefined);
        throw error;
      }
      return null;
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = (state: CallState) =>
      this.withHandle(this.at(path), READ, state, (handle) =>
        this.transfer.read(handle, offset, into, state),
      );
    return this.call('read', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.call('stat', path, async () => statusOf(await this.statOrNull(this.at(path))));
  }

  rename(from: string, to: string): Promise<void> {
    return this.call('rename', from, async () => {
      this.needRename('rename', from);
      await this.renameOver(this.at(from), this.at(to));
    });
  }

  renameNew(from: string, to: string): Promise<void> {
    return this.call('rename', from, () =>
      renameNew(this.session, from, { from: this.at(from), to: this.at(to) }),
    );
  }

  async close(): Promise<void> {
    if (this.calls.close()) await this.session.close(FAREWELL_MS);
  }

  /** Bytes free to this user, or null where the server does not say (statvfs@openssh.com). */
  async freeBytes(): Promise<number | null> {
    if (!this.session.has('statvfs@openssh.com')) return null;
    return this.call('statvfs', '/', async () => (await this.fileSystem()).freeBytes);
  }

  /** By the flag ST_RDONLY of statvfs(3). */
  async isReadOnly(): Promise<boolean> {
    if (!this.session.has('statvfs@openssh.com')) return false;
    return this.call('statvfs', '/', async () => (await this.fileSystem()).isReadOnly);
  }

  async isDirectory(): Promise<boolean> {
    const found = await this.call('stat', '/', () => this.statOrNull(this.at('/')));
    return found?.isDirectory() ?? false;
  }

  private async call<Result>(
    operation: string,
    path: string,
    act: (state: CallState) => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    const state: CallState = { isOver: false };
    try {
      return await this.calls.run(operation, path, () => act(state), offset);
    } finally {
      state.isOver = true;
    }
  }

  private opened(path: string, manner: WriteManner, flags: number): Promise<MediumFile> {
    return this.call('open', path, async (state) => {
      refuseManners(path, manner);
      return this.fileOn(await this.openHandle(this.at(path), flags, state, manner.mode), path);
    });
  }

  private fileOn(handle: Buffer, path: string): MediumFile {
    const { session } = this;
    let isOpen = true;
    const onHandle = (operation: string, act: (state: CallState) => Promise<void>, at?: number) =>
      this.call(
        operation,
        path,
        (state) => {
          if (!isOpen) throw new OperationError(operation, path, 'EBADF', 'the file is closed', at);
          return act(state);
        },
        at,
      );
    return {
      write: (at, bytes) =>
        onHandle('write', (state) => this.writeAll(handle, at, bytes, state), at),
      truncate: (size) =>
        onHandle('fsetstat', () =>
          session.request((sftp, answer) => sftp.fsetstat(handle, { size }, answer)),
        ),
      sync: () =>
        onHandle('fsync', () => {
          if (!session.has('fsync@openssh.com')) {
            const words = 'the server has no fsync@openssh.com';
            throw new SftpStatus('SSH_FX_OP_UNSUPPORTED', words);
          }
          return session.request((sftp, answer) => sftp.ext_openssh_fsync(handle, answer));
        }),
      close: () =>
        onHandle('close', () => {
          isOpen = false;
          return session.request((sftp, answer) => sftp.close(handle, answer));
        }),
    };
  }

  /** A handle that comes after its call was given up is closed, since nobody else would. */
  private async openHandle(target: string, flags: number, state: CallState, mode = 0o600) {
    const handle = await this.session.request<Buffer>((sftp, answer) =>
      sftp.open(target, flags, flags & CREAT ? { mode } : {}, answer),
    );
    if (state.isOver) {
      await this.session.request((sftp, answer) => sftp.close(handle, answer));
      throw new OperationError('open', target, 'ETIMEDOUT', 'the call was given up');
    }
    return handle;
  }

  private async withHandle<Result>(
    target: string,
    flags: number,
    state: CallState,
    use: (handle: Buffer) => Promise<Result>,
  ): Promise<Result> {
    const handle = await this.openHandle(target, flags, state);
    const close = () => this.session.request((sftp, answer) => sftp.close(handle, answer));
    let result: Result;
    try {
      result = await use(handle);
    } catch (error) {
      close().catch(() => undefined);
      throw error;
    }
    // Nothing is learnt from closing what was only read, and a round trip is not waited for.
    if (flags === READ) close().catch(() => undefined);
    else await close();
    return result;
  }

  private async writeAll(
    handle: Buffer,
    offset: number,
    bytes: Uint8Array,
    state: CallState,
  ): Promise<void> {
    try {
      await this.transfer.write(handle, offset, bytes, state);
    } catch (error) {
      if (!isStatus(error, 'SSH_FX_FAILURE')) throw error;
      // SFTP has no status for a full disk, and "Failure" alone sends one to look elsewhere.
      const { freeBytes } = await this.fileSystem().catch(() => ({ freeBytes: null }));
      if (freeBytes === null) throw error;
      throw new SftpStatus(error.status, `${error.said}; ${formatSize(freeBytes)} are free there`);
    }
  }

  private needRename(operation: string, path: string): void {
    if (this.session.has('posix-rename@openssh.com')) return;
    throw unsupported(operation, path, 'a rename over a name');
  }

  private renameOver(from: string, to: string): Promise<void> {
    return this.session.request((sftp, answer) => sftp.ext_openssh_rename(from, to, answer));
  }

  private async makeWithParents(path: string): Promise<void> {
    const target = this.at(path);
    const there = await this.statOrNull(target);
    if (there?.isDirectory()) return;
    const parent = path.replace(/\/+[^/]*\/*$/, '');
    if (!there && parent !== '') await this.makeWithParents(parent);
    try {
      await this.session.request((sftp, answer) => sftp.mkdir(target, answer));
    } catch (error) {
      // Another client may have been faster, and then it is there as it should be.
      if (!(await this.statOrNull(target))?.isDirectory()) throw error;
    }
  }

  private statOrNull(target: string): Promise<Stats | null> {
    return orIfAbsent(
      null,
      this.session.request<Stats | null>((sftp, answer) => sftp.stat(target, answer)),
    );
  }

  private async fileSystem(): Promise<{ freeBytes: number | null; isReadOnly: boolean }> {
    const found = await this.session.request<Readonly<Record<string, unknown>>>((sftp, answer) =>
      sftp.ext_openssh_statvfs(this.at('/'), answer),
    );
    const { f_bavail: blocks, f_frsize: blockBytes, f_flag: flags } = found;
    const isKnown = typeof blocks === 'number' && typeof blockBytes === 'number';
    return {
      freeBytes: isKnown ? blocks * blockBytes : null,
      isReadOnly: typeof flags === 'number' && (flags & 1) === 1,
    };
  }

  private at(path: string): string {
    return `${this.directory}${path}`.replace(/(?<=.)\/+$/, '');
  }
}
