// The disk of a guest: an ext4 image with Node, the shared libraries that it needs, busybox, and as
// much of this program as its agent uses. mke2fs fills it from a directory, so that nothing has to
// be mounted and no root is needed.

import { readFileSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { HeisenwriteError } from '../domain/errors.ts';
import { cached, inputsHash, type Say } from './guest-cache.ts';
import { attempt } from './guest-kernel.ts';
import { type ProgramFiles, programFiles } from './program-files.ts';

const OWN_EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const HERE = dirname(fileURLToPath(import.meta.url));
const AGENT = join(HERE, `guest-agent.${OWN_EXTENSION}`);
const ACTOR_ENTRY = join(HERE, '..', 'trial', `actor-entry.${OWN_EXTENSION}`);

const MKE2FS = ['mke2fs', '/usr/sbin/mke2fs', '/sbin/mke2fs'];
/** More than the files themselves, for what ext4 keeps about them. */
const SPARE_SHARE = 0.15;
const SPARE_MIB = 16;

/** What a guest can start besides its agent. */
export interface GuestTools {
  /** Files of this program that are started; with what they import, absolute paths. */
  readonly entries: readonly string[];
  /** Programs of this machine, absolute paths; in /bin of the guest, with their libraries. */
  readonly programs: readonly string[];
}

const NO_TOOLS: GuestTools = { entries: [], programs: [] };

/** The image's path. @throws HeisenwriteError `missing-component` */
export async function guestProgram(say: Say, tools = NO_TOOLS): Promise<string> {
  const program = programFiles([AGENT, ACTOR_ENTRY, ...tools.entries]);
  const node = process.execPath;
  const hash = inputsHash([
    process.version,
    AGENT_START,
    // How it is made is an input as well.
    readFileSync(fileURLToPath(import.meta.url)),
    ...program.files.flatMap((file) => [file, readFileSync(join(program.root, file))]),
    ...program.packages.flatMap((each) => [each, manifestOf(join(program.root, each))]),
    ...tools.programs.flatMap((each) => [each, readFileSync(each)]),
  ]);
  const entry = await cached(`program-${process.version}-${hash}`, async (directory) => {
    const work = await mkdtemp(join(tmpdir(), 'heisenwrite-guest-'));
    try {
      say(`collecting Node ${process.version} and this program for the guests`);
      await collect(work, program);
      for (const each of [node, ...tools.programs]) await addProgram(work, each);
      say('making the image of the program');
      await makeImage(work, join(directory, 'program.ext4'));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return join(entry, 'program.ext4');
}

function manifestOf(directory: string): Buffer {
  return readFileSync(join(directory, 'package.json'));
}

/** Its parameters are those of the kernel's command line. */
const AGENT_START = `#!/bin/node --no-warnings
import(${JSON.stringify(`/program/${nameInside(relative(programFiles([]).root, AGENT))}`)});
`;

/** In there all sources are JavaScript. */
function nameInside(file: string): string {
  return file.replace(/\.ts$/, '.js');
}

/**
 * Types are stripped here: on an emulated processor it would take Node longer than the boot. Line
 * numbers stay as they are.
 */
function contentInside(file: string): string | Uint8Array {
  const content = readFileSync(file);
  if (!file.endsWith('.ts')) return content;
  const stripped = strippedOfTypes(content.toString('utf8'));
  return stripped.replaceAll(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');
}

/** Node warns once that this call is experimental; a hunt is no place to say so. */
function strippedOfTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function collect(work: string, program: ProgramFiles): Promise<void> {
  for (const each of ['bin', 'proc', 'sys', 'dev', 'tmp', 'mnt', 'etc', 'program']) {
    await mkdir(join(work, each), { recursive: true });
  }
  await writeFile(join(work, 'agent'), AGENT_START);
  await chmod(join(work, 'agent'), 0o755);
  for (const path of program.files) {
    const target = join(work, 'program', nameInside(path));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, contentInside(join(program.root, path)));
  }
  for (const path of program.packages) {
    const target = join(work, 'program', path);
    await mkdir(dirname(target), { recursive: true });
    const nested = join(program.root, path, 'node_modules');
    await cp(join(program.root, path), target, {
      recursive: true,
      dereference: true,
      // Packages below are in the list by themselves, where they are needed at all.
      filter: (source) => source !== nested,
    });
  }
}

async function addProgram(work: string, program: string): Promise<void> {
  await copyFile(program, join(work, 'bin', basename(program)));
  for (const library of await librariesOf(program)) {
    await mkdir(join(work, dirname(library)), { recursive: true });
    await copyFile(library, join(work, library));
  }
}

/** Absolute paths that ldd(1) names, the loader among them. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await attempt(execa('ldd', [program]), { remedy: 'install libc-bin' });
  return stdout.split('\n').flatMap((line) => /(?:=> |^\s+)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

async function makeImage(tree: string, image: string): Promise<void> {
  const mke2fs = await findMke2fs();
  const { stdout } = await execa('du', ['-sm', tree]);
  const mib = Number.parseInt(stdout, 10);
  const size = `${Math.ceil(mib * (1 + SPARE_SHARE) + SPARE_MIB)}M`;
  await attempt(
    execa(mke2fs, ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', tree, image, size]),
    { remedy: 'check the space in the cache' },
  );
}

async function findMke2fs(): Promise<string> {
  for (const each of MKE2FS) {
    const { failed } = await execa(each, ['-V'], { reject: false });
    if (!failed) return each;
  }
  throw new HeisenwriteError('missing-component', 'mke2fs is missing', {
    remedy: 'install e2fsprogs',
  });
}
