// An actor on another host: `heisenwrite agent` there, started over ssh, with calls and replies as
// frames on its standard input and output. OpenSSH's own client is used, with all that the user has
// set up for it; HEISENWRITE_SSH gives another command, as GIT_SSH_COMMAND does for git.

import { spawn } from 'node:child_process';
import { monotonicMs } from '../base/clock.ts';
import { frameOf, frameReader } from '../base/frames.ts';
import type { ActorCall, ActorReply } from './actor-service.ts';
import type { AgentRequest, FromAgent, ToAgent } from './agent-messages.ts';
import { type HuntClock, huntClockFor } from './hunt-clock.ts';
import type { TakenRecording } from './recordings-place.ts';

/** Kept of what ssh and the agent say, for the reason why an actor was lost. */
const COMPLAINT_BYTES = 2000;
/** Two clocks drift apart, by some 10 us a second at most. */
const CLOCK_VALID_MS = 10_000;
/** What adjtime(3) may do to either clock at most: 500 ppm. */
const DRIFT_NS_PER_MS = 500;

export interface SshActor {
  readonly post: (call: ActorCall) => void;
  /** What it has recorded; nothing where it was lost meanwhile. */
  readonly recordings: () => Promise<readonly TakenRecording[]>;
  readonly end: () => void;
}

/**
 * @param destination as of ssh(1): `host`, `user@host`, an alias of ssh_config(5)
 * @param version of this program; another one there is refused, as roles must be the same
 * @param records whether it keeps recordings there until it is asked for them
 * @param lost told once, with the reason
 */
export function sshActor(
  { name, destination, version, records }: SshActorOrder,
  take: (reply: ActorReply) => void,
  lost: (reason: string) => void,
): SshActor {
  const [program = 'ssh', ...before] = (process.env.HEISENWRITE_SSH ?? 'ssh').split(/\s+/);
  const remote = ['heisenwrite', 'agent'];
  const options = ['-T', '-o', 'BatchMode=yes', '--', destination, ...remote];
  const child = spawn(program, [...before, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  const send = (message: ToAgent) => void child.stdin.write(frameOf(message));
  const talk = new AgentTalk(send, take, (reason) => losing(reason));
  const losing = (reason: string) => {
    child.kill('SIGTERM');
    talk.end();
    lost(`${name} on ${destination}: ${reason}`);
  };
  let complaints = '';
  const read = frameReader((frame) => {
    const message = frame as FromAgent;
    if (!('hello' in message)) talk.take(message);
    else if (message.version === version) talk.begin(name, records);
    else losing(`heisenwrite ${message.version} there, ${version} here: install the same one`);
  });
  child.stdout.on('data', (piece: Buffer) => {
    try {
      read(piece);
    } catch (error) {
      losing(`what came is not from heisenwrite agent (${(error as Error).message})`);
    }
  });
  child.stderr.on('data', (piece: Buffer) => {
    complaints = (complaints + piece.toString('utf8')).slice(-COMPLAINT_BYTES);
  });
  // A child that is gone says why by its end.
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => losing(`${program} could not be started: ${error.message}`));
  child.on('close', (code, signal) => {
    const said = complaints.trim().split('\n').at(-1);
    losing(`ssh ended with ${signal ?? code}${said ? `: ${said}` : ''}`);
  });
  return {
    post: (call) => talk.post(call),
    recordings: () => talk.recordings(),
    end: () => void child.kill('SIGTERM'),
  };
}

interface SshActorOrder {
  readonly name: string;
  readonly destination: string;
  readonly version: string;
  readonly records: boolean;
}

/** With one agent: an exchange at a time, calls with the clock of the hunt. */
class AgentTalk {
  readonly #send: (message: ToAgent) => void;
  readonly #take: (reply: ActorReply) => void;
  readonly #broken: (reason: string) => void;
  readonly #greeted: Promise<void>;
  #greet: () => void = () => undefined;
  /** Of the request that waits for it; null at the end of the conversation. */
  #answer: (answer: Exclude<FromAgent, ActorReply> | null) => void = () => undefined;
  #turn: Promise<unknown>;
  #clock: HuntClock | null = null;
  #clockAtMs = 0;
  #calls = 0;
  #hasBegun = false;
  #isOver = false;

  constructor(
    send: (message: ToAgent) => void,
    take: (reply: ActorReply) => void,
    broken: (reason: string) => void,
  ) {
    this.#send = send;
    this.#take = take;
    this.#broken = broken;
    this.#greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    this.#turn = this.#greeted;
  }

  begin(name: string, records: boolean): void {
    this.#hasBegun = true;
    this.#send({ ask: 'begin', name, records });
    this.#greet();
  }

  /** @throws RangeError for one that has not said who it is */
  take(message: Exclude<FromAgent, { readonly hello: string }>): void {
    if (!this.#hasBegun) throw new RangeError('it did not greet');
    if ('answer' in message) {
      this.#answer(message);
      return;
    }
    this.#calls--;
    this.#take(message);
  }

  post(call: ActorCall): void {
    const posted = this.#turn.then(async () => {
      const isOld = monotonicMs() - this.#clockAtMs > CLOCK_VALID_MS;
      // An agent that is busy would answer late, and the clock would be wrong by that.
      if (this.#clock === null || (isOld && this.#calls === 0)) await this.#readClock();
      if (this.#isOver) return;
      this.#calls++;
      this.#send({ ...call, ...(this.#clock && { clock: this.#aged(this.#clock) }) });
    });
    this.#turn = posted.catch((error: Error) => this.#broken(error.message));
  }

  async recordings(): Promise<readonly TakenRecording[]> {
    const asked = this.#turn.then(() => this.#ask({ ask: 'recordings' }));
    this.#turn = asked;
    const answer = await asked;
    return answer && 'answer' in answer && answer.answer === 'recordings' ? answer.taken : [];
  }

  /** How wrong it may be by now. */
  #aged({ offsetNs, uncertaintyNs }: HuntClock): HuntClock {
    const driftNs = Math.ceil((monotonicMs() - this.#clockAtMs) * DRIFT_NS_PER_MS);
    return { offsetNs, uncertaintyNs: uncertaintyNs + BigInt(driftNs) };
  }

  end(): void {
    this.#isOver = true;
    this.#answer(null);
    this.#greet();
  }

  async #readClock(): Promise<void> {
    const clock = await huntClockFor(async () => {
      const answer = await this.#ask({ ask: 'clock' });
      if (answer === null) return 0n;
      const { ns } = answer as { readonly ns?: unknown };
      if (typeof ns !== 'bigint') throw new RangeError('it answers no time when asked for it');
      return ns;
    });
    if (this.#isOver) return;
    [this.#clock, this.#clockAtMs] = [clock, monotonicMs()];
  }

  #ask(request: AgentRequest): Promise<Exclude<FromAgent, ActorReply> | null> {
    if (this.#isOver) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#send(request);
    });
  }
}
