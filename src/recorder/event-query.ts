// What to look for, as text:  id = 4711    size >= 4KiB and took > 5ms    name ~ "frag"
//   clause   name operator value, joined by `and`
//   name     a field; EVENT.FIELD where events share the name; event, writer or sequence
//   operator = != < <= > >=, and ~ for text that contains the value
//   value    a number (0x1f), a size (4KiB), a span (5ms, in the field's own unit), or text
// An event without the field does not fit, whatever the operator.

import type { EventSchema } from './event-schema.ts';
import type { RecordedEvent } from './record-events.ts';
import { RecordingError } from './recording-error.ts';
import { parseSpan } from './time-text.ts';

const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '~'] as const;
export type Operator = (typeof OPERATORS)[number];
/** What every event has beside its fields. */
const OWN_NAMES = ['event', 'writer', 'sequence'] as const;
const SIZES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const TIME_UNITS_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

export interface Clause {
  /** Null: of any event that has the field. */
  readonly event: string | null;
  readonly name: string;
  readonly isField: boolean;
  readonly operator: Operator;
  readonly value: number | bigint | string;
}

const CLAUSE = /\s*([A-Za-z][\w.:-]*?)\s*(!=|<=|>=|=|<|>|~)\s*("[^"]*"|'[^']*'|\S+)\s*(\band\b|$)/y;

/**
 * @param schemas of all recordings: names and types are checked against them
 * @throws RecordingError `invalid-option`
 */
export function parseQuery(text: string, schemas: readonly EventSchema[]): readonly Clause[] {
  const clauses: Clause[] = [];
  CLAUSE.lastIndex = 0;
  for (let goesOn = true; goesOn; ) {
    const match = CLAUSE.exec(text);
    if (!match) throw malformed(text);
    const [, name = '', operator = '', written = '', joint] = match;
    clauses.push(clauseOf(text, name, operator as Operator, written, schemas));
    goesOn = joint === 'and';
  }
  return clauses;
}

/** Whether an event fits all clauses. */
export function fitsQuery(clauses: readonly Clause[], event: RecordedEvent): boolean {
  return clauses.every((clause) => {
    if (clause.event !== null && clause.event !== event.event) return false;
    const found = clause.isField
      ? event.fields[clause.name]
      : event[clause.name as (typeof OWN_NAMES)[number]];
    return found !== undefined && compares(found, clause.operator, clause.value);
  });
}

/** A number and a bigint compare by value; text is equal or contained. */
function compares(
  found: number | bigint | string,
  operator: Operator,
  value: number | bigint | string,
): boolean {
  switch (operator) {
    case '=':
      return found <= value && found >= value;
    case '!=':
      return !(found <= value && found >= value);
    case '<':
      return found < value;
    case '<=':
      return found <= value;
    case '>':
      return found > value;
    case '>=':
      return found >= value;
    case '~':
      return String(found).includes(String(value));
  }
}

function clauseOf(
  text: string,
  name: string,
  operator: Operator,
  written: string,
  schemas: readonly EventSchema[],
): Clause {
  const quoted = /^(["']).*\1$/.test(written);
  const plain = quoted ? written.slice(1, -1) : written;
  const own = OWN_NAMES.find((one) => one === name);
  if (own !== undefined) {
    const isText = own !== 'sequence';
    const value = isText ? plain : numberOf(plain, '');
    if (own === 'event') knownEvent(plain, operator, schemas, text);
    return checked(text, { event: null, name, isField: false, operator, value }, isText, plain);
  }
  const { event, field, unit, isText } = fieldOf(text, name, schemas);
  const value = isText ? plain : quoted ? null : numberOf(plain, unit);
  return checked(text, { event, name: field, isField: true, operator, value }, isText, plain);
}

function checked(
  text: string,
  clause: Omit<Clause, 'value'> & { readonly value: Clause['value'] | null },
  isText: boolean,
  plain: string,
): Clause {
  const { name, operator, value } = clause;
  if (value === null) throw wrong(text, `${name} is a number, and "${plain}" is none`);
  if (isText && !['=', '!=', '~'].includes(operator)) {
    throw wrong(text, `${name} is text, which has = != and ~`);
  }
  if (!isText && operator === '~') throw wrong(text, `${name} is a number, which has no ~`);
  return { ...clause, value };
}

/** The field by its name, or by its event's and its own: both may have dots. */
function fieldOf(text: string, name: string, schemas: readonly EventSchema[]) {
  const candidates = schemas.flatMap(({ name: event, fields }) =>
    fields.map(({ name: field, type, unit }) => ({ event, field, type, unit })),
  );
  const qualified = candidates.filter(({ event, field }) => `${event}.${field}` === name);
  const found = qualified.length > 0 ? qualified : candidates.filter(({ field }) => field === name);
  const first = found[0];
  if (!first) {
    const known = [...new Set(candidates.map(({ field }) => field))].join(', ');
    throw wrong(text, `no event has a field "${name}"; fields are ${known || 'none'}`);
  }
  const isText = first.type.endsWith(']');
  if (found.some(({ type, unit }) => type.endsWith(']') !== isText || unit !== first.unit)) {
    const named = [...new Set(found.map(({ event, field }) => `${event}.${field}`))].join(', ');
    throw wrong(text, `"${name}" has several types or units: say which, ${named}`);
  }
  const event = qualified.length > 0 ? first.event : null;
  return { event, field: first.field, unit: first.unit, isText };
}

function knownEvent(
  event: string,
  operator: Operator,
  schemas: readonly EventSchema[],
  text: string,
): void {
  if (operator === '~' || schemas.some(({ name }) => name === event)) return;
  const known = [...new Set(schemas.map(({ name }) => name))].join(', ');
  throw wrong(text, `there is no event "${event}"; events are ${known}`);
}

/** Spans become the unit of the field; null where it is no number, or a span of another unit. */
function numberOf(text: string, unit: string): number | bigint | null {
  if (/^-?(\d+|0x[\da-f]+)$/i.test(text)) {
    const negative = text.startsWith('-');
    const whole = BigInt(negative ? text.slice(1) : text);
    const value = negative ? -whole : whole;
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (/^-?\d+\.\d+$/.test(text)) return Number(text);
  const size = /^(\d+(?:\.\d+)?)(KiB|MiB|GiB|TiB)$/.exec(text);
  if (size) return Number(size[1]) * SIZES[size[2] as keyof typeof SIZES];
  const span = parseSpan(text);
  const unitNs = TIME_UNITS_NS[unit];
  return span === null || unitNs === undefined ? null : span / unitNs;
}

function malformed(text: string): RecordingError {
  const examples = '"id = 4711", "size >= 4KiB and took > 5ms" or \'name ~ "frag"\'';
  return wrong(text, `it is not of the form ${examples} (operators: ${OPERATORS.join(' ')})`);
}

function wrong(text: string, happened: string): RecordingError {
  return new RecordingError('invalid-option', null, `"${text}": ${happened}`);
}
