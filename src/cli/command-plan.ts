// The user's own commands as they come from a command line or a plan: the plan that `--write`
// makes, the paths in it that are meant from where it was written, and the options that say it
// again.

import { resolve } from 'node:path';
import { shellText } from '../domain/command-text.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Arm, Plan } from '../domain/plan.ts';
import type { PlanInput } from '../plan/define-plan.ts';

export interface CommandOptions {
  readonly write?: readonly string[];
  readonly read?: readonly string[];
  readonly compare?: string;
  readonly input?: string;
  readonly commandLimit?: string;
}

/** Levels that say that there is none; see src/workload/command-program.ts. */
const NONE = 'none';
const COMMANDS = ['program', 'read', 'compare'];
/** Workloads in which the user's own programs run. */
const WITH_COMMANDS: ReadonlySet<unknown> = new Set(['command', 'delivery']);
/** Small enough for many trials, large enough for several of a program's own buffers. */
const SIZES = ['64KiB', '1MiB'];
const PATTERNS = ['stamp', 'alternating'];

/** Null without `--write`. @throws HeisenwriteError where the others are given alone */
export function commandPlan(options: CommandOptions): PlanInput | null {
  const { write, read, compare, input, commandLimit } = options;
  if (write === undefined) {
    const others = { read, compare, input, commandLimit };
    const [alone] = Object.entries(others).filter(([, value]) => value !== undefined);
    if (alone === undefined) return null;
    const option = alone[0] === 'commandLimit' ? 'command-limit' : alone[0];
    throw new HeisenwriteError('invalid-option', `--${option} needs the writer: --write COMMAND`, {
      remedy: "for example --write 'cp {canary} {out}'; a plan says it in its own fields",
    });
  }
  if (read !== undefined && compare !== undefined) {
    throw new HeisenwriteError(
      'invalid-option',
      '--read and --compare exclude each other: what is read back is checked word by word',
      { remedy: 'give --read where it restores the canary, --compare where nothing does' },
    );
  }
  const content = input === undefined ? { size: SIZES, pattern: PATTERNS } : { input };
  return {
    name: 'command',
    arms: [
      {
        workload: 'command',
        factors: {
          program: [...write],
          ...(read && { read: [...read] }),
          ...(compare && { compare }),
          ...content,
          ...(commandLimit && { limit: commandLimit }),
        },
      },
    ],
    stop: { for: '60s' },
  };
}

/**
 * Paths as they are meant from the directory of the plan, or from where `--write` was typed:
 * `{here}`, a program with a slash in its name, and the input. So a stored plan holds anywhere.
 */
export function withPaths(plan: Plan, here: string): Plan {
  const arms = plan.arms.map((arm) => armWithPaths(arm, here));
  if (plan.builds === undefined) return { ...plan, arms };
  const builds = Object.entries(plan.builds).map(([name, build]) => {
    const directory = resolve(here, build.directory);
    return [name, { ...build, directory, command: withHere(build.command, here) }];
  });
  return { ...plan, arms, builds: Object.fromEntries(builds) };
}

function armWithPaths(arm: Arm, here: string): Arm {
  if (!WITH_COMMANDS.has(arm.workload)) return arm;
  const factors = Object.entries(arm.factors).map(([name, levels]) => {
    if (name === 'input') {
      return [name, levels.map((each) => (each === NONE ? each : resolve(here, String(each))))];
    }
    if (!COMMANDS.includes(name)) return [name, levels];
    return [name, levels.map((each) => commandFrom(String(each), here))];
  });
  return { ...arm, factors: Object.fromEntries(factors) };
}

function commandFrom(command: string, here: string): string {
  return withHere(command, here).replace(/^\.{1,2}\/[\w./-]*/, (program) => resolve(here, program));
}

function withHere(command: string, here: string): string {
  return shellText(command, (name) => (name === 'here' ? here : undefined));
}

/** The options that make the same plan again; none where it came from elsewhere. */
export function commandWordsOf(plan: Plan, options: CommandOptions): string[] {
  if (options.write === undefined) return [];
  const [arm] = plan.arms as [Arm];
  const words: string[] = [];
  const say = (option: string, factor: string) => {
    for (const level of arm.factors[factor] ?? []) words.push(option, String(level));
  };
  say('--write', 'program');
  if (options.read) say('--read', 'read');
  if (options.compare) say('--compare', 'compare');
  if (options.input) say('--input', 'input');
  if (options.commandLimit) words.push('--command-limit', options.commandLimit);
  return words;
}
