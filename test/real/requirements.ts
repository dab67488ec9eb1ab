// What a real test needs of the machine, and what happens where it is missing: on a desk the test
// is skipped with its reason, which is printed and counted; in CI (CI=true) it fails, because there
// every arm is known to work and a silent skip would hide that it no longer does.

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';
import { bpftraceObstacle } from '../../src/trace/bpftrace.ts';

/** Null when it is there, else what is missing and the command that brings it, in one line. */
type Probe = () => string | null;

const PROBES = {
  root: () => (process.getuid?.() === 0 ? null : 'not root: run the tests with sudo'),
  'loop-mounts': probeLoopDevice,
  'mkfs.ext4': () => programMissing('mkfs.ext4', 'e2fsprogs'),
  'mkfs.xfs': () => programMissing('mkfs.xfs', 'xfsprogs'),
  'mkfs.btrfs': () => programMissing('mkfs.btrfs', 'btrfs-progs'),
  chromium: () =>
    isExecutable('/usr/bin/chromium')
      ? null
      : '/usr/bin/chromium is missing: scripts/install-packages (package chromium)',
  fuse: () =>
    programMissing('fusermount3', 'fuse3') ??
    (existsSync('/dev/fuse') ? null : '/dev/fuse is missing: modprobe fuse'),
  fio: () => programMissing('fio', 'fio'),
  dd: () => programMissing('dd', 'coreutils'),
  tmux: () => programMissing('tmux', 'tmux'),
  strace: () => programMissing('strace', 'strace'),
  bpftrace: () => programMissing('bpftrace', 'bpftrace') ?? bpftraceObstacle(),
  git: () => programMissing('git', 'git'),
  sshd: () => programMissing('sshd', 'openssh-server'),
  'ssh-keygen': () => programMissing('ssh-keygen', 'openssh-client'),
  'ssh-agent': () => programMissing('ssh-agent', 'openssh-client'),
  ganesha: () =>
    programMissing('ganesha.nfsd', 'nfs-ganesha') ??
    programMissing('rpcbind', 'rpcbind') ??
    libraryMissing('libnfs.so.13', 'libnfs13'),
  corosync: () =>
    programMissing('corosync', 'corosync') ??
    libraryMissing('libcpg.so.4', 'libcpg4') ??
    (process.getuid?.() === 0 ? null : 'corosync needs root'),
  'nats-server': () => programMissing('nats-server', 'nats-server'),
  'redis-server': () => programMissing('redis-server', 'redis-server'),
  'rabbitmq-server': () => programMissing('rabbitmq-server', 'rabbitmq-server'),
  guests: () =>
    programMissing('qemu-system-x86_64', 'qemu-system-x86') ??
    programMissing('mke2fs', 'e2fsprogs') ??
    programMissing('apt-get', 'apt, whose Debian kernels the guests boot') ??
    programMissing('dpkg-deb', 'dpkg'),
  radosgw: () =>
    programMissing('ceph-mon', 'ceph-mon') ??
    programMissing('ceph-osd', 'ceph-osd') ??
    programMissing('radosgw', 'radosgw'),
  openssl: () => programMissing('openssl', 'openssl'),
  npm: () => programMissing('npm', 'npm'),
  rsync: () => programMissing('rsync', 'rsync'),
  rclone: () => programMissing('rclone', 'rclone'),
  babeltrace2: () => programMissing('babeltrace2', 'babeltrace2'),
  protoc: () => programMissing('protoc', 'protobuf-compiler'),
  gcc: () => programMissing('gcc', 'gcc, libc6-dev'),
  pandas: probePandas,
} as const satisfies Record<string, Probe>;

export type Requirement = keyof typeof PROBES;

/** Requirements that CI may lack. Every entry needs a reason; FACTS says that all of them work. */
export const SKIPS_ALLOWED_IN_CI: Readonly<Partial<Record<Requirement, string>>> = {};

const answers = new Map<Requirement, string | null>();

/** Null when present, else what is missing, in one line. Probed once per process. */
export function missing(requirement: Requirement): string | null {
  let answer = answers.get(requirement);
  if (answer === undefined) {
    answer = PROBES[requirement]();
    answers.set(requirement, answer);
  }
  return answer;
}

/**
 * First line of a real test: `requireOrSkip(context, 'root', 'loop-mounts', 'mkfs.ext4')`.
 * Skips with the reason where something is missing; under CI=true throws instead.
 */
export function requireOrSkip(
  context: Pick<TestContext, 'skip'>,
  ...requirements: readonly Requirement[]
): void {
  const reasons: string[] = [];
  for (const requirement of requirements) {
    const reason = missing(requirement);
    if (reason === null) continue;
    if (process.env.CI === 'true' && SKIPS_ALLOWED_IN_CI[requirement] === undefined) {
      throw new Error(`in CI nothing may be skipped, and ${requirement} is missing: ${reason}`);
    }
    reasons.push(reason);
  }
  if (reasons.length > 0) context.skip(reasons.join('; '));
}

function programMissing(program: string, debianPackage: string): string | null {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  if (places.some((place) => isExecutable(join(place, program)))) return null;
  return `${program} is missing: scripts/install-packages (package ${debianPackage})`;
}

/** Debian's Python, since another one in PATH has packages of its own. */
function probePandas(): string | null {
  const asked = spawnSync('/usr/bin/python3', ['-c', 'import pandas, tables']);
  if (asked.status === 0) return null;
  return 'pandas is missing: scripts/install-packages (package python3-pandas, python3-tables)';
}

function libraryMissing(library: string, debianPackage: string): string | null {
  const known = spawnSync('ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  if (known.includes(library)) return null;
  return `${library} is missing: scripts/install-packages (package ${debianPackage})`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Attaches and detaches one: in a container root may see /dev/loop-control and yet not use it. */
function probeLoopDevice(): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-loop-probe-'));
  try {
    const image = join(directory, 'image');
    writeFileSync(image, '');
    truncateSync(image, 1024 * 1024);
    const attached = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' });
    if (attached.status !== 0) {
      const why = attached.error?.message ?? attached.stderr.trim();
      return `no loop device can be attached here (${why}): run as root, outside a container`;
    }
    spawnSync('losetup', ['--detach', attached.stdout.trim()]);
    return null;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
