// Links of the documentation, so that prose which points at code cannot outlive the code: relative
// links, `#heading`, `#L12` and `#symbol` anchors, and paths written as code. A link whose text is
// a symbol in backticks and whose anchor is a line must find that symbol on that line.

import { posix } from 'node:path';
import ts from 'typescript';
import type { Rule, TidyFile, Violation } from './repository.ts';
import { parse, visit } from './syntax.ts';

interface Link {
  readonly line: number;
  readonly words: string;
  /** As written: `../src/hunt.ts#L12`. */
  readonly href: string;
}

/** Folders in which a path written as code is meant as a path of this repository. */
const CODE_PATH =
  /^(src|kernels|web|docs|test|bench|scripts|cases)\/[\w./-]+\.[a-z]+(#L\d+(-L?\d+)?)?$/;

export const linksResolve: Rule = (files) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folders = new Set(files.flatMap(({ path }) => ancestors(path)));
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap((file) =>
      [...markdownLinks(file), ...codePaths(file)].flatMap((link): Violation[] => {
        const message = problemOf(link, file, byPath, folders);
        if (message === null) return [];
        return [{ path: file.path, line: link.line, rule: 'links-resolve', message }];
      }),
    );
};

function problemOf(
  link: Link,
  from: TidyFile,
  byPath: ReadonlyMap<string, TidyFile>,
  folders: ReadonlySet<string>,
): string | null {
  const [pathPart = '', anchor] = decodeURI(link.href).split('#');
  const isRooted = CODE_PATH.test(link.href) && link.words === link.href;
  const base = isRooted ? '' : posix.dirname(from.path);
  const path = pathPart === '' ? from.path : posix.join(base, pathPart).replace(/\/$/, '');
  const target = byPath.get(path);
  if (!target) {
    if (anchor === undefined && (folders.has(path) || path === '.')) return null;
    return `${link.href} leads nowhere`;
  }
  return anchor === undefined ? null : anchorProblem(link, target, anchor);
}

function anchorProblem(link: Link, target: TidyFile, anchor: string): string | null {
  if (target.path.endsWith('.md')) {
    return headings(target).has(anchor) ? null : `${link.href}: no such heading`;
  }
  const range = /^L(\d+)(?:-L?(\d+))?$/.exec(anchor);
  if (range) {
    const lines = target.text.replace(/\n$/, '').split('\n');
    const first = Number(range[1]);
    const last = Number(range[2] ?? first);
    if (first < 1 || last > lines.length) return `${link.href}: has ${lines.length} lines`;
    const symbol = /^`([A-Za-z_$][\w$]*)(?:\(\))?`$/.exec(link.words)?.[1];
    const named = lines.slice(first - 1, last).join('\n');
    if (symbol === undefined || new RegExp(`\\b${symbol}\\b`).test(named)) return null;
    return `${link.href}: \`${symbol}\` is not there`;
  }
  return declaredNames(target).has(anchor) ? null : `${link.href}: declares no ${anchor}`;
}

/** Inline links outside fenced blocks; those with a scheme (https:) are not ours to check. */
function markdownLinks(file: TidyFile): Link[] {
  return proseLines(file).flatMap(({ line, text }) =>
    [...text.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
      .map((match) => ({ line, words: match[1] as string, href: match[2] as string }))
      .filter(({ href }) => !/^[a-z][a-z0-9+.-]*:/i.test(href)),
  );
}

/** `src/hunt.ts#L12` in backticks or in a block of commands, read from the repository's root. */
function codePaths(file: TidyFile): Link[] {
  const prose = new Set(proseLines(file).map(({ line }) => line));
  return file.text.split('\n').flatMap((text, index) => {
    const line = index + 1;
    const isBlock = !prose.has(line) || text.startsWith('    ');
    const codes = isBlock
      ? text.split(/\s+/)
      : [...text.matchAll(/`([^`]+)`/g)].map(([, it]) => it);
    return codes
      .filter((code) => code !== undefined && CODE_PATH.test(code))
      .map((code) => ({ line, words: code as string, href: code as string }));
  });
}

function proseLines(file: TidyFile): { line: number; text: string }[] {
  let fenced = false;
  return file.text.split('\n').flatMap((text, index) => {
    if (/^\s*(```|~~~)/.test(text)) fenced = !fenced;
    return fenced ? [] : [{ line: index + 1, text }];
  });
}

/** Anchors as GitHub makes them: lower case, punctuation away, spaces to hyphens. */
function headings(file: TidyFile): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseLines(file)) {
    const words = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (words === undefined) continue;
    const anchor = words
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let unique = anchor;
    for (let again = 1; anchors.has(unique); again++) unique = `${anchor}-${again}`;
    anchors.add(unique);
  }
  return anchors;
}

function declaredNames(file: TidyFile): Set<string> {
  const names = new Set<string>();
  visit(parse(file), (node) => {
    if (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node)) {
      if (node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    } else if (
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isMethodDeclaration(node)
    ) {
      if (node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    }
  });
  return names;
}

function ancestors(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
