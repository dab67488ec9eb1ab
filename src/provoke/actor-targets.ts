// Which processes a level means by `writer`, `reader-1`, `program` or `all`, and whether they can
// be had as processes at all.

import { readFileSync } from 'node:fs';
import { cLibrary } from '../base/c-library.ts';
import type { Levels } from '../domain/cell.ts';
import { HERE } from '../domain/hosts.ts';
import type { ActorProcess, ActorProcesses } from '../domain/provocation.ts';
import { nearest } from '../plan/nearest.ts';

/** Names of actors, without the number of each; `program` is one of the user's. */
const ACTORS = ['all', 'writer', 'reader', 'checker', 'program'] as const;
export const ACTORS_ABOUT = `one of ${ACTORS.join(', ')}, or with its number as writer-0`;

/** Why `word` names nobody, or null. */
export function unknownActor(word: string): string | null {
  const name = word.replace(/-\d+$/, '');
  if ((ACTORS as readonly string[]).includes(name)) return null;
  const near = nearest(name, ACTORS);
  return `names the actor "${word}"${near ? `; did you mean "${near}"?` : ''} (${ACTORS_ABOUT})`;
}

/** Those that are there now. @param word one that `unknownActor` lets pass */
export function actorsCalled(word: string, actors: ActorProcesses): ActorProcess[] {
  const all = actors.list();
  if (word === 'all') return [...all];
  return all.filter(({ name }) => name === word || name.startsWith(`${word}-`));
}

/** A process with all that it has started; those that are gone meanwhile are left out. */
export function withDescendants(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(withDescendants)];
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Why the actors of such a trial cannot be processes of this host, or null. */
export function noActorProcesses({ kernel }: Levels): string | null {
  if (kernel !== undefined && kernel !== HERE) {
    return `the actors run in the guest with the kernel ${kernel}, out of reach`;
  }
  const library = cLibrary();
  return typeof library === 'string'
    ? `actors cannot be processes that share memory (${library})`
    : null;
}
