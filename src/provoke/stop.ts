// `stop`: SIGSTOP of an actor, and SIGCONT a little later. It may come between any two
// instructions, also in the middle of a write, as when a machine swaps, a laptop sleeps or a
// container is paused.

import type { ActorProcess, ProvocationKind, ProvocationSetting } from '../domain/provocation.ts';
import {
  ACTORS_ABOUT,
  actorsCalled,
  noActorProcesses,
  unknownActor,
  withDescendants,
} from './actor-targets.ts';
import { canonical, checkTimes, type LevelShape, readLevel, refusalIn } from './level-text.ts';
import { type Firing, regularPace, repeatedly } from './schedule.ts';

const NAME = 'stop';

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'writer every=200ms for=20ms',
  keys: { every: 'duration', for: 'duration' },
  required: ['every', 'for'],
  words: { most: 1, about: `only one actor can be named: ${ACTORS_ABOUT}` },
};

export const stop: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: 'SIGSTOP of an actor and SIGCONT after `for`, every so often',
    fallback: 'none',
    check: (text, where) => {
      stopLevel(text, where);
      return canonical(text);
    },
  },
  example: 'stop=none,writer every=50ms for=10ms',
  separates: () => true,
  refusal: (_level, levels) => noActorProcesses(levels),
  begin: async (level, setting) => {
    const { who, everyMs, forMs } = stopLevel(level, NAME);
    const stopper = new Stopper(setting);
    const pace = regularPace(everyMs, forMs, setting.rng);
    const provocation = repeatedly(NAME, pace, () => stopper.stop(who));
    return {
      ...provocation,
      stop: async () => {
        const receipts = await provocation.stop();
        stopper.release();
        return receipts;
      },
    };
  },
};

function stopLevel(text: string, where: string) {
  const { words, numbers } = readLevel(text, SHAPE, where);
  const refuse = refusalIn(SHAPE, where, text);
  const who = words[0] ?? refuse(`names no actor (${ACTORS_ABOUT})`);
  const unknown = unknownActor(who);
  if (unknown !== null) refuse(unknown);
  checkTimes(numbers, refuse);
  return { who, everyMs: numbers.every as number, forMs: numbers.for as number };
}

/** Stops processes and lets them go on; those that it has stopped go on even if we are killed. */
export class Stopper {
  private readonly setting: ProvocationSetting;
  /** By process: what takes the duty from the guard. */
  private readonly duties = new Map<number, () => void>();

  constructor(setting: ProvocationSetting) {
    this.setting = setting;
  }

  /** Null where there is nobody to stop. */
  async stop(who: string): Promise<Firing | null> {
    return this.stopAll(actorsCalled(who, this.setting.actors));
  }

  async stopAll(actors: readonly ActorProcess[]): Promise<Firing | null> {
    // An actor first, so that it starts nothing more; then what it has started.
    const pids = actors.flatMap(({ pid }) => withDescendants(pid));
    for (const pid of pids) await this.watch(pid);
    const stopped = pids.filter((pid) => send(pid, 'SIGSTOP'));
    if (stopped.length === 0) return null;
    return {
      what: `SIGSTOP ${actors.map(({ name }) => name).join(', ')}`,
      end: () => {
        for (const pid of stopped.toReversed()) send(pid, 'SIGCONT');
        return undefined;
      },
    };
  }

  /** The guard is needed no more. */
  release(): void {
    for (const done of this.duties.values()) done();
    this.duties.clear();
  }

  private async watch(pid: number): Promise<void> {
    if (this.duties.has(pid)) return;
    this.duties.set(pid, await this.setting.undo(['kill', '-CONT', String(pid)]));
  }
}

/** False where it has gone. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
