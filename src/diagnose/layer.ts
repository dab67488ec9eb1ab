// In which layer the damage lives, from the looks that the reader took again: through the same
// descriptor, after dropping the cache, past it, and from another client. A layer is named only
// where every look agrees with it and none of them is in doubt; all else is `undetermined`, with
// the look that was missing or that contradicts.

import type { Layer } from '../domain/damage.ts';
import type { Observation, Reread } from '../domain/observation.ts';
import { isRight, wholeGeneration } from './right-look.ts';

export interface LayerFinding {
  readonly layer: Layer;
  /** One sentence: which looks showed what. */
  readonly because: string;
}

type Sight = 'right' | 'same' | 'other';
type Sights = Partial<Record<Reread['how'], Sight>>;

const HOW_WORDS: Readonly<Record<Reread['how'], string>> = {
  'same-descriptor': 'through the same descriptor',
  'same-command': 'by the same command, run again',
  'cache-dropped': 'after the cache was dropped',
  direct: 'past the cache (O_DIRECT)',
  'second-client': 'from a second client',
};

/** This note says how the file was opened, and takes nothing away from the look. */
const HARMLESS_NOTE = 'opened again by name';

/** Never throws, whatever the bytes. */
export function layerOf(observation: Observation): LayerFinding {
  if (!observation.sourceIntact) {
    const because = "the writer's buffer no longer had its own checksum after the write";
    return { layer: 'source', because };
  }
  const { shape } = observation.expected;
  if (shape === 'message' || shape === 'deliveries') {
    const because = "the sender's buffers were still right after they were sent";
    return { layer: 'in-flight', because };
  }
  if (observation.rereads.length === 0) return undetermined('the bytes were not read again');
  const { sights, doubts } = sightsOf(observation);
  if (Object.keys(sights).length === 0) {
    return undetermined(`the bytes could not be read again: ${doubts.join('; ')}`);
  }
  const found = fromSights(observation, sights);
  if (found.layer !== 'undetermined' || doubts.length === 0) return found;
  return undetermined(`${found.because} (${doubts.join('; ')})`);
}

function undetermined(because: string): LayerFinding {
  return { layer: 'undetermined', because };
}

/** What each look that counts showed, and why others do not count. */
function sightsOf(observation: Observation): { sights: Sights; doubts: string[] } {
  const sights: Sights = {};
  const doubts: string[] = [];
  for (const look of observation.rereads) {
    if (look.outcome !== 'read' || look.bytes === undefined) {
      doubts.push(`not ${HOW_WORDS[look.how]}: ${look.note ?? 'no reason was given'}`);
      continue;
    }
    const doubt = look.how === 'cache-dropped' ? doubtOf(look.note) : null;
    if (doubt !== null) {
      doubts.push(`whether the cache was dropped is uncertain: ${doubt}`);
      continue;
    }
    sights[look.how] = sightOf(observation, look.bytes, look.fileBytes ?? -1);
  }
  return { sights, doubts };
}

function doubtOf(note: string | undefined): string | null {
  const parts = (note ?? '').split('; ').filter((part) => part !== '' && part !== HARMLESS_NOTE);
  return parts.length === 0 ? null : parts.join('; ');
}

function sightOf(observation: Observation, bytes: Uint8Array, fileBytes: number): Sight {
  if (isRight(observation, bytes, fileBytes)) return 'right';
  return Buffer.compare(bytes, observation.bytes) === 0 ? 'same' : 'other';
}

function fromSights(observation: Observation, sights: Sights): LayerFinding {
  const same = sights['same-descriptor'] ?? sights['same-command'];
  const seen = Object.entries(sights) as [Reread['how'], Sight][];
  const told = seen.map(([how, sight]) => `${sightWords(sight)} ${HOW_WORDS[how]}`).join(', ');
  const all = (sight: Sight) => seen.every(([, one]) => one === sight);
  const readAgain = same ?? (observation.returned < 0 ? sights['cache-dropped'] : undefined);
  if (all('right') && readAgain === 'right') {
    return { layer: 'transient', because: `right when read again: ${told}` };
  }
  if (all('right')) {
    const because = 'by time or by going past the cache cannot be told';
    return undetermined(`right when read again, whether ${because}: ${told}`);
  }
  if (all('same') && reachedMedium(sights)) {
    if (observation.expected.shape === 'unit') {
      const because = 'the unit was being rewritten, so these looks cannot tell what will stay';
      return undetermined(`${because}: ${told}`);
    }
    return { layer: 'persisted', because: `the same wrong bytes each time: ${told}` };
  }
  if (isRewritten(observation)) {
    if (same === 'right') {
      const because = `the unit was whole when read again: ${told}`;
      return { layer: 'transient', because };
    }
    return undetermined(`the unit went on being rewritten between the looks: ${told}`);
  }
  if (same !== undefined && same !== 'right' && pastCacheAllRight(sights)) {
    const because = `wrong only in the cache of the reader: ${told}`;
    return { layer: 'reader-cache', because };
  }
  if (all('same')) return undetermined(`no look went past the cache: ${told}`);
  return undetermined(`the looks do not agree on one layer: ${told}`);
}

function sightWords(sight: Sight): string {
  return sight === 'right' ? 'right' : sight === 'same' ? 'the same wrong' : 'wrong in another way';
}

/** A look that cannot have been answered by the cache of the reader. */
function reachedMedium(sights: Sights): boolean {
  return (sights.direct ?? sights['cache-dropped'] ?? sights['second-client']) !== undefined;
}

/**
 * Past the cache means directly, or after dropping it. Wrong again after the drop and right
 * directly is still the cache: what is on the medium was right at the end.
 */
function pastCacheAllRight(sights: Sights): boolean {
  if (sights['second-client'] !== undefined && sights['second-client'] !== 'right') return false;
  if (sights.direct !== undefined) return sights.direct === 'right';
  return (sights['cache-dropped'] ?? sights['second-client']) === 'right';
}

/** True where a writer was, or has since been, at work on what was read. */
function isRewritten({ expected, rereads }: Observation): boolean {
  if (expected.shape !== 'unit') return false;
  if (expected.started > expected.acknowledged) return true;
  return rereads.some(({ bytes }) => {
    const generation = bytes === undefined ? null : wholeGeneration(expected, bytes);
    return generation !== null && generation > expected.started;
  });
}
