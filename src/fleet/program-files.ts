// What of this program a guest needs: the files that its agent imports, and the packages that these
// import, with all that those depend on. It is followed from the sources as they are, so that no
// list has to be kept.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ProgramFiles {
  /** The directory of package.json. */
  readonly root: string;
  /** Files of this program, relative to the root. */
  readonly files: readonly string[];
  /** Directories of packages, relative to the root. */
  readonly packages: readonly string[];
}

/**
 * Static imports and exports, and what a require made by hand is asked for. What import(...) loads
 * on demand are the client libraries of media, and a guest's place is mounted.
 */
const IMPORTS = [
  /^(?:import|export)\s(?!type\s)[^'";]*?\sfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /(?:require|url\))\(\s*['"]([^'"]+)['"]\s*\)/g,
];

/** Looked for by path and not by import; see the places that src/stamp/kernel.ts tries. */
const BESIDE = ['dist/kernels/stamp.wasm', 'package.json'] as const;

/** @param entries absolute paths of the files that a guest starts with */
export function programFiles(entries: readonly string[]): ProgramFiles {
  const root = rootOf(dirname(fileURLToPath(import.meta.url)));
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.')) queue.push(resolve(dirname(file), specifier));
      else if (!specifier.startsWith('node:')) addPackage(specifier, root, packages);
    }
  }
  const beside = BESIDE.filter((each) => existsSync(join(root, each)));
  const own = [...files].map((file) => relative(root, file));
  return { root, files: [...own, ...beside].sort(), packages: [...packages].sort() };
}

function rootOf(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : rootOf(dirname(directory));
}

export function importsOf(source: string): string[] {
  return IMPORTS.flatMap((each) => [...source.matchAll(each)].map(([, named]) => named as string));
}

/** With its dependencies; an optional one that is not installed is left out. */
function addPackage(specifier: string, from: string, packages: Set<string>, root = from): void {
  const [first = '', second = ''] = specifier.split('/');
  const name = first.startsWith('@') ? `${first}/${second}` : first;
  const directory = directoryOf(name, from);
  if (directory === null || packages.has(relative(root, directory))) return;
  packages.add(relative(root, directory));
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const each of Object.keys(needed)) addPackage(each, directory, packages, root);
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** As Node looks for it, whatever the package exports. */
function directoryOf(name: string, from: string): string | null {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  return places.map((place) => join(place, name)).find((each) => existsSync(each)) ?? null;
}
