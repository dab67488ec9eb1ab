// What ties a tracked file to one machine or to one package registry: it would break, or leak, on
// the next machine.

import { type LockedPackages, unlistedOptional } from '../../scripts/complete-lockfile.ts';
import type { Rule, TidyFile, Violation } from './repository.ts';

/** A piece in brackets matches itself and keeps the pattern from being its own finding. */
const REGISTRY_HOST = new RegExp(
  [
    String.raw`\b[r]egistry\.(npmjs|yarnpkg|npmmirror|[a-z0-9-]+\.[a-z]{2,})`,
    String.raw`https?://[^\s"'<>]*\b([a]rtifactory|[n]exus|[v]erdaccio)\b`,
    String.raw`\b(pypi|crates|rubygems)\.(org|io)/`,
  ].join('|'),
  'i',
);

const MACHINE_PATH = new RegExp(
  [
    String.raw`(?<![\w.~-])/([h]ome|[U]sers)/[A-Za-z][\w-]*/`,
    String.raw`(?<![\w.~-])/([r]oot|[w]ork)/`,
    String.raw`[A-Z]:\\[U]sers`,
  ].join('|'),
);

export const noRegistryHosts: Rule = (files) =>
  eachLine(files, 'no-registry-hosts', (line) =>
    REGISTRY_HOST.test(line) ? 'names the host of a package registry' : null,
  );

export const noMachinePaths: Rule = (files) =>
  eachLine(files, 'no-machine-paths', (line) =>
    MACHINE_PATH.test(line) ? 'holds an absolute path of one machine' : null,
  );

/**
 * The lockfile: no `resolved` addresses, everything pinned and of this package, a digest for all
 * but the optional packages of other platforms (scripts/complete-lockfile.ts says why), none
 * unlisted.
 */
export const lockfileClean: Rule = (files) => {
  const lock = files.find(({ path }) => path === 'package-lock.json');
  const manifest = files.find(({ path }) => path === 'package.json');
  const violation = (message: string): Violation => ({
    path: 'package-lock.json',
    line: 0,
    rule: 'lockfile-clean',
    message,
  });
  if (!lock || !manifest) return [violation('package.json or its lockfile is missing')];
  const { packages } = JSON.parse(lock.text) as { packages: LockedPackages };
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest.text) as Manifest;
  const messages: string[] = [];
  for (const [place, locked] of Object.entries(packages)) {
    if (locked.resolved !== undefined) messages.push(`${place} names where it came from`);
    const elsewhere = locked.optional === true && locked.os !== undefined;
    if (place !== '' && !locked.integrity && !locked.inBundle && !elsewhere) {
      messages.push(`${place} has no digest`);
    }
  }
  for (const { place } of unlistedOptional(packages)) {
    messages.push(`${place} is not listed: run \`node scripts/complete-lockfile.ts\``);
  }
  for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!/^\d+\.\d+\.\d+/.test(wanted)) messages.push(`${name} is not pinned: ${wanted}`);
    const locked = packages[`node_modules/${name}`]?.version;
    if (locked !== wanted) messages.push(`${name} is ${locked} in the lockfile, not ${wanted}`);
  }
  return messages.map(violation);
};

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function eachLine(
  files: readonly TidyFile[],
  rule: string,
  judge: (line: string) => string | null,
): Violation[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((text, index) => {
      const message = judge(text);
      return message === null ? [] : [{ path: file.path, line: index + 1, rule, message }];
    }),
  );
}
