// Which kernel modules a guest loads, and in which order. Debian's packages carry no modules.dep
// (depmod makes it at installation), so what a module needs is read from the module itself:
// `depends=` in its .modinfo section (include/linux/module.h).

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { HeisenwriteError } from '../domain/errors.ts';

export interface KernelModule {
  readonly name: string;
  /** As insmod takes it, decompressed. */
  readonly content: Uint8Array;
}

/**
 * What a guest of this kind needs: its disk, its network, NFSv3 and 4, and what ext4 and NFS ask
 * the kernel's crypto for by name, which no `depends` tells.
 */
export const WANTED_MODULES = [
  'crc32c_generic',
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'ext4',
  'sunrpc',
  'nfs',
  'nfsv3',
  'nfsv4',
] as const;

/**
 * The wanted modules and what they depend on, each after what it needs; built-in ones left out.
 * @param directory lib/modules/VERSION of an unpacked package
 * @throws HeisenwriteError `missing-component` where the package lacks one
 */
export async function guestModules(directory: string): Promise<KernelModule[]> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.xz|\.zst)?$/.test(entry)) files.set(nameOf(entry), join(directory, entry));
  }
  const builtIn = new Set(
    readFileSync(join(directory, 'modules.builtin'), 'utf8').split('\n').map(nameOf),
  );
  const modules: KernelModule[] = [];
  const seen = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name) || builtIn.has(name)) return;
    seen.add(name);
    const file = files.get(name);
    // Newer kernels have dissolved some helpers (crc32c_generic) into the core.
    if (file === undefined && name === 'crc32c_generic') return;
    if (file === undefined) {
      const words = `the kernel package has no module ${name} (${basename(directory)})`;
      throw new HeisenwriteError('missing-component', words, { remedy: 'use another kernel' });
    }
    const content = await decompressed(file);
    for (const needed of dependsOf(content)) await visit(needed);
    modules.push({ name, content });
  };
  for (const name of WANTED_MODULES) await visit(name);
  return modules;
}

/** modprobe treats `-` and `_` alike. */
function nameOf(path: string): string {
  return basename(path)
    .replace(/\.ko(\.xz|\.zst)?$/, '')
    .replaceAll('-', '_');
}

function dependsOf(content: Uint8Array): string[] {
  const said = /\0depends=([\w,-]*)\0/.exec(Buffer.from(content).toString('latin1'))?.[1] ?? '';
  return said.split(',').filter(Boolean).map(nameOf);
}

async function decompressed(file: string): Promise<Uint8Array> {
  if (file.endsWith('.ko')) return readFileSync(file);
  const program = file.endsWith('.xz') ? 'xz' : 'zstd';
  const { stdout } = await execa(program, ['-dc', file], { encoding: 'buffer' });
  return stdout;
}
