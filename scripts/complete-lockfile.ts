// `npm ci` refuses a lockfile in which an optional package is named and not listed, and `npm
// install` writes such a lockfile when its registry does not carry the packages of other platforms
// (mirrors often do not). This lists them, with the platform that their name states, so that they
// are skipped everywhere else. They get no digest: that needs a registry that has them. Run it
// after `npm install` when the tidy test says so.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
const LIBRARIES = [
  { libc: 'musl', endings: ['musl', 'musleabihf'] },
  { libc: 'glibc', endings: ['gnu', 'gnueabihf'] },
];

/** Optional packages that are named by a package and listed nowhere it would find them. */
export function unlistedOptional(
  packages: LockedPackages,
): { place: string; version: string; dev: boolean }[] {
  return Object.entries(packages).flatMap(([from, { optionalDependencies = {}, dev = false }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !ancestors(from).some((at) => `${at}node_modules/${name}` in packages))
      .map(([name, version]) => ({ place: `node_modules/${name}`, version, dev })),
  );
}

/** @throws Error where a name states no platform: such a package cannot be left out anywhere. */
export function complete(packages: LockedPackages): LockedPackages {
  const added = unlistedOptional(packages).map(({ place, version, dev }) => {
    const words = place.split('/').at(-1)?.split('-') ?? [];
    const os = SYSTEMS.filter((system) => words.includes(system));
    const cpu = PROCESSORS.filter((processor) => words.includes(processor));
    const libc = LIBRARIES.filter(({ endings }) => endings.some((end) => words.includes(end)));
    if (os.length !== 1 || cpu.length !== 1 || !/^\d/.test(version)) {
      throw new Error(`${place}@${version}: its name does not state its platform`);
    }
    const onLibc = libc.length > 0 ? { libc: libc.map((one) => one.libc) } : {};
    return [
      place,
      { version, cpu, ...(dev ? { dev } : {}), ...onLibc, optional: true, os },
    ] as const;
  });
  const all = [...Object.entries(packages), ...added];
  return Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, 'en')));
}

/** `a/node_modules/b` looks in its own folder, then in a's, then at the root. */
function ancestors(place: string): string[] {
  const parts = place === '' ? [] : place.split('/node_modules/');
  const above = parts.map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/`);
  return ['', ...above];
}

if (import.meta.main) {
  const path = resolve(import.meta.dirname, '..', 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const added = unlistedOptional(lock.packages).length;
  lock.packages = complete(lock.packages);
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`listed ${added} optional packages of other platforms in package-lock.json`);
}
