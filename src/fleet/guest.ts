// A guest: a virtual machine with a kernel of its own, booted for a hunt and gone with it. QEMU
// runs as a child with the console in a file; the agent inside connects back over QEMU's user
// network and is asked line by line. A guest that does not answer is given up and killed by its
// pid, and one whose hunt has died powers itself off, since its agent lost the connection.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { freshSeed } from '../base/rng.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { GuestKernel } from './guest-kernel.ts';
import {
  type FromAgent,
  PORT_PARAMETER,
  type Request,
  TOKEN_PARAMETER,
  type ToAgent,
} from './guest-messages.ts';
import { type Boards, fromLine, lineReader, toLine } from './wire.ts';

const QEMU = 'qemu-system-x86_64';
const MEMORY_MIB = 1024;
/** Emulated on two shared cores a boot takes 5 to 20 s. */
const BOOT_LIMIT_MS = 180_000;
const POWER_OFF_LIMIT_MS = 15_000;
/** Of the console, in messages. */
const LAST_WORDS_BYTES = 400;

export interface GuestRequest {
  readonly kernel: GuestKernel;
  /** The ext4 image with Node and this program; never written to. */
  readonly program: string;
  /** Everything that the kernel says; created or appended to. */
  readonly consoleLog: string;
}

/** Nobody answers: the trial under way is unknown, and the next one boots another guest. */
export class GuestLostError extends Error {
  override name = 'GuestLostError';
}

interface Waiting {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Guest {
  readonly release: string;
  private readonly process: ChildProcess;
  private readonly consoleLog: string;
  private readonly waiting = new Map<number, Waiting>();
  private socket: Socket | null = null;
  private boards: Boards;
  private nextId = 1;
  private lost: string | null = null;

  private constructor(process: ChildProcess, request: GuestRequest, boards: Boards) {
    this.process = process;
    this.consoleLog = request.consoleLog;
    this.release = request.kernel.release;
    this.boards = boards;
  }

  /**
   * Boots, and resolves once the agent has said who it is.
   * @throws HeisenwriteError `missing-component` without QEMU; GuestLostError with what the console
   *   said last
   */
  static async boot(request: GuestRequest, boards: Boards): Promise<Guest> {
    const token = freshSeed();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    // The first words end it with us, also when we are killed; a process group of its own spares it
    // the Ctrl-C after which the trial under way is still finished.
    const words = ['--pdeathsig', 'KILL', QEMU, ...qemuWords(request, portOf(server), token)];
    const child = spawn('setpriv', words, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
    child.stdin?.on('error', () => undefined);
    const guest = new Guest(child, request, boards);
    let said = '';
    child.stderr?.on('data', (piece: Buffer) => {
      said = `${said}${piece}`.slice(-LAST_WORDS_BYTES);
    });
    const ended = new Promise<never>((_resolve, reject) => {
      child.on('error', (error) => reject(startRefused(error)));
      child.on('exit', (code, signal) => {
        guest.lose(`QEMU ended with ${signal ?? code} ${said.trim()}`);
        reject(new GuestLostError(`the guest did not come up: ${guest.lost}`));
      });
    });
    ended.catch(() => undefined);
    const limit = new AbortController();
    try {
      const late = sleep(BOOT_LIMIT_MS, null, { signal: limit.signal }).then(() => {
        const words = `the guest did not come up in ${BOOT_LIMIT_MS / 1000} s`;
        throw new GuestLostError(`${words}: ${guest.lastWords()}`);
      });
      late.catch(() => undefined);
      guest.attach(await Promise.race([accepted(server, token, boards), ended, late]));
      return guest;
    } catch (error) {
      guest.kill();
      throw error;
    } finally {
      limit.abort();
      server.close();
    }
  }

  /** @throws GuestLostError; Error as the agent has thrown it */
  ask<Result>(request: Request, limitMs: number): Promise<Result> {
    if (this.lost !== null) return Promise.reject(new GuestLostError(this.lost));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.lose(`the guest did not answer within ${limitMs} ms (${request.ask})`);
        this.kill();
      }, limitMs);
      this.waiting.set(id, { resolve: (result) => resolve(result as Result), reject, timer });
      this.tell({ id, ...request });
    });
  }

  tell(message: ToAgent): void {
    this.socket?.write(toLine(message, this.boards));
  }

  get isLost(): boolean {
    return this.lost !== null;
  }

  /** Stops its processor and its clock, so that it takes nothing from another guest. */
  pause(): void {
    this.process.stdin?.write('stop\n');
  }

  resume(): void {
    this.process.stdin?.write('cont\n');
  }

  /** Powers it off; kills it when it does not. Never rejects. */
  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.resume();
    await this.ask({ ask: 'power-off' }, POWER_OFF_LIMIT_MS).catch(() => undefined);
    const limit = new AbortController();
    const late = sleep(POWER_OFF_LIMIT_MS, null, { signal: limit.signal });
    await Promise.race([ended, late.then(() => this.kill())]).catch(() => undefined);
    limit.abort();
    await ended;
  }

  private kill(): void {
    this.process.kill('SIGKILL');
  }

  private attach(socket: Socket): void {
    this.socket = socket;
    socket.on(
      'data',
      lineReader((line) => this.take(line)),
    );
    socket.on('close', () => this.lose('the guest closed its connection'));
    socket.on('error', (error) => this.lose(`the connection of the guest broke: ${error.message}`));
  }

  private take(line: string): void {
    const message = fromLine(line, this.boards) as FromAgent;
    if (!('id' in message)) return;
    const waiting = this.waiting.get(message.id);
    if (!waiting) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if ('error' in message) waiting.reject(new Error(message.error));
    else waiting.resolve(message.result);
  }

  private lose(reason: string): void {
    this.lost ??= `${reason.trim()}; its console ends with: ${this.lastWords()}`;
    for (const { timer, reject } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new GuestLostError(this.lost));
    }
    this.waiting.clear();
    this.socket?.destroy();
  }

  private lastWords(): string {
    try {
      const lines = readFileSync(this.consoleLog, 'latin1').slice(-LAST_WORDS_BYTES);
      return lines.replace(/[^\x20-\x7e]+/g, ' ').trim() || 'nothing';
    } catch {
      return 'nothing';
    }
  }
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo | null;
  assert(address !== null, 'it listens');
  return address.port;
}

function qemuWords(
  { kernel, program, consoleLog }: GuestRequest,
  port: number,
  token: string,
): string[] {
  const append = [
    'console=ttyS0',
    'quiet',
    // A kernel that panics reboots, and QEMU ends instead.
    'panic=-1',
    `${PORT_PARAMETER}=${port}`,
    `${TOKEN_PARAMETER}=${token}`,
  ];
  const words: (readonly string[])[] = [
    ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ['-M', 'pc', '-accel', 'tcg,thread=multi', '-cpu', 'max'],
    ['-m', String(MEMORY_MIB), '-smp', '1'],
    ['-chardev', `file,id=console,path=${consoleLog},append=on`, '-serial', 'chardev:console'],
    ['-monitor', 'stdio'],
    ['-netdev', 'user,id=network', '-device', 'virtio-net-pci,netdev=network'],
    ['-drive', `file=${program},if=virtio,format=raw,readonly=on`],
    ['-kernel', kernel.kernel, '-initrd', kernel.initramfs, '-append', append.join(' ')],
  ];
  return words.flat();
}

/** The first connection that knows the token; any other process of this machine is turned away. */
function accepted(server: Server, token: string, boards: Boards): Promise<Socket> {
  return new Promise((resolve) => {
    server.on('connection', (socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      const listen = lineReader((line) => {
        socket.off('data', listen);
        if (helloIn(line, boards) === token) resolve(socket);
        else socket.destroy();
      });
      socket.on('data', listen);
    });
  });
}

function helloIn(line: string, boards: Boards): string | null {
  try {
    return (fromLine(line, boards) as { hello?: string }).hello ?? null;
  } catch {
    return null;
  }
}

function startRefused(error: Error): HeisenwriteError {
  return new HeisenwriteError('missing-component', `${QEMU} does not start: ${error.message}`, {
    remedy:
      'install it (Debian: apt-get install --no-install-recommends qemu-system-x86), or ' +
      'leave out the levels of `kernel` other than `here`',
    cause: error,
  });
}
