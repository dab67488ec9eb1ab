// Constraints between factors, as text, so that a plan stays plain JSON that can be stored and
// resumed:  chunk <= unit     chunk divides unit     writer = direct => chunk >= 512
// A clause that names a factor which the cell has not got holds (it does not apply there).

import { parseDuration, parseSize } from '../base/quantities.ts';
import type { Level, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { nearest } from './nearest.ts';

export interface Constraint {
  readonly text: string;
  readonly factors: readonly string[];
  holds(levels: Levels): boolean;
}

const OPERATORS = ['<=', '>=', '!=', '=', '<', '>', 'divides'] as const;
type Operator = (typeof OPERATORS)[number];

interface Clause {
  readonly left: string;
  readonly operator: Operator;
  readonly right: string;
}

/** @throws HeisenwriteError `invalid-plan` when the text does not follow the grammar. */
export function parseConstraint(text: string, factors: readonly string[]): Constraint {
  const sides = text.split('=>').map((side) => side.trim());
  if (sides.length > 2 || sides.some((side) => side === '')) throw malformed(text);
  const [first, second] = sides.map((side) => parseClauses(side, text)) as [Clause[], Clause[]?];
  const named = [...first, ...(second ?? [])].flatMap((clause) => [clause.left, clause.right]);
  const applies = named.filter((term) => factors.includes(term));
  if (applies.length === 0) {
    throw new HeisenwriteError(
      'invalid-plan',
      `constraint "${text}" names no factor; factors are ${factors.join(', ')}`,
    );
  }
  for (const clause of [...first, ...(second ?? [])]) checkOrder(clause, text, factors);
  const all = (clauses: Clause[], levels: Levels) =>
    clauses.every((clause) => clauseHolds(clause, levels, factors));
  return {
    text,
    factors: applies,
    holds: (levels) => (second ? !all(first, levels) || all(second, levels) : all(first, levels)),
  };
}

function parseClauses(side: string, text: string): Clause[] {
  return side.split(/\s+and\s+/).map((part) => {
    const match = /^([\w.-]+?)\s*(<=|>=|!=|=|<|>|\sdivides\s)\s*([\w.-]+)$/.exec(part.trim());
    if (!match) throw malformed(text);
    return {
      left: match[1] as string,
      operator: match[2]?.trim() as Operator,
      right: match[3] as string,
    };
  });
}

/** A misspelt factor in `chunk <= untit` would silently forbid every cell. */
function checkOrder({ left, operator, right }: Clause, text: string, factors: readonly string[]) {
  if (operator === '=' || operator === '!=') return;
  for (const term of [left, right]) {
    if (factors.includes(term) || typeof literal(term) === 'number') continue;
    const near = nearest(term, factors);
    throw new HeisenwriteError(
      'invalid-plan',
      `constraint "${text}": "${term}" is neither a factor nor a number` +
        `${near ? `; did you mean "${near}"?` : ''} (factors: ${factors.join(', ')})`,
    );
  }
}

function malformed(text: string): HeisenwriteError {
  return new HeisenwriteError(
    'invalid-plan',
    `constraint "${text}" is not of the form "chunk <= unit", "chunk divides unit" or ` +
      `"writer = direct => chunk >= 512" (operators: ${OPERATORS.join(' ')})`,
  );
}

function clauseHolds(clause: Clause, levels: Levels, factors: readonly string[]): boolean {
  const left = termValue(clause.left, levels, factors);
  const right = termValue(clause.right, levels, factors);
  if (left === undefined || right === undefined) return true;
  switch (clause.operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case 'divides':
      return Number(right) % Number(left) === 0;
    case '<=':
      return Number(left) <= Number(right);
    case '>=':
      return Number(left) >= Number(right);
    case '<':
      return Number(left) < Number(right);
    case '>':
      return Number(left) > Number(right);
  }
}

function termValue(term: string, levels: Levels, factors: readonly string[]): Level | undefined {
  return factors.includes(term) ? levels[term] : literal(term);
}

function literal(term: string): Level {
  if (term === 'true' || term === 'false') return term === 'true';
  return parseSize(term) ?? parseDuration(term) ?? term;
}
