// `signal`: a signal to a daemon, every so often, as an administrator or a log rotation sends it: a
// mount daemon that reads its exports again on SIGHUP refuses a write meanwhile.

import type { ProvocationKind, ProvocationSetting } from '../domain/provocation.ts';
import { nearest } from '../plan/nearest.ts';
import { findProcess } from './daemon.ts';
import { canonical, checkTimes, type LevelShape, readLevel, refusalIn } from './level-text.ts';
import { type Firing, regularPace, repeatedly } from './schedule.ts';

const NAME = 'signal';

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'SIGHUP to=/run/mountd.pid every=1s',
  keys: { to: 'text', every: 'duration', for: 'duration' },
  required: ['to', 'every'],
  words: { most: 1, about: 'one signal at a time' },
};

/** What a daemon may take for an order to do something; none of them ends it for good by design. */
const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGALRM', 'SIGSTOP'] as const;

export const signal: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: 'a signal to a daemon: by pid, pid file or the name of its command, every so often',
    fallback: 'none',
    check: (text, where) => {
      signalLevel(text, where);
      return canonical(text);
    },
  },
  example: 'signal=none,SIGHUP to=/run/mountd.pid every=1s',
  separates: () => false,
  refusal: (level) => {
    const found = findProcess(signalLevel(level, NAME).to);
    return typeof found === 'string' ? found : null;
  },
  begin: async (level, setting) => {
    const { signal: name, to, everyMs, forMs } = signalLevel(level, NAME);
    const found = findProcess(to);
    if (typeof found === 'string') throw new Error(found);
    const pace = regularPace(everyMs, forMs, setting.rng);
    // Looked for each time: a daemon that was restarted has another number.
    return repeatedly(NAME, pace, () => send(name, to, setting));
  },
};

async function send(
  name: NodeJS.Signals,
  to: string,
  { undo }: ProvocationSetting,
): Promise<Firing> {
  const pid = findProcess(to);
  if (typeof pid === 'string') throw new Error(pid);
  const release = name === 'SIGSTOP' ? await undo(['kill', '-CONT', String(pid)]) : null;
  process.kill(pid, name);
  return {
    what: `${name} to ${to}`,
    end: () => {
      if (release === null) return undefined;
      process.kill(pid, 'SIGCONT');
      release();
      return undefined;
    },
  };
}

function signalLevel(text: string, where: string) {
  const { words, numbers, texts } = readLevel(text, SHAPE, where);
  const refuse = refusalIn(SHAPE, where, text);
  const written = words[0] ?? refuse(`names no signal (${SIGNALS.join(', ')})`);
  const known = SIGNALS.find((each) => each === written || each === `SIG${written}`);
  const near = known ? null : nearest(written, SIGNALS);
  const meant = near ? `; did you mean "${near}"?` : '';
  const name = known ?? refuse(`has the signal "${written}"${meant} (${SIGNALS.join(', ')})`);
  checkTimes(numbers, refuse);
  if (name === 'SIGSTOP' && !('for' in numbers))
    refuse('stops the daemon and says not for= how long');
  return {
    signal: name as NodeJS.Signals,
    to: texts.to as string,
    everyMs: numbers.every as number,
    forMs: numbers.for ?? 0,
  };
}
