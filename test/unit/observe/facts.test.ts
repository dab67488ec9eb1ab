// Facts from trees like those of /proc and /sys that were written for the test, and of this
// machine.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceFacts } from '../../../src/observe/device-facts.ts';
import {
  hostFacts,
  placeFacts,
  withoutAddress,
  withoutServer,
} from '../../../src/observe/facts.ts';
import { parseRecord } from '../../../src/observe/kernel-log.ts';
import { uncorrectedErrors } from '../../../src/observe/memory.ts';
import { deviceNames, quotaOf } from '../../../src/observe/space.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync('/var/tmp/heisenwrite-test-');
});
afterEach(() => rmSync(root, { recursive: true }));

function plant(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

const mount = (number: string, device: string, type = 'xfs') => ({
  ...{ id: 1, number, type, options: ['rw'], device, mountPoint: '/mnt' },
});

describe('host facts', () => {
  test('are read from /proc, /sys and /etc', () => {
    plant({
      'proc/cpuinfo': 'model name\t: Some CPU @ 2GHz\nmicrocode\t: 0x2b\nflags\t: sse hypervisor\n',
      'proc/version': 'Linux version 6.1 (root@builder-7) (gcc) #1 SMP Debian 6.1.2\n',
      'proc/sys/kernel/tainted': '0\n',
      'etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
      'sys/class/dmi/id/sys_vendor': 'QEMU\n',
      'sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
      'sys/devices/system/edac/mc/mc0/mc_name': 'Skylake\n',
      'sys/devices/system/edac/mc/mc0/ce_count': '4\n',
      'sys/devices/system/edac/mc/mc0/ue_count': '1\n',
      'sys/devices/system/edac/mc/mc1/ue_count': '2\n',
    });
    const roots = { proc: join(root, 'proc'), sys: join(root, 'sys'), etc: join(root, 'etc') };
    expect(hostFacts(roots)).toMatchObject({
      processor: 'Some CPU @ 2GHz',
      microcode: '0x2b',
      'kernel build': '#1 SMP Debian 6.1.2',
      distribution: 'Debian GNU/Linux 12',
      virtualisation: 'a virtual machine (QEMU)',
      'transparent huge pages': 'madvise',
      ecc: 'Skylake, 4 corrected and 1 uncorrected errors since boot',
    });
    expect(uncorrectedErrors(join(root, 'sys/devices/system/edac/mc'))).toBe(3);
    expect(uncorrectedErrors(join(root, 'none'))).toBeNull();
  });

  test('of this machine have one line each and do not name it', () => {
    const facts = { ...hostFacts(), ...placeFacts('/var/tmp') };
    expect(facts.node).toBe(process.version);
    expect(facts.heisenwrite).toMatch(/^\d+\.\d+\.\d+/);
    expect(facts['file system']).toMatch(/^[a-z0-9.]+$/);
    for (const [name, value] of Object.entries(facts)) {
      expect(value, name).toMatch(/^[^\n]+$/);
      if (hostname().length > 3) expect(value, name).not.toContain(hostname());
    }
  });

  test('an empty machine gives fewer facts, not wrong ones', () => {
    const facts = hostFacts({ proc: root, sys: root, etc: root });
    expect(facts).not.toHaveProperty('microcode');
    expect(facts).not.toHaveProperty('ecc');
    expect(Object.values(facts)).not.toContain('undefined');
  });
});

describe('device facts', () => {
  test('a partition: its disk, queue and model, no serial number', () => {
    plant({
      'devices/pci/block/sda/sda1/partition': '1',
      'devices/pci/block/sda/queue/write_cache': 'write back\n',
      'devices/pci/block/sda/queue/rotational': '1\n',
      'devices/pci/block/sda/queue/scheduler': 'none [mq-deadline]\n',
      'devices/pci/block/sda/queue/logical_block_size': '512\n',
      'devices/pci/block/sda/queue/physical_block_size': '4096\n',
      'devices/pci/block/sda/device/model': 'DISK 9000\n',
      'devices/pci/block/sda/device/serial': 'SECRET\n',
      'dev/block/x': '',
      'block/x': '',
    });
    symlinkSync('../devices/pci/block/sda', join(root, 'block/sda'));
    symlinkSync('../../devices/pci/block/sda/sda1', join(root, 'dev/block/8:1'));
    const facts = deviceFacts(mount('8:1', '/dev/sda1'), root);
    expect(facts).toMatchObject({
      disk: 'sda, partition sda1',
      'disk model': 'DISK 9000',
      'disk kind': 'rotating',
      'disk write cache': 'write back',
      'disk scheduler': 'mq-deadline',
      'disk sectors': '512 bytes logical, 4096 physical',
    });
    expect(JSON.stringify(facts)).not.toContain('SECRET');
  });

  test('a loop device on a device-mapper target names both', () => {
    plant({
      'devices/virtual/block/dm-0/dm/name': 'vault',
      'devices/virtual/block/dm-0/slaves/loop0': '',
      'devices/virtual/block/loop0/loop/backing_file': '/srv/image',
      'dev/block/x': '',
      'block/x': '',
    });
    for (const name of ['dm-0', 'loop0']) {
      symlinkSync(`../devices/virtual/block/${name}`, join(root, 'block', name));
    }
    symlinkSync('../../devices/virtual/block/dm-0', join(root, 'dev/block/253:0'));
    const facts = deviceFacts(mount('253:0', '/dev/mapper/vault'), root);
    expect(facts).toMatchObject({
      disk: 'dm-0',
      'disk on': 'device-mapper vault loop0 on the file /srv/image',
    });
  });

  test('what is on no block device has no disk', () => {
    expect(deviceFacts(mount('0:40', 'server:/export', 'nfs4'), root)).toEqual({});
  });
});

describe('small parsers', () => {
  test('servers, addresses and users are left out', () => {
    expect(withoutServer({ device: 'files.example:/export' })).toBe('(server):/export');
    expect(withoutServer({ device: '[fe80::1]:/export' })).toBe('(server):/export');
    expect(withoutServer({ device: 'me@files.example:/home' })).toBe('(server):/home');
    expect(withoutServer({ device: '//files.example/share' })).toBe('//(server)/share');
    expect(withoutServer({ device: '/dev/sda1' })).toBe('/dev/sda1');
    expect(withoutServer({ device: 'tmpfs' })).toBe('tmpfs');
    expect(withoutAddress('addr=10.0.0.7')).toBe('addr=(left out)');
    expect(withoutAddress('vers=4.2')).toBe('vers=4.2');
    expect(withoutAddress('errors=remount-ro')).toBe('errors=remount-ro');
  });

  test('records of the kernel log', () => {
    expect(parseRecord('6,1234,5678,-;EXT4-fs (sda1): mounted\n SUBSYSTEM=block\n')).toEqual({
      sequence: 1234,
      message: 'EXT4-fs (sda1): mounted',
    });
    expect(parseRecord('')).toBeNull();
  });

  test('a quota: limits in KiB, use in bytes, 0 for no limit', () => {
    const block = (...fields: number[]) => {
      return BigUint64Array.from([...fields, 0, 0, 0].map(BigInt));
    };
    expect(quotaOf(block(100, 50, 1024, 10, 5, 4))).toEqual({ leftBytes: 101_376, leftInodes: 6 });
    expect(quotaOf(block(100, 0, 204_800, 0, 0, 4))).toEqual({
      leftBytes: -102_400,
      leftInodes: null,
    });
    expect(quotaOf(block(0, 50, 1024, 0, 5, 4))).toBeNull();
  });

  test('names of the devices below a mount', () => {
    expect(deviceNames(null)).toEqual([]);
    expect(deviceNames(mount('0:40', 'server:/export'))).toEqual([]);
    expect(deviceNames(mount('0:41', '/dev/sdz9', 'btrfs'))).toEqual(['sdz9']);
  });
});
