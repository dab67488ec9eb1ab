// Sizes: what does not fit on a screen is not read. Functions up to 70 lines, files up to 300,
// lines up to 100; and a file opens by saying what it holds.

import ts from 'typescript';
import type { Rule, TidyFile, Violation } from './repository.ts';
import { isCode, isTypeScript } from './repository.ts';
import { lineOf, parse, visit } from './syntax.ts';

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 300;
const LINE_COLUMNS_MAX = 100;
const OPENING_LINES_MAX = 8;

export const fileLength: Rule = (files) =>
  files.filter(isCode).flatMap((file) => {
    const lines = file.text.replace(/\n$/, '').split('\n').length;
    return lines <= FILE_LINES_MAX
      ? []
      : [at(file, 0, 'file-length', `${lines} lines, at most ${FILE_LINES_MAX}`)];
  });

/** A line that holds nothing but a URL cannot be broken and is let through. */
export const lineLength: Rule = (files) =>
  files.filter(isCode).flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      const columns = [...line].length;
      if (columns <= LINE_COLUMNS_MAX || /^\W*https?:\/\/\S+$/.test(line)) return [];
      const message = `${columns} columns, at most ${LINE_COLUMNS_MAX}`;
      return [at(file, index + 1, 'line-length', message)];
    }),
  );

/** What holds tests (`describe`, a conformance body) is a list: its tests are what is measured. */
export const functionLength: Rule = (files) =>
  files.filter(isTypeScript).flatMap((file) => {
    const source = parse(file);
    const found: Violation[] = [];
    visit(source, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || !node.body || holdsTests(node.body))
        return;
      const first = lineOf(source, node.getStart(source));
      const lines = lineOf(source, node.end) - first + 1;
      if (lines <= FUNCTION_LINES_MAX) return;
      const message = `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}`;
      found.push(at(file, first, 'function-length', message));
    });
    return found;
  });

function holdsTests(body: ts.Node): boolean {
  if (!ts.isBlock(body)) return false;
  return body.statements.some(
    (statement) =>
      ts.isExpressionStatement(statement) && /^(describe|it|test)\b/.test(statement.getText()),
  );
}

/** Of one to eight lines; longer only where it draws or lists the layout of a stored format. */
export const openingComment: Rule = (files) =>
  files.filter(isCode).flatMap((file) => {
    const comment = openingLines(file);
    if (comment.length === 0) {
      return [at(file, 1, 'opening-comment', 'does not open by saying what it holds and why')];
    }
    const drawsLayout =
      comment.some((line) => line.includes('+--')) ||
      comment.filter((line) => /^\/\/ {3}/.test(line)).length >= 3;
    if (comment.length <= OPENING_LINES_MAX || drawsLayout) return [];
    const message = `opens with ${comment.length} lines of comment, at most ${OPENING_LINES_MAX}`;
    return [at(file, 1, 'opening-comment', message)];
  });

function openingLines(file: TidyFile): string[] {
  const text = file.text.replace(/^#!.*\n/, '').trimStart();
  const block = /^(?:\/\*|<!--)([\s\S]*?)(?:\*\/|-->)/.exec(text);
  if (block) return (block[1] as string).split('\n').filter((line) => /\w/.test(line));
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!/^(\/\/|#)/.test(line)) break;
    if (!/^\/\/ (@ts-|biome-)/.test(line)) lines.push(line);
  }
  return lines;
}

function at(file: TidyFile, line: number, rule: string, message: string): Violation {
  return { path: file.path, line, rule, message };
}
