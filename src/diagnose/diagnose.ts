// The judge of one observation: the damage in its bytes and the layer in which it lives. It works
// on what was recorded and nothing else, so that it can be repeated from the evidence at any time.

import type { Damage } from '../domain/damage.ts';
import type { Observation } from '../domain/observation.ts';
import type { Diagnosis } from '../domain/trial.ts';
import { diagnoseBlocks, meantBlocks } from './blocks.ts';
import { diagnoseDeliveries } from './deliveries.ts';
import { earlyLayer, wasPickedUpEarly, withEarly } from './early.ts';
import { diagnoseCompared, diagnoseGiven, meantGiven } from './given.ts';
import { layerOf } from './layer.ts';
import { diagnoseMessage, meantMessage } from './message.ts';
import { diagnoseRecords } from './records.ts';
import { diagnoseUnit, meantUnit } from './unit.ts';

/** Never throws, whatever the bytes. Without damage the bytes are as they were meant. */
export function diagnose(observation: Observation): Diagnosis {
  const bytes = damageIn(observation);
  const isEarly = bytes.length > 0 && wasPickedUpEarly(observation);
  const { medium } = observation;
  const { layer, because } = isEarly ? earlyLayer(observation) : layerOf(observation);
  return {
    observation: observation.seq,
    promise: observation.promise,
    damage: isEarly ? withEarly(observation, bytes) : bytes,
    layer,
    layerBecause: medium === undefined ? because : `${because} (the bytes are on ${medium})`,
    atNs: observation.atNs,
  };
}

function damageIn(observation: Observation): readonly Damage[] {
  const { expected } = observation;
  switch (expected.shape) {
    case 'blocks':
      return diagnoseBlocks(observation, expected);
    case 'unit':
      return diagnoseUnit(observation, expected);
    case 'records':
      return diagnoseRecords(observation, expected);
    case 'given':
      return diagnoseGiven(observation, expected);
    case 'compared':
      return diagnoseCompared(observation, expected);
    case 'deliveries':
      return diagnoseDeliveries(observation, expected);
    case 'message':
      return diagnoseMessage(observation, expected);
  }
}

/**
 * The bytes that were meant in the window: of a unit, those of the generation that most of it
 * belongs to. Null for records, whose places are not known beforehand, and for what only the
 * user's command can judge.
 */
export function expectedWindow(observation: Observation): Uint8Array | null {
  const { expected } = observation;
  switch (expected.shape) {
    case 'blocks':
      return meantBlocks(observation, expected);
    case 'unit':
      return meantUnit(observation, expected);
    case 'given':
      return meantGiven(expected);
    case 'records':
    case 'compared':
    case 'deliveries':
      return null;
    case 'message':
      return meantMessage(observation, expected);
  }
}
