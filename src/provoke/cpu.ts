// `cpu`: too little processor time. Children that are always busy compete with the actors; or one
// actor, drawn anew each time, is starved for 1 ms to 2 s, at most a fifth of the time, as the
// chaos mode of rr does (O'Callahan et al., Engineering Record and Replay for Deployability, 2017).

import { availableParallelism } from 'node:os';
import { monotonicNs, wallMs } from '../base/clock.ts';
import type { Rng } from '../base/rng.ts';
import type { Provocation, ProvocationKind } from '../domain/provocation.ts';
import { ACTORS_ABOUT, actorsCalled, noActorProcesses, unknownActor } from './actor-targets.ts';
import { canonical, type LevelShape, readLevel, refusalIn } from './level-text.ts';
import { BUSY_SCRIPT, endLoader, startLoader } from './loader.ts';
import { type Pace, repeatedly } from './schedule.ts';
import { Stopper } from './stop.ts';

const NAME = 'cpu';
const STARVE = 'starve';
const STARVED_MS = { least: 1, most: 2000 } as const;
/** From the end of one to the beginning of the next at least so many times its length. */
const PEACE = 4;
/** More busy children than this for each processor only take longer to start. */
const BUSY_MAX_PER_PROCESSOR = 8;

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'starve all most=50ms',
  keys: { busy: 'count', most: 'duration' },
  required: [],
  words: { most: 2, about: `busy=N, or ${STARVE} and an actor: ${ACTORS_ABOUT}` },
};

type CpuLevel =
  | { readonly way: 'busy'; readonly children: number }
  | { readonly way: typeof STARVE; readonly who: string; readonly mostMs: number };

export const cpu: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: `busy=N children, or ${STARVE} [ACTOR] [most=TIME]: stopped for 1ms to 2s at a time`,
    fallback: 'none',
    check: (text, where) => {
      cpuLevel(text, where);
      return canonical(text);
    },
  },
  example: 'cpu=none,busy=4,starve all most=50ms',
  separates: (level) => cpuLevel(level, NAME).way === STARVE,
  refusal: (level, levels) =>
    cpuLevel(level, NAME).way === STARVE ? noActorProcesses(levels) : null,
  begin: async (level, setting) => {
    const asked = cpuLevel(level, NAME);
    if (asked.way === 'busy') return busy(asked.children);
    const stopper = new Stopper(setting);
    const pace = starvingPace(setting.rng, asked.mostMs);
    const starving = repeatedly(NAME, pace, async () => {
      const there = actorsCalled(asked.who, setting.actors);
      return there.length === 0 ? null : stopper.stopAll([setting.rng.pick(there)]);
    });
    return {
      ...starving,
      stop: async () => {
        const receipts = await starving.stop();
        stopper.release();
        return receipts.map((receipt) => ({
          ...receipt,
          what: receipt.what.replace('SIGSTOP', 'starved'),
        }));
      },
    };
  },
};

/** Short ones as often as long ones on a scale of logarithms. */
export function starvingPace(rng: Rng, mostMs: number): Pace {
  const draw = () => STARVED_MS.least * (mostMs / STARVED_MS.least) ** rng.uniform();
  let lengthMs = draw();
  return {
    firstMs: () => (PEACE + rng.uniform()) * lengthMs,
    lengthMs: () => lengthMs,
    nextMs: () => {
      const lastMs = lengthMs;
      lengthMs = draw();
      // So that the share holds at any time: peace for this one has passed before it begins.
      return lastMs + (PEACE + rng.uniform()) * lengthMs;
    },
  };
}

async function busy(children: number): Promise<Provocation> {
  const started = await Promise.all(
    Array.from({ length: children }, () => startLoader(BUSY_SCRIPT)),
  );
  const [atNs, atMs] = [String(monotonicNs()), wallMs()];
  return {
    stop: async () => {
      await Promise.all(started.map(endLoader));
      const what = `${children} busy children`;
      return [{ provocation: NAME, what, atNs, untilNs: String(monotonicNs()), atMs }];
    },
  };
}

function cpuLevel(text: string, where: string): CpuLevel {
  const { words, numbers } = readLevel(text, SHAPE, where);
  const refuse = refusalIn(SHAPE, where, text);
  const [way, who = 'all'] = words;
  if (way === undefined) {
    const { busy: children, most } = numbers;
    if (children === undefined) return refuse(`must have busy=N or ${STARVE}`);
    if (most !== undefined) refuse(`has most=, which belongs to ${STARVE}`);
    const limit = BUSY_MAX_PER_PROCESSOR * availableParallelism();
    if (children < 1 || children > limit) refuse(`has busy=${children}; 1 to ${limit} here`);
    return { way: 'busy', children };
  }
  if (way !== STARVE) refuse(`has the word "${way}" (${SHAPE.words.about})`);
  if (numbers.busy !== undefined) refuse(`has busy= and ${STARVE}; one at a time`);
  const unknown = unknownActor(who);
  if (unknown !== null) refuse(unknown);
  const { most = STARVED_MS.most } = numbers;
  if (most < STARVED_MS.least || most > STARVED_MS.most) refuse('has most= outside 1ms to 2s');
  return { way: STARVE, who, mostMs: most };
}
