// The kernel of a guest and the file system that it begins with, made of Debian's own packages,
// which are unpacked and never installed. That start has no udev and no modprobe: it loads its
// modules in a given order, mounts the program's image and runs the agent in it.

import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { HeisenwriteError } from '../domain/errors.ts';
import { cached, cachedEntries, inputsHash, type Say } from './guest-cache.ts';
import { guestModules, WANTED_MODULES } from './guest-modules.ts';

export interface GuestKernel {
  /** As `uname -r` will say. */
  readonly release: string;
  readonly kernel: string;
  readonly initramfs: string;
}

/**
 * `eth0` gets the address that QEMU's user network hands out by default; 10.0.2.2 is the host. The
 * agent's end is the guest's end, however it came: a guest never outlives its use.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do insmod "$module" || echo "init: $module did not load"; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
mount -t ext4 -o ro /dev/vda /program || echo 'init: the image of the program did not mount'
for place in proc sys dev; do mount --bind /$place /program/$place; done
mount -t tmpfs tmpfs /program/tmp
mount -t tmpfs tmpfs /program/mnt
echo 'init: starting the agent'
chroot /program /agent $(cat /proc/cmdline)
echo "init: the agent ended with $?"
poweroff -f
`;

/**
 * @param series `6.1` or `6.12`: the newest of it that apt offers, or that was built before where
 *   apt offers none
 * @throws HeisenwriteError `missing-component`
 */
export async function guestKernel(series: string, say: Say): Promise<GuestKernel> {
  const offered = await newestOffered(series);
  if (offered === null) {
    const [kept] = await cachedEntries(`kernel-${series}.`);
    if (kept) return kernelIn(kept);
    throw new HeisenwriteError('missing-component', `apt offers no kernel ${series} here`, {
      remedy:
        'guests are made of Debian packages: run `apt-get update` on Debian, or leave out ' +
        'the kernels that it does not have',
    });
  }
  const { release, version } = offered;
  const hash = inputsHash([offered.name, version, INIT, ...WANTED_MODULES]);
  const entry = await cached(`kernel-${release}-${hash}`, async (directory) => {
    const work = await mkdtemp(join(tmpdir(), 'heisenwrite-guest-'));
    try {
      await buildKernel(offered, work, directory, say);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return kernelIn(entry);
}

async function kernelIn(entry: string): Promise<GuestKernel> {
  const files = await readdir(entry);
  const kernel = files.find((file) => file.startsWith('vmlinuz-')) as string;
  return {
    release: kernel.slice('vmlinuz-'.length),
    kernel: join(entry, kernel),
    initramfs: join(entry, 'initramfs.gz'),
  };
}

interface Offered {
  readonly name: string;
  readonly release: string;
  readonly version: string;
}

/** Null where apt knows none, or is not there at all. */
async function newestOffered(series: string): Promise<Offered | null> {
  const dotted = series.replaceAll('.', '\\.');
  const pattern = `^linux-image-${dotted}\\.[0-9]+(-[0-9]+|\\+deb[0-9]+)-amd64$`;
  const search = ['search', '--names-only', pattern];
  const found = await execa('apt-cache', search, { reject: false });
  const names = found.stdout?.split('\n').map((line) => line.split(' ')[0] ?? '') ?? [];
  const [name] = names
    .filter((each) => each !== '')
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (name === undefined) return null;
  const shown = await execa('apt-cache', ['show', '--no-all-versions', name]);
  const version = /^Version: (.*)$/m.exec(shown.stdout)?.[1] ?? '';
  return { name, release: name.slice('linux-image-'.length), version };
}

async function buildKernel(
  { name, release, version }: Offered,
  work: string,
  directory: string,
  say: Say,
): Promise<void> {
  say(`fetching ${name} ${version} and busybox-static`);
  await attempt(execa('apt-get', ['download', name, 'busybox-static'], { cwd: work }), {
    remedy: '`apt-get update` first, or check the network',
  });
  say(`unpacking ${name}`);
  for (const file of await readdir(work)) {
    if (!file.endsWith('.deb')) continue;
    await attempt(execa('dpkg-deb', ['-x', file, 'unpacked'], { cwd: work }), {
      remedy: 'check the space in the directory for temporary files',
    });
  }
  const unpacked = join(work, 'unpacked');
  const modules = [
    join(unpacked, 'lib/modules', release),
    join(unpacked, 'usr/lib/modules', release),
  ];
  const found = modules.find((each) => existsSync(each)) ?? (modules[0] as string);
  say(`making the initramfs of ${release}`);
  const start = join(work, 'start');
  for (const each of ['bin', 'modules', 'proc', 'sys', 'dev', 'program']) {
    await mkdir(join(start, each), { recursive: true });
  }
  const busybox = ['usr/bin/busybox', 'bin/busybox'].map((each) => join(unpacked, each));
  const there = busybox.find((each) => existsSync(each)) as string;
  await copyFile(there, join(start, 'bin/busybox'));
  await writeFile(join(start, 'init'), INIT);
  await chmod(join(start, 'init'), 0o755);
  for (const [index, { name: module, content }] of (await guestModules(found)).entries()) {
    const order = String(index).padStart(3, '0');
    await writeFile(join(start, 'modules', `${order}-${module}.ko`), content);
  }
  await attempt(
    execa(
      'sh',
      [
        '-c',
        'find . | "$0" cpio -o -H newc | gzip -1 >"$1"',
        there,
        join(directory, 'initramfs.gz'),
      ],
      { cwd: start },
    ),
    { remedy: 'check the space in the cache' },
  );
  await copyFile(
    join(unpacked, 'boot', `vmlinuz-${release}`),
    join(directory, `vmlinuz-${release}`),
  );
}

/** A step whose failure the user can mend: its own last words, and how. */
export async function attempt<Done>(
  step: Promise<Done>,
  { remedy }: { readonly remedy: string },
): Promise<Done> {
  try {
    return await step;
  } catch (error) {
    const { shortMessage, stderr } = error as { shortMessage?: string; stderr?: unknown };
    const lines = String(stderr ?? '')
      .trim()
      .split('\n');
    const words = `${shortMessage ?? (error as Error).message}: ${lines.at(-1)}`;
    throw new HeisenwriteError('missing-component', words, { remedy, cause: error });
  }
}
