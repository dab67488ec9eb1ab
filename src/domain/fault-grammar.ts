// Faults as they are written: `flip:op=write,count=1`, or an object with the same keys. Nothing is
// guessed: an unknown kind, key or value is refused with what there is.

import { parseDuration, parseSize } from '../base/quantities.ts';
import { HeisenwriteError } from './errors.ts';
import {
  FAULT_CONDITIONS,
  FAULT_KINDS,
  type Fault,
  type FaultKey,
  type FaultKind,
  type FaultOperation,
  type FaultRange,
  type FaultValue,
  type PlantableFaults,
} from './fault.ts';

/**
 * Reads `KIND:key=value,...`; a kind without keys may stand alone.
 * @throws HeisenwriteError `invalid-fault`
 */
export function parseFault(text: string): Fault {
  const colon = text.indexOf(':');
  const kind = (colon === -1 ? text : text.slice(0, colon)).trim();
  const written: Record<string, string> = {};
  const rest = colon === -1 ? '' : text.slice(colon + 1);
  for (const part of rest.split(',').filter((each) => each.trim() !== '')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, equals).trim();
    if (equals < 1) refuse(`"${part}" in "${text}" is not key=value`);
    if (key in written) refuse(`"${text}" has ${key} twice`);
    written[key] = part.slice(equals + 1).trim();
  }
  return faultOf({ kind, ...written });
}

/**
 * Checks a fault that was given as an object: `{kind: 'flip', op: 'write', count: 1}`.
 * @throws HeisenwriteError `invalid-fault`
 */
export function faultOf(written: Readonly<Record<string, unknown>>): Fault {
  const { kind, ...keys } = written;
  if (typeof kind !== 'string' || !Object.hasOwn(FAULT_KINDS, kind)) {
    refuse(`there is no fault "${kind}" (faults: ${Object.keys(FAULT_KINDS).join(', ')})`);
  }
  const known = keysOf(kind as FaultKind);
  const values: Record<string, FaultValue> = {};
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) continue;
    const entry = known[key];
    if (!entry) refuse(`${kind} has no key "${key}" (keys: ${Object.keys(known).join(', ')})`);
    values[key] = parseValue(`${kind}: ${key}`, String(value), entry);
  }
  for (const [key, { required, about }] of Object.entries(known)) {
    if (required && !(key in values)) refuse(`${kind} needs ${key}: ${about}`);
  }
  if ('every' in values && !('for' in values))
    refuse(`${kind}: every needs for, how long each time`);
  if (Number(values.every) <= Number(values.for)) {
    refuse(`${kind}: for must be shorter than every`);
  }
  const text = Object.entries(keys)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`);
  return {
    kind: kind as FaultKind,
    text: [kind, text.join(',')].filter(Boolean).join(':'),
    values,
  };
}

/** Conditions and keys of a kind, by name. */
export function keysOf(kind: FaultKind): Readonly<Record<string, FaultKey>> {
  return { ...FAULT_KINDS[kind].keys, ...FAULT_CONDITIONS };
}

/**
 * The calls that `fault` applies to where `plantable` is what can be planted.
 * @param where the words for it: `a mount`, `the nfs proxy`
 * @throws HeisenwriteError `invalid-fault` where the kind or one of its calls cannot be planted
 */
export function operationsOf(
  fault: Fault,
  plantable: PlantableFaults,
  where: string,
): readonly FaultOperation[] {
  const possible = plantable[fault.kind];
  if (!possible) {
    refuse(`${where} cannot plant ${fault.kind} (it can: ${Object.keys(plantable).join(', ')})`);
  }
  const asked = (fault.values.op ?? possible) as readonly FaultOperation[];
  const wrong = asked.find((operation) => !possible.includes(operation));
  if (wrong) {
    refuse(`${where} cannot plant ${fault.kind} in ${wrong} (it can in: ${possible.join(', ')})`);
  }
  return asked;
}

function parseValue(where: string, text: string, key: FaultKey): FaultValue {
  const value = VALUES[key.kind](text);
  if (value === null) refuse(`${where}: "${text}" is not ${NAMES[key.kind]}`);
  const unknown = [value].flat().find((each) => key.choices && !key.choices.includes(String(each)));
  if (unknown !== undefined) {
    refuse(`${where}: there is no "${unknown}" (there are: ${key.choices?.join(', ')})`);
  }
  return value as FaultValue;
}

const NAMES: Readonly<Record<FaultKey['kind'], string>> = {
  size: 'a size such as 512 or 4KiB',
  duration: 'a duration such as 50ms or 1s',
  count: 'a whole number',
  probability: 'a probability above 0 and at most 1 (0.01 or 1/300)',
  range: 'a range of bytes such as 4KiB-8KiB or 1MiB-',
  hex: 'a 64-bit number other than 0, such as 0xff',
  text: 'given',
  list: 'a list such as write+read',
  choice: 'given',
};

const VALUES: Readonly<Record<FaultKey['kind'], (text: string) => FaultValue | null>> = {
  size: parseSize,
  duration: parseDuration,
  count: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : null),
  probability: parseProbability,
  range: parseRange,
  hex: parseMask,
  text: (text) => text || null,
  list: (text) => (text === '' ? null : text.split('+')),
  choice: (text) => text || null,
};

/** `0.01` or `1/300`, in (0, 1]; null for anything else. */
export function parseProbability(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?(?:e-?\d+)?)(?:\/(\d+))?$/.exec(text);
  if (!match) return null;
  const value = Number(match[1]) / Number(match[2] ?? 1);
  return value > 0 && value <= 1 ? value : null;
}

function parseRange(text: string): FaultRange | null {
  const match = /^([^-]+)-([^-]*)$/.exec(text);
  if (!match) return null;
  const from = parseSize(match[1] as string);
  const to = match[2] === '' ? Number.POSITIVE_INFINITY : parseSize(match[2] as string);
  return from === null || to === null || to <= from ? null : { from, to };
}

function parseMask(text: string): bigint | null {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) return null;
  const mask = BigInt(text);
  return mask === 0n || mask !== BigInt.asUintN(64, mask) ? null : mask;
}

function refuse(message: string): never {
  throw new HeisenwriteError('invalid-fault', message);
}
