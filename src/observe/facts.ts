// Facts of the host and of the place, as name and value: what two people compare first when a
// failure happens for one and not for the other. From /proc and /sys alone. Host names, serial
// numbers and addresses are left out: a report is mailed around.

import { statfsSync, statSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { formatSize } from '../base/quantities.ts';
import { heisenwriteVersion } from '../base/version.ts';
import type { Facts } from '../domain/hunt-report.ts';
import { deviceFacts } from './device-facts.ts';
import { findMount, type Mount } from './mount-table.ts';
import { bracketed, readText } from './sysfs.ts';

const ROOT = new URL('../../', import.meta.url);

/** Where facts are read; tests point it to a tree of their own. */
export interface FactRoots {
  readonly proc: string;
  readonly sys: string;
  readonly etc: string;
}

const HOST_ROOTS: FactRoots = { proc: '/proc', sys: '/sys', etc: '/etc' };

/**
 * Kernel, distribution, processor, memory, virtualisation, versions. What is not known is left
 * out.
 */
export function hostFacts(roots: FactRoots = HOST_ROOTS): Facts {
  const cpuinfo = readText(join(roots.proc, 'cpuinfo')) ?? '';
  const osRelease = readText(join(roots.etc, 'os-release')) ?? '';
  return present({
    kernel: `${type()} ${release()} ${arch()}`,
    'kernel build': kernelBuild(readText(join(roots.proc, 'version'))),
    distribution: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1],
    processor: field(cpuinfo, 'model name') ?? cpus()[0]?.model,
    processors: String(cpus().length),
    microcode: field(cpuinfo, 'microcode'),
    memory: formatSize(totalmem()),
    ecc: eccWords(roots),
    virtualisation: virtualisation(cpuinfo, roots),
    taint: readText(join(roots.proc, 'sys/kernel/tainted')),
    'transparent huge pages': bracketed(
      readText(join(roots.sys, 'kernel/mm/transparent_hugepage/enabled')),
    ),
    node: process.version,
    heisenwrite: heisenwriteVersion(),
    commit: heisenwriteCommit(),
  });
}

/** Mount, file system and the devices below. The place must exist. */
export function placeFacts(place: string, roots: FactRoots = HOST_ROOTS): Facts {
  const mount = findMount(place);
  const size = statfsSync(place);
  const freeBytes = size.bavail * size.bsize;
  const common = {
    'file system': mount?.type,
    'mount point': mount?.mountPoint,
    'mount options': mount?.options.map(withoutAddress).join(','),
    device: mount === null ? undefined : withoutServer(mount),
    'block size': formatSize(size.bsize),
    'preferred I/O size': formatSize(statSync(place).blksize),
    space: `${formatSize(freeBytes)} free of ${formatSize(size.blocks * size.bsize)}`,
    inodes: size.files > 0 ? `${size.ffree} free of ${size.files}` : undefined,
  };
  if (mount === null) return present(common);
  return present({ ...common, ...deviceFacts(mount, roots.sys) });
}

/** `server:/export` and `//server/share` say what is shared, not by whom. */
export function withoutServer({ device }: Pick<Mount, 'device'>): string {
  return device
    .replace(/^(?:[^/:@]+@)?(?:\[[^\]]+\]|[^/:]+):(?=\/|$)/, '(server):')
    .replace(/^\/\/[^/]+/, '//(server)');
}

/** Mount options of network file systems that name an address or a person. */
const PRIVATE_OPTION = /^(addr|clientaddr|mountaddr|ip|user|username|password|domain|credentials)=/;

export function withoutAddress(option: string): string {
  return option.replace(PRIVATE_OPTION, '$1=(left out)').replace(/(=\(left out\)).*/, '$1');
}

/** Commit of the working tree, where this runs from one; read without git. */
function heisenwriteCommit(): string | undefined {
  const head = readText(new URL('.git/HEAD', ROOT));
  const reference = head?.startsWith('ref: ') ? head.slice(5) : null;
  if (reference === null) return head;
  const loose = readText(new URL(`.git/${reference}`, ROOT));
  if (loose !== undefined) return loose;
  const packed = readText(new URL('.git/packed-refs', ROOT)) ?? '';
  const line = packed.split('\n').find((candidate) => candidate.endsWith(` ${reference}`));
  return line?.split(' ')[0];
}

/** Without what is not known, and every value on one line. */
function present(facts: Readonly<Record<string, string | undefined>>): Facts {
  const known: [string, string][] = [];
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined && value !== '') known.push([name, value.replaceAll('\n', ' ')]);
  }
  return Object.fromEntries(known);
}

function field(cpuinfo: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1];
}

/** `#1 SMP PREEMPT_DYNAMIC ...`, without who built it on which machine. */
function kernelBuild(version: string | undefined): string | undefined {
  return version === undefined ? undefined : /#\d+ .*$/.exec(version)?.[0];
}

function eccWords(roots: FactRoots): string | undefined {
  const controller = join(roots.sys, 'devices/system/edac/mc/mc0');
  const name = readText(join(controller, 'mc_name'));
  if (name === undefined) return undefined;
  const corrected = readText(join(controller, 'ce_count')) ?? '?';
  const uncorrected = readText(join(controller, 'ue_count')) ?? '?';
  return `${name}, ${corrected} corrected and ${uncorrected} uncorrected errors since boot`;
}

function virtualisation(cpuinfo: string, roots: FactRoots): string | undefined {
  const guest = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  const names = ['sys_vendor', 'product_name'].map((name) =>
    readText(join(roots.sys, 'class/dmi/id', name)),
  );
  const machine = names.filter((name) => name !== undefined).join(' ');
  if (guest) return machine === '' ? 'a virtual machine' : `a virtual machine (${machine})`;
  return machine === '' ? undefined : `none seen (${machine})`;
}
