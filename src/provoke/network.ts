// `network`: what leaves an interface is delayed, lost or cut (tc(8)). The loopback of the whole
// host is refused, because everybody on it is hit: give a network namespace, or an interface.

import { execFile, execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import type { CommandWords, ProvocationKind, ProvocationSetting } from '../domain/provocation.ts';
import { canonical, checkTimes, type LevelShape, readLevel, refusalIn } from './level-text.ts';
import { missingProgram } from './run.ts';
import { type Firing, regularPace, repeatedly } from './schedule.ts';

const NAME = 'network';
const CUT = 'cut';
/** Disciplines that an interface has by itself, and has again once ours is gone. */
const BY_ITSELF = ['noqueue', 'pfifo_fast', 'fq_codel', 'fq', 'mq'];

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'delay=20ms dev=lo netns=lab every=1s for=200ms',
  keys: {
    delay: 'duration',
    loss: 'text',
    dev: 'text',
    netns: 'text',
    every: 'duration',
    for: 'duration',
  },
  required: ['dev', 'every', 'for'],
  words: { most: 1, about: `the only word is ${CUT}` },
};

interface NetworkLevel {
  readonly what: string;
  /** Of tc: the interface, in its namespace. */
  readonly dev: string;
  readonly netns: string | null;
  readonly discipline: readonly string[];
  readonly everyMs: number;
  readonly forMs: number;
}

export const network: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: `${CUT}, delay=TIME or loss=5% of what leaves an interface (dev, netns), every so often`,
    fallback: 'none',
    check: (text, where) => {
      networkLevel(text, where);
      return canonical(text);
    },
  },
  example: 'network=none,cut dev=lo netns=lab every=1s for=200ms',
  separates: () => false,
  refusal: (level) => {
    const asked = networkLevel(level, NAME);
    return missingProgram(['tc']) ?? everybodysLoopback(asked) ?? attempt(asked);
  },
  begin: async (level, setting) => {
    const asked = networkLevel(level, NAME);
    const refusal = everybodysLoopback(asked) ?? occupied(asked);
    if (refusal !== null) throw new Error(refusal);
    const pace = regularPace(asked.everyMs, asked.forMs, setting.rng);
    return repeatedly(NAME, pace, () => hinder(asked, setting));
  },
};

async function hinder(asked: NetworkLevel, { undo }: ProvocationSetting): Promise<Firing> {
  const removal: CommandWords = ['tc', ...changeOf(asked, 'del')];
  const release = await undo(removal);
  await tcMeanwhile(changeOf(asked, 'add'));
  return {
    what: `${asked.what} on ${asked.dev}${asked.netns === null ? '' : ` of ${asked.netns}`}`,
    end: async () => {
      await tcMeanwhile(changeOf(asked, 'del'));
      release();
      return undefined;
    },
  };
}

function changeOf({ dev, netns, discipline }: NetworkLevel, change: 'add' | 'del'): string[] {
  const inside = netns === null ? [] : ['-n', netns];
  const how = change === 'add' ? discipline : [];
  return [...inside, 'qdisc', change, 'dev', dev, 'root', ...how];
}

/** @throws Error with what tc said */
function tc(words: readonly string[]): string {
  try {
    return execFileSync('tc', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw refusedByTc(words, error);
  }
}

/** While a trial runs nobody waits. @throws Error with what tc said */
async function tcMeanwhile(words: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('tc', words);
  } catch (error) {
    throw refusedByTc(words, error);
  }
}

function refusedByTc(words: readonly string[], error: unknown): Error {
  const said = String((error as { stderr?: string }).stderr ?? (error as Error).message);
  return new Error(`tc ${words.join(' ')}: ${said.trim().split('\n')[0]}`);
}

/** Why an interface that all share would be hit, or null. */
function everybodysLoopback({ dev, netns }: NetworkLevel): string | null {
  if (dev !== 'lo' || netns !== null) return null;
  try {
    if (readlinkSync('/proc/self/ns/net') !== readlinkSync('/proc/1/ns/net')) return null;
  } catch {
    // Whose it is cannot be told: then it is everybody's.
  }
  return 'lo is the loopback of the whole host: give netns=NAME (ip netns), or another dev';
}

function occupied({ dev, netns }: NetworkLevel): string | null {
  const inside = netns === null ? [] : ['-n', netns];
  const root = /^qdisc (\S+) \S+ root/m.exec(tc([...inside, 'qdisc', 'show', 'dev', dev]))?.[1];
  if (root === undefined || BY_ITSELF.includes(root)) return null;
  return `${dev} has a queueing discipline already (${root}), which would be lost`;
}

/** Whether the kernel can is tried in a namespace that nobody else is in, and that is gone then. */
function attempt(asked: NetworkLevel): string | null {
  const words = ['qdisc', 'add', 'dev', 'lo', 'root', ...asked.discipline];
  try {
    const refusal = occupied(asked);
    if (refusal !== null) return refusal;
    execFileSync('unshare', ['--net', 'tc', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    return null;
  } catch (error) {
    const { stderr, message } = error as { stderr?: unknown; message: string };
    return stderr === undefined ? message : refusedByTc(words, error).message;
  }
}

function networkLevel(text: string, where: string): NetworkLevel {
  const { words, numbers, texts } = readLevel(text, SHAPE, where);
  const refuse = refusalIn(SHAPE, where, text);
  if (words.length > 0 && words[0] !== CUT) refuse(`has the word "${words[0]}" (${CUT})`);
  checkTimes(numbers, refuse);
  const { delay } = numbers;
  const { loss, dev = '', netns = null } = texts;
  if (!/^[\w.@-]{1,15}$/.test(dev)) refuse(`has dev=${dev}, which is no name of an interface`);
  if (netns !== null && !/^[\w.-]+$/.test(netns)) refuse(`has netns=${netns}, which is no name`);
  if (loss !== undefined && !/^(100|\d{1,2}(\.\d+)?)%$/.test(loss)) {
    refuse(`has loss=${loss}, which is no percentage (as 5%)`);
  }
  const isCut = words.length > 0;
  const slowed = [...(delay ? [`delay ${delay}ms`] : []), ...(loss ? [`loss ${loss}`] : [])];
  if (isCut === slowed.length > 0) refuse(`must have either ${CUT}, or delay= or loss=`);
  return {
    what: isCut ? CUT : slowed.join(', '),
    dev,
    netns,
    discipline: isCut ? ['blackhole'] : ['netem', ...slowed.join(' ').split(' ')],
    everyMs: numbers.every as number,
    forMs: numbers.for as number,
  };
}
