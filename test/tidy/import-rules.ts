// Who may import whom (docs: the layout). base and recorder, which is used alone, import nothing
// of ours, domain only base, every other folder of src base, domain and itself; hunt.ts imports the
// stages; cli imports everything and nobody imports it. Pairs beyond that stand in allowlist.json,
// each with its reason.

import { posix } from 'node:path';
import ts from 'typescript';
import type { Rule, TidyFile, Violation } from './repository.ts';
import { isTypeScript } from './repository.ts';
import { lineOf, parse, visit } from './syntax.ts';

export interface AllowedPair {
  /** Folder of src, or `hunt.ts`. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

interface Edge {
  readonly path: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly target: string;
}

const STAGES = ['plan', 'schedule', 'trial', 'observe', 'diagnose', 'isolate', 'report'];
/** Outside src, what each folder may import of src; folders not listed here may import all. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  web: ['src:base', 'src:domain', 'src:report'],
};

export const ALLOWLIST_PATH = 'test/tidy/allowlist.json';

/** The rule for a given allowlist; an entry that nothing uses is a violation too. */
export function importsFollowLayout(allowlist: readonly AllowedPair[]): Rule {
  return (files) => {
    const edges = files.filter(isTypeScript).flatMap(edgesOf);
    const used = new Set<AllowedPair>();
    const violations = edges.flatMap((edge) => {
      if (isAllowedByLayout(edge)) return [];
      const pair = allowlist.find(
        (one) => edge.from === `src:${one.from}` && edge.to === `src:${one.to}`,
      );
      if (pair) used.add(pair);
      return pair ? [] : [tooFar(edge)];
    });
    return [...violations, ...allowlist.flatMap((pair) => entryViolations(pair, used))];
  };
}

function tooFar({ path, line, from, to, target }: Edge): Violation {
  const pair = `${from} may not import ${to}`.replaceAll('src:', '');
  const message = `${pair} (${target}), or ${ALLOWLIST_PATH} must say why`;
  return { path, line, rule: 'imports-follow-layout', message };
}

function entryViolations(pair: AllowedPair, used: ReadonlySet<AllowedPair>): Violation[] {
  const name = `${pair.from} -> ${pair.to}`;
  const messages: string[] = [];
  if (!used.has(pair)) messages.push(`${name} is not used: remove it`);
  if (pair.reason.trim().length < 10) messages.push(`${name} gives no reason`);
  if (pair.to === 'cli') messages.push(`${name}: nobody imports cli`);
  return messages.map((message) => ({
    path: ALLOWLIST_PATH,
    line: 0,
    rule: 'imports-follow-layout',
    message,
  }));
}

function isAllowedByLayout({ from, to }: Edge): boolean {
  if (from === to) return true;
  const outside = OUTSIDE[from];
  if (outside !== undefined) return outside.includes(to);
  if (!to.startsWith('src:') && from.startsWith('src:')) return false;
  if (!from.startsWith('src:')) return true;
  return isAllowedInSource(from.slice(4), to.slice(4));
}

function isAllowedInSource(from: string, to: string): boolean {
  if (to === 'cli') return false;
  if (from === 'base' || from === 'recorder') return false;
  if (from === 'domain') return to === 'base';
  if (from === 'cli' || from === 'index.ts') return true;
  if (to === 'base' || to === 'domain') return true;
  return from === 'hunt.ts' && STAGES.includes(to);
}

/** Static and dynamic imports, re-exports, and files named by `new URL(..., import.meta.url)`. */
function edgesOf(file: TidyFile): Edge[] {
  const source = parse(file);
  const edges: Edge[] = [];
  visit(source, (node) => {
    const specifier = specifierOf(node);
    if (specifier === null || !/^\.\.?\//.test(specifier.text)) return;
    const target = posix.join(posix.dirname(file.path), specifier.text);
    if (!/\.(ts|tsx|svelte)$/.test(target)) return;
    const line = lineOf(source, specifier.getStart(source));
    edges.push({ path: file.path, line, from: roomOf(file.path), to: roomOf(target), target });
  });
  return edges;
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const specifier = node.moduleSpecifier;
    return specifier && ts.isStringLiteralLike(specifier) ? specifier : null;
  }
  const first =
    ts.isCallExpression(node) || ts.isNewExpression(node) ? node.arguments?.[0] : undefined;
  if (first === undefined || !ts.isStringLiteralLike(first)) return null;
  if (ts.isCallExpression(node)) {
    return node.expression.kind === ts.SyntaxKind.ImportKeyword ? first : null;
  }
  return node.getText().startsWith('new URL(') ? first : null;
}

/**
 * `src:stamp` for src/stamp/x.ts, `test` for test/a/b.ts, and `src:hunt.ts` for the flow and its
 * parts (src/hunt.ts, src/hunt-report.ts), which may import the same.
 */
function roomOf(path: string): string {
  const [top, second = ''] = path.split('/');
  if (top !== 'src') return top as string;
  return /^hunt(-[a-z-]+)?\.ts$/.test(second) ? 'src:hunt.ts' : `src:${second}`;
}
