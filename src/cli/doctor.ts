// What this machine can do and what is missing, each with the command that brings it. Only a
// Node that is too old and a place that cannot be written to are faults; everything else is
// optional, and a hunt says itself what it did without.

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Facts, Rig } from '../domain/hunt-report.ts';
import { checkPlace, HUNT_PREFIX } from '../evidence/hunt-directory.ts';
import { openEvidence } from '../evidence/sqlite-store.ts';
import { hostFacts, placeFacts } from '../observe/facts.ts';
import { pageAlignedBuffer, reread } from '../observe/reread.ts';
import { checkRig, rigSnapshot } from '../observe/rig.ts';
import { PAGE_BYTES, systemCalls } from '../observe/system-calls.ts';

export interface Ability {
  readonly name: string;
  readonly present: boolean;
  /** True where nothing works without it. */
  readonly required: boolean;
  readonly detail: string;
  /** What it is for, and the command or step that brings it; null where it is present. */
  readonly bring: string | null;
}

export interface DoctorReport {
  readonly schema: 'heisenwrite.doctor/1';
  readonly place: string;
  /** True when all that is required is there and the rig checks pass. */
  readonly ready: boolean;
  readonly abilities: readonly Ability[];
  readonly rig: Rig;
  readonly facts: Facts;
}

const NODE_MAJOR_MIN = 24;

/** Programs that some arms use, with the package that brings each on Debian and what it is for. */
const PROGRAMS: readonly (readonly [program: string, debianPackage: string, use: string])[] = [
  ['dd', 'coreutils', 'the mailbox workload with the real dd as its writer'],
  ['fio', 'fio', 'the benchmarks against a peer'],
  ['strace', 'strace', 'looking at the system calls of a running program'],
  ['bpftrace', 'bpftrace', 'the same at less cost, and functions of libraries'],
  ['tmux', 'tmux', 'the tests of the live display'],
  ['chromium', 'chromium', 'the tests that look at the HTML report'],
  ['mkfs.ext4', 'e2fsprogs', 'the tests on file systems of their own'],
  ['mkfs.xfs', 'xfsprogs', 'the tests on file systems of their own'],
  ['mkfs.btrfs', 'btrfs-progs', 'the tests on file systems of their own'],
];

/**
 * Looks at this machine and at `place`, an existing directory, in which a directory is made and
 * removed again. @throws HeisenwriteError 'no-such-place'
 */
export async function doctor(place: string): Promise<DoctorReport> {
  const facts = { ...hostFacts(), ...placeFactsOf(place) };
  const before = rigSnapshot(place);
  const abilities = [
    nodeAbility(),
    simdAbility(),
    koffiAbility(),
    ...(await placeAbilities(place)),
    loopAbility(),
    kernelLogAbility(),
    ...PROGRAMS.map(([program, from, use]) => programAbility(program, from, use)),
  ];
  const rig = await checkRig({ directory: place, before });
  const ready = rig.passed && abilities.every((ability) => ability.present || !ability.required);
  return { schema: 'heisenwrite.doctor/1', place, ready, abilities, rig, facts };
}

export function doctorLines(report: DoctorReport): string[] {
  const width = Math.max(...report.abilities.map(({ name }) => name.length));
  const lines = [`This machine, and ${report.place}:`, ''];
  for (const { name, present, required, detail, bring } of report.abilities) {
    const mark = present ? 'yes' : required ? 'NO ' : 'no ';
    lines.push(`  ${mark}  ${name.padEnd(width)}  ${detail}`);
    if (bring !== null) lines.push(`       ${' '.repeat(width)}  ${bring}`);
  }
  const made = report.rig.checks.filter((check) => check.checked !== false).length;
  const passed = `${made} of ${report.rig.checks.length} made, all of them passed`;
  lines.push('', `Rig checks: ${report.rig.passed ? passed : 'FAILED'}`);
  const nameWidth = Math.max(...report.rig.checks.map(({ name }) => name.length));
  for (const { name, passed, checked, detail } of report.rig.checks) {
    const mark = checked === false ? '-   ' : passed ? 'ok  ' : 'FAIL';
    lines.push(`  ${mark} ${name.padEnd(nameWidth)}  ${detail}`);
  }
  const missing = report.abilities.filter(({ present }) => !present).length;
  const optional = missing === 0 ? 'Nothing is missing.' : `${missing} missing, see above.`;
  lines.push('', `${report.ready ? 'Ready to hunt here.' : 'Not ready to hunt here.'} ${optional}`);
  return lines;
}

function placeFactsOf(place: string): Facts {
  try {
    return placeFacts(place);
  } catch (error) {
    throw new HeisenwriteError('no-such-place', `${place} does not exist`, { cause: error });
  }
}

const has = (name: string, detail: string, required = false): Ability => {
  return { name, present: true, required, detail, bring: null };
};
const lacks = (name: string, detail: string, bring: string, required = false): Ability => {
  return { name, present: false, required, detail, bring };
};

function nodeAbility(): Ability {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return has('Node', process.version, true);
  const bring = `Node ${NODE_MAJOR_MIN} or later is needed: ./heisenwrite brings it (npm ci)`;
  return lacks('Node', process.version, bring, true);
}

/** `i32.const 0; i8x16.splat; i8x16.popcnt` as a module: is it accepted? */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

function simdAbility(): Ability {
  const wasm = globalThis as unknown as {
    WebAssembly: { validate(bytes: Uint8Array): boolean };
  };
  if (wasm.WebAssembly.validate(SIMD_MODULE)) return has('WebAssembly SIMD', 'fast stamp checks');
  const bring = 'blocks are checked more slowly; it needs a processor with SSE4.1 or NEON';
  return lacks('WebAssembly SIMD', 'not accepted', bring);
}

function koffiAbility(): Ability {
  const { because } = systemCalls();
  if (because === null) return has('koffi', 'system calls that Node does not offer');
  return lacks('koffi', because, 'without it no cache is dropped before a re-read: npm ci');
}

async function placeAbilities(place: string): Promise<Ability[]> {
  let directory: string;
  try {
    checkPlace(place);
    directory = mkdtempSync(join(place, `${HUNT_PREFIX}doctor-`));
  } catch (error) {
    const told =
      error instanceof HeisenwriteError
        ? error
        : new HeisenwriteError('place-not-writable', `${error}`);
    return [lacks('writing here', told.message, told.remedy, true)];
  }
  try {
    return [
      has('writing here', 'a directory was made and removed', true),
      directAbility(directory),
      cacheAbility(directory),
      await recordAbility(directory),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function directAbility(directory: string): Ability {
  const path = join(directory, 'direct');
  try {
    const flags = constants.O_CREAT | constants.O_RDWR | constants.O_DIRECT;
    const fd = openSync(path, flags, 0o600);
    try {
      writeSync(fd, pageAlignedBuffer(PAGE_BYTES), 0, PAGE_BYTES, 0);
    } finally {
      closeSync(fd);
    }
    return has('O_DIRECT here', `a write of ${PAGE_BYTES} bytes past the page cache`);
  } catch (error) {
    const bring = 'cells with O_DIRECT are left out here; ext4, XFS and btrfs on a disk have it';
    return lacks('O_DIRECT here', (error as Error).message, bring);
  }
}

function cacheAbility(directory: string): Ability {
  const name = 'dropping the cache here';
  const bring = 'the layer of damage may stay undetermined; tmpfs has nothing below its cache';
  const path = join(directory, 'cached');
  try {
    writeFileSync(path, Buffer.alloc(2 * PAGE_BYTES, 1));
    const fd = openSync(path, 'r');
    try {
      const [, dropped] = reread({ fd, path, offset: 0, length: 2 * PAGE_BYTES });
      if (dropped?.outcome === 'read' && dropped.note === undefined) {
        return has(name, 'posix_fadvise, and the kernel confirms that the pages left');
      }
      return lacks(name, dropped?.note ?? 'not possible', bring);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return lacks(name, (error as Error).message, bring);
  }
}

async function recordAbility(directory: string): Promise<Ability> {
  const name = 'WAL and shared mmap here';
  try {
    const store = await openEvidence(directory, { create: true });
    await store.close();
    const [note] = store.notes;
    if (note === undefined) return has(name, 'evidence is recorded with one sync per trial');
    return lacks(name, note, 'evidence costs more time per trial; a local file system has it');
  } catch (error) {
    const bring = 'evidence cannot be recorded here at all: hunt on another place';
    return lacks('recording evidence here', (error as Error).message, bring, true);
  }
}

function loopAbility(): Ability {
  const name = 'loop mounts';
  const bring = 'the tests on file systems of their own need root and loop devices: modprobe loop';
  if (process.getuid?.() !== 0) return lacks(name, 'not root', bring);
  try {
    accessSync('/dev/loop-control', constants.R_OK | constants.W_OK);
    return has(name, '/dev/loop-control');
  } catch (error) {
    return lacks(name, (error as Error).message, bring);
  }
}

function kernelLogAbility(): Ability {
  try {
    closeSync(openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK));
    return has('kernel log', '/dev/kmsg is read for I/O errors');
  } catch (error) {
    const bring = 'to have I/O errors noticed: run as root, or sysctl kernel.dmesg_restrict=0';
    return lacks('kernel log', (error as Error).message, bring);
  }
}

function programAbility(program: string, debianPackage: string, use: string): Ability {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = places.map((place) => join(place, program)).find(isExecutable);
  if (found) return has(program, versionOf(found) ?? found);
  return lacks(program, `not found: ${use}`, installCommand(debianPackage));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** First line of `--version`; a browser would take a second for it. */
function versionOf(path: string): string | undefined {
  if (!/\/(fio|dd|strace)$/.test(path)) return undefined;
  const asked = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 2000 });
  return asked.status === 0 ? asked.stdout.split('\n')[0] : undefined;
}

function installCommand(debianPackage: string): string {
  let ids = '';
  try {
    ids = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // Nothing says which distribution this is.
  }
  if (/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(ids)) return `apt-get install -y ${debianPackage}`;
  if (/^ID(_LIKE)?=.*(fedora|rhel)/m.test(ids)) return `dnf install ${debianPackage}`;
  if (/^ID(_LIKE)?=.*suse/m.test(ids)) return `zypper install ${debianPackage}`;
  return `install the package that Debian calls ${debianPackage}`;
}
