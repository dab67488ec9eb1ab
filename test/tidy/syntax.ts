// The TypeScript parser for rules that look at code: a regular expression cannot tell code from a
// string or a comment. Each file is parsed once for all rules.

import ts from 'typescript';
import type { TidyFile } from './repository.ts';

const parsed = new WeakMap<TidyFile, ts.SourceFile>();

export function parse(file: TidyFile): ts.SourceFile {
  let source = parsed.get(file);
  if (source === undefined) {
    const text = file.path.endsWith('.svelte') ? scriptOnly(file.text) : file.text;
    source = ts.createSourceFile(`${file.path}.ts`, text, ts.ScriptTarget.Latest, true);
    parsed.set(file, source);
  }
  return source;
}

/** The markup of a component becomes blanks, so that the script keeps its lines. */
function scriptOnly(text: string): string {
  const [, before = text, script = '', after = ''] =
    /^([\s\S]*?<script\b[^>]*>)([\s\S]*?)(<\/script>[\s\S]*)$/.exec(text) ?? [];
  return before.replace(/[^\n]/g, ' ') + script + after.replace(/[^\n]/g, ' ');
}

/** Calls `look` for the node and everything below it, parents first. */
export function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  node.forEachChild((child) => visit(child, look));
}

/** From 1. */
export function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

/** Every comment, with the line on which it begins. Tokens carry the comments before them. */
export function comments(file: TidyFile): { line: number; text: string }[] {
  const source = parse(file);
  const found = new Map<number, { line: number; text: string }>();
  const collect = (node: ts.Node) => {
    const children = node.getChildren(source);
    for (const child of children) collect(child);
    if (children.length > 0) return;
    const ranges = [
      ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.end) ?? []),
    ];
    for (const { pos, end } of ranges) {
      found.set(pos, { line: lineOf(source, pos), text: source.text.slice(pos, end) });
    }
  };
  collect(source);
  return [...found.values()];
}
