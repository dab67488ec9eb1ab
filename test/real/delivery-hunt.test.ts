// Hunts of `delivery` on real media: an out-of-order writer fools a rule of stable sizes on each of
// them, and the safe ways stay silent, with their bounds.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { tcpProxy } from '../../src/fault/tcp-proxy/tcp-proxy.ts';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import {
  expectFooled,
  expectSilent,
  FOOLED,
  hunted,
  overNfs,
  overSftp,
  readyOf,
} from './delivery-hunts.ts';
import { requireOrSkip } from './requirements.ts';

/** To a server of this host, at so many bytes a second, as by `heisenwrite proxy tcp`. */
async function slowLine(port: number, rate: string) {
  const rng = createRng('slow-line');
  const { plantable, admit } = tcpProxy;
  const faults = new ArmedFaults(plantable, 'the tcp proxy', rng, undefined, admit);
  faults.set(parseFault(`rate:op=write,bytes=${rate}`));
  const listen = { host: '127.0.0.1', port: 0 };
  const to = { host: '127.0.0.1', port };
  const running = await tcpProxy.start({ listen, to, faults, rng, note: () => undefined });
  return { port: running.listening.port, close: () => running.close() };
}

function fastPut(port: number, { identity }: Sshd): string {
  const program = fileURLToPath(new URL('../fixtures/fast-put.ts', import.meta.url));
  return `program='${process.execPath}' '${program}' ${port} ${identity} {from} {to}`;
}

// Nothing in 60 pickups bounds the rate below 5 %.

describe('fooled', () => {
  test('in a directory', () =>
    inDirectory(async (here) => {
      const place = pathToFileURL(here).href;
      expectFooled(await hunted({ place }, here, FOOLED, 6));
    }));

  test('of a file that ends with its trailer, the trailer is what is missing', () =>
    inDirectory(async (here) => {
      const levels = ['writer=trailer', 'rule=size-stable', 'stall=300ms'];
      const report = await hunted({ place: here }, here, levels, 6);
      expectFooled(report);
      expect(report.deliveries?.early[0]?.example.wrongParts).toContain(7);
    }));

  test('over NFS', (context) =>
    overNfs(context, async (place, here) => expectFooled(await hunted(place, here, FOOLED, 6))));

  test('over SFTP', (context) =>
    overSftp(context, async (place, here) => expectFooled(await hunted(place, here, FOOLED, 6))));
});

describe('real programs', () => {
  const byProgram = ['writer=command', 'marker=false', 'size=2MiB', 'part=64KiB', 'settle=60ms'];

  test('rclone with several threads fools those who see its final name', (context) => {
    requireOrSkip(context, 'rclone');
    return inDirectory(async (here) => {
      const streams = '--multi-thread-streams 4 --multi-thread-cutoff 1M --bwlimit 2M';
      const program = `program=rclone copyto ${streams} {from} {to}`;
      const report = await hunted(
        { place: here },
        here,
        [...byProgram, program, 'rule=final-name'],
        3,
      );
      expect(readyOf(report)).toEqual({ tries: 3, broken: 3 });
      expect(report.findings[0]?.kinds[0]).toBe('early');
    });
  });

  test('rsync renames and is silent, rsync --inplace is not', (context) => {
    requireOrSkip(context, 'rsync');
    return inDirectory(async (here) => {
      const rule = 'rule=final-name';
      const safe = 'program=rsync --bwlimit=4000 {from} {to}';
      const renamed = await hunted({ place: here }, here, [...byProgram, safe, rule], 12);
      expect(readyOf(renamed)).toEqual({ tries: 12, broken: 0 });
      const unsafe = 'program=rsync --inplace --bwlimit=4000 {from} {to}';
      const inPlace = await hunted({ place: here }, here, [...byProgram, unsafe, rule], 3);
      expect(readyOf(inPlace).broken).toBeGreaterThan(0);
    });
  });

  test('fastPut of ssh2 fools a rule of sizes that waits less than a chunk takes', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory(async (here) => {
      const server = await startSshd({ directory: here });
      const line = await slowLine(server.port, '256KiB');
      try {
        const levels = ['size=512KiB', fastPut(line.port, server), 'rule=size-stable,final-name'];
        const report = await hunted({ place: here }, here, [...byProgram, ...levels], 6);
        expect(readyOf(report)).toEqual({ tries: 6, broken: 6 });
        for (const { kinds } of report.findings) expect(kinds[0]).toBe('early');
        const early = report.deliveries?.early.map(({ rule, count }) => [rule, count]);
        expect(early?.toSorted()).toEqual([
          ['final-name', 3],
          ['size-stable', 3],
        ]);
      } finally {
        await line.close();
        await server.stop();
      }
    });
  });

  test('fastPut is silent where the line never pauses for as long', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory(async (here) => {
      const server = await startSshd({ directory: here });
      try {
        // Nothing in 20 pickups bounds the rate below 14 %.
        const levels = ['size=4MiB', 'settle=1s', 'rule=size-stable'];
        const program = fastPut(server.port, server);
        const report = await hunted({ place: here }, here, [...byProgram, ...levels, program], 20);
        expectSilent(report, 20);
      } finally {
        await server.stop();
      }
    });
  });

  test('a program that fails is a failed call, and no early pickup', () =>
    inDirectory(async (here) => {
      const program = 'program=cp {from} /nowhere/{to}';
      const levels = [...byProgram, program, 'rule=final-name'];
      const report = await hunted({ place: here }, here, levels, 2);
      expect([report.verdict, report.trials.damaged]).toEqual(['failed', 0]);
      expect(report.failures[0]).toMatchObject({ operation: 'write command', errno: 'EXIT1' });
    }));
});

describe('silent', () => {
  test('a rename, whatever the rule', () =>
    inDirectory(async (here) => {
      const levels = ['writer=rename', 'rule=size-stable,final-name', 'stall=60ms'];
      expectSilent(await hunted({ place: here }, here, levels, 60), 60);
    }));

  test('a rule that never says ready is no proof of anything', () =>
    inDirectory(async (here) => {
      // The file was closed under another name.
      const levels = ['writer=rename', 'rule=close-write'];
      const report = await hunted({ place: here }, here, levels, 3);
      expect([report.verdict, report.trials.unknown]).toEqual(['unknown', 3]);
      expect(readyOf(report)).toEqual({ tries: 0, broken: 0 });
    }));

  test('a marker, whatever the writer', () =>
    inDirectory(async (here) => {
      const writers = 'writer=out-of-order,preallocated,append,sparse,sequential,parallel,trailer';
      const levels = [writers, 'rule=marker-present', 'stall=60ms'];
      expectSilent(await hunted({ place: here }, here, levels, 60), 60);
    }));

  test('an S3 upload that is completed, by the most credulous rule', (context) => {
    requireOrSkip(context, 'radosgw');
    return inDirectory(async (here) => {
      const server = await startRadosgw();
      const { url: place, environment } = server;
      // A part of S3 has 5 MiB at least.
      const levels = [
        'writer=multipart',
        'rule=final-name',
        'size=10MiB',
        'part=5MiB',
        'stall=60ms',
      ];
      try {
        expectSilent(await hunted({ place, environment }, here, [...levels], 60), 60);
      } finally {
        await server.stop();
      }
    });
  });
});
