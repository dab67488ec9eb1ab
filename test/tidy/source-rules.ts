// What may not be written in code: clocks and random numbers outside src/base (a trial must be
// repeatable from its seed), `any`, notes to nobody, and exports that hide where a thing lives.

import ts from 'typescript';
import type { Rule, TidyFile, Violation } from './repository.ts';
import { isCode, isTypeScript } from './repository.ts';
import { comments, lineOf, parse, visit } from './syntax.ts';

const CLOCKS_AND_RANDOM = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'process.hrtime.bigint',
  'crypto.getRandomValues',
]);

/** The recorder stands alone, so that it has a clock of its own. */
const CLOCKS = /^src\/(base\/|recorder\/clock\.ts$)/;

export const clocksOnlyInBase: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !CLOCKS.test(file.path))
    .flatMap((file) =>
      nodes(
        file,
        (node, source) => {
          if (ts.isNewExpression(node) && node.expression.getText(source) === 'Date') {
            return node.arguments?.length ? null : 'new Date() without a time reads a clock';
          }
          if (!ts.isPropertyAccessExpression(node)) return null;
          const text = node.getText(source).replace(/^globalThis\./, '');
          if (!CLOCKS_AND_RANDOM.has(text) || isInnerPart(node)) return null;
          return `${text} belongs in src/base (src/base/clock.ts, src/base/rng.ts)`;
        },
        'clocks-only-in-base',
      ),
    );

/** `process.hrtime` inside `process.hrtime.bigint` is reported once, as the whole. */
function isInnerPart(node: ts.PropertyAccessExpression): boolean {
  return ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node;
}

/** biome lets an explained `any` through (its ignore comment takes a reason); so does this rule. */
export const noAny: Rule = (files) =>
  files.filter(isTypeScript).flatMap((file) => {
    const lines = file.text.split('\n');
    const explained = /noExplicitAny: \S/;
    return nodes(
      file,
      (node, source) => {
        if (node.kind !== ts.SyntaxKind.AnyKeyword) return null;
        const line = lineOf(source, node.getStart(source));
        if (explained.test(lines[line - 2] ?? '')) return null;
        return '`any` without an explanation: use `unknown` and look at the value';
      },
      'no-any',
    );
  });

const NOTE = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`,
);
const OWNED_NOTE = /\b[A-Z]+\([a-z][\w-]*\): \S+/;

/** A note needs an owner and a reason: `TODO(name): why it is not done yet`. */
export const notesHaveOwners: Rule = (files) =>
  files.filter(isCode).flatMap((file) => {
    const found = isTypeScript(file)
      ? comments(file).flatMap(({ line, text }) =>
          text.split('\n').map((part, index) => ({ line: line + index, text: part })),
        )
      : file.text.split('\n').map((text, index) => ({ line: index + 1, text }));
    return found
      .filter(({ text }) => NOTE.test(text.replace(/`[^`]*`/g, '')) && !OWNED_NOTE.test(text))
      .map(({ line, text }) => ({
        path: file.path,
        line,
        rule: 'notes-have-owners',
        message: `"${text.trim()}" has no owner and reason`,
      }));
  });

/** `export *` makes a barrel of any file; the public API names what it exports. */
export const namedExportsOnly: Rule = (files) =>
  files
    .filter(isTypeScript)
    .flatMap((file) =>
      nodes(
        file,
        (node) =>
          ts.isExportDeclaration(node) && node.exportClause === undefined
            ? '`export *` hides where a thing lives: name what is exported'
            : null,
        'named-exports-only',
      ),
    );

/** One violation for each node for which `judge` returns a message. */
function nodes(
  file: TidyFile,
  judge: (node: ts.Node, source: ts.SourceFile) => string | null,
  rule: string,
): Violation[] {
  const source = parse(file);
  const found: Violation[] = [];
  visit(source, (node) => {
    const message = judge(node, source);
    if (message === null) return;
    found.push({ path: file.path, line: lineOf(source, node.getStart(source)), rule, message });
  });
  return found;
}
