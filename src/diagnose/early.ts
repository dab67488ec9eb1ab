// `early`: a copy is not what the file holds now that its writer is done, and the rule by which it
// was taken had said ready before that. What the bytes of the copy are besides is said of them,
// too.

import type { Damage } from '../domain/damage.ts';
import type { Observation, PickedUpObservation } from '../domain/observation.ts';
import type { LayerFinding } from './layer.ts';

export function wasPickedUpEarly(observation: Observation): observation is PickedUpObservation {
  const { pickedUp } = observation;
  if (!pickedUp?.isWholeNow) return false;
  return BigInt(pickedUp.readyNs) < BigInt(pickedUp.doneNs);
}

/** @param damage of the bytes alone, at least one */
export function withEarly(
  { pickedUp }: PickedUpObservation,
  damage: readonly Damage[],
): readonly Damage[] {
  const offset = Math.min(...damage.map((one) => one.offset));
  const end = Math.max(...damage.map((one) => one.offset + one.length));
  const earlyMs = Number(BigInt(pickedUp.doneNs) - BigInt(pickedUp.readyNs)) / 1e6;
  const because =
    `the rule ${pickedUp.rule} said ready ${earlyMs.toFixed(1)} ms before the writer was done, ` +
    'and the file that was copied is whole now';
  return [{ kind: 'early', offset, length: end - offset, because }, ...damage];
}

/** The copy keeps what it was given; neither its medium nor that of the file did anything wrong. */
export function earlyLayer({ pickedUp }: PickedUpObservation): LayerFinding {
  const because = `the file was still being written when ${pickedUp.rule} called it ready`;
  return { layer: 'in-flight', because };
}
