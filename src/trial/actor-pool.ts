// The standing actors of a hunt. A thread is cheap and shares boards; a process has a descriptor
// table and an address space of its own. One that dies or does not answer in time is given up: its
// trial is unknown, and the next call starts a new one.

import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { heisenwriteVersion } from '../base/version.ts';
import type { ActorProcess } from '../domain/provocation.ts';
import type { ActorHost, Actors } from '../domain/workload.ts';
import type { ActorCall, ActorReply } from './actor-service.ts';
import type { HuntClock } from './hunt-clock.ts';
import { MappedBoards } from './mapped-boards.ts';
import { type HostRecordings, layDown, type TakenRecording } from './recordings-place.ts';
import { sshActor } from './ssh-actor.ts';

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './actor-entry.ts' : './actor-entry.js',
  import.meta.url,
);

/** A host that does not hand over what it recorded holds up a finding for so long. */
const GATHER_LIMIT_MS = 30_000;

/** An actor died or did not answer: nothing may be concluded from the trial. */
export class ActorLostError extends Error {
  override name = 'ActorLostError';
}

interface Waiting {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Actor {
  readonly post: (call: ActorCall) => void;
  readonly end: () => void;
  readonly waiting: Map<number, Waiting>;
  /** Of an actor that is a process of this host. */
  readonly pid?: number;
  /** Of an actor on another host: what it has recorded there. */
  readonly recordings?: () => Promise<readonly TakenRecording[]>;
}

export class ActorPool implements Actors {
  /** By the host and the name: a thread and a process of one name are two actors. */
  private readonly actors = new Map<string, Actor>();
  private readonly boards = new MappedBoards();
  private isSeparate = false;
  private readonly recordings: string | null;
  private clock: HuntClock | null = null;
  /** Those of the trial that runs, by their keys. */
  private readonly called = new Map<string, Actor>();
  private nextCall = 1;
  private limitMs = 60_000;

  /** @param recordings where actors record their calls; null for nowhere */
  constructor(recordings: string | null = null) {
    this.recordings = recordings;
  }

  /** Time that each call of the coming trial may take. */
  limit(limitMs: number): void {
    this.limitMs = limitMs;
    this.called.clear();
  }

  /** Of a pool that is not where the hunt is: for every call to come. */
  keepTime(clock: HuntClock): void {
    this.clock = clock;
  }

  /**
   * What was recorded on other hosts in this trial is put beside what was recorded here. A host
   * that does not hand it over is given up: nobody waits for it again.
   */
  async gatherRecordings(): Promise<void> {
    if (this.recordings === null) return;
    const hosts = [...this.called].map(async ([key, actor]): Promise<HostRecordings> => {
      if (!actor.recordings) return { host: '', taken: [] };
      const late = sleep(GATHER_LIMIT_MS, null, { ref: false });
      const taken = await Promise.race([actor.recordings(), late]).catch(() => null);
      if (taken === null) this.lose(key, actor, 'it did not hand over what it recorded');
      return { host: 'ssh', taken: taken ?? [] };
    });
    const gathered = (await Promise.all(hosts)).filter(({ host }) => host !== '');
    if (gathered.length > 0) layDown(this.recordings, gathered);
  }

  /** Whether every actor of the coming trial is a process of its own, which can be stopped. */
  separate(isSeparate: boolean): void {
    this.isSeparate = isSeparate;
    this.boards.reset();
  }

  board(slots: number, host?: ActorHost): Int32Array<ArrayBufferLike> {
    if (this.isSeparate || host === 'process') return this.boards.take(slots);
    return new Int32Array(new SharedArrayBuffer(4 * slots));
  }

  /** Those that are processes of this host. */
  list(): ActorProcess[] {
    return [...this.actors].flatMap(([key, { pid }]) =>
      pid === undefined ? [] : [{ name: key.slice(key.indexOf(' ') + 1), pid }],
    );
  }

  call<Result>(
    name: string,
    role: string,
    assignment: object,
    asked: ActorHost = 'thread',
  ): Promise<Result> {
    const host = asked === 'thread' && this.isSeparate ? 'process' : asked;
    const key = `${host} ${name}`;
    const actor = this.actors.get(key) ?? this.start(name, host);
    this.called.set(key, actor);
    const id = this.nextCall++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.lose(key, actor, `${name} did not answer within ${this.limitMs} ms (${role})`),
        this.limitMs,
      );
      actor.waiting.set(id, { resolve: (result) => resolve(result as Result), reject, timer });
      const given = host === 'process' ? this.boards.addressed(assignment) : assignment;
      actor.post({ id, role, assignment: given, ...(this.clock && { clock: this.clock }) });
    });
  }

  /** Ends every actor; does not wait for one that hangs in a system call. */
  close(): void {
    for (const [key, actor] of this.actors) this.lose(key, actor, 'the hunt has ended');
  }

  private start(name: string, host: ActorHost): Actor {
    const waiting = new Map<number, Waiting>();
    const actor = startActor(name, host, this.recordings, waiting);
    const key = `${host} ${name}`;
    this.actors.set(key, actor.actor);
    actor.onLost((reason) => this.lose(key, actor.actor, reason));
    return actor.actor;
  }

  private lose(key: string, actor: Actor, reason: string): void {
    if (this.actors.get(key) === actor) this.actors.delete(key);
    for (const waiting of actor.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new ActorLostError(reason));
    }
    actor.waiting.clear();
    actor.end();
  }
}

interface StartedActor {
  readonly actor: Actor;
  readonly onLost: (lost: (reason: string) => void) => void;
}

function startActor(
  name: string,
  host: ActorHost,
  recordings: string | null,
  waiting: Map<number, Waiting>,
): StartedActor {
  if (host === 'thread') return threadActor(name, recordings, waiting);
  if (host === 'process') return processActor(name, recordings, waiting);
  return remoteActor(name, host.slice('ssh:'.length), recordings !== null, waiting);
}

function threadActor(
  name: string,
  recordings: string | null,
  waiting: Map<number, Waiting>,
): StartedActor {
  const worker = new Worker(ENTRY, { workerData: { name, recordings }, name });
  worker.on('message', (reply: ActorReply) => settle(waiting, reply));
  worker.unref();
  return {
    actor: {
      waiting,
      post: (call) => worker.postMessage(call),
      end: () => void worker.terminate(),
    },
    onLost: (lost) => {
      worker.on('error', (error) => lost(`${name} died: ${error.message}`));
      worker.on('exit', (code) => lost(`${name} ended with code ${code}`));
    },
  };
}

function processActor(
  name: string,
  recordings: string | null,
  waiting: Map<number, Waiting>,
): StartedActor {
  const words = recordings === null ? [name] : [name, recordings];
  const child: ChildProcess = fork(ENTRY, words, { serialization: 'advanced' });
  child.on('message', (reply) => settle(waiting, reply as ActorReply));
  return {
    actor: {
      waiting,
      post: (call) => void child.send(call),
      end: () => void child.kill('SIGKILL'),
      ...(child.pid !== undefined && { pid: child.pid }),
    },
    onLost: (lost) => {
      child.on('error', (error) => lost(`${name} died: ${error.message}`));
      child.on('exit', (code, signal) => lost(`${name} ended with ${signal ?? code}`));
    },
  };
}

function remoteActor(
  name: string,
  destination: string,
  records: boolean,
  waiting: Map<number, Waiting>,
): StartedActor {
  let lost: (reason: string) => void = () => undefined;
  const take = (reply: ActorReply) => settle(waiting, reply);
  const version = heisenwriteVersion();
  const order = { name, destination, version, records };
  const remote = sshActor(order, take, (reason) => lost(reason));
  return {
    actor: { waiting, ...remote },
    onLost: (told) => {
      lost = told;
    },
  };
}

function settle(waiting: Map<number, Waiting>, reply: ActorReply): void {
  const call = waiting.get(reply.id);
  if (!call) return;
  waiting.delete(reply.id);
  clearTimeout(call.timer);
  if ('error' in reply) call.reject(new Error(reply.error));
  else call.resolve(reply.result);
}
