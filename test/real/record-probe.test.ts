// `record --probe` on a library that is not ours: the calls and returns of cpg_mcast_joined() in a
// hunt over a real corosync, each as an event beside the system calls.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCorosync } from '../../src/fleet/corosync.ts';
import { openRecordings } from '../../src/recorder/index.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';
import type { RecordAnswer } from './traced-programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const LIMIT_MS = 300_000;
const HUNT = [
  join(ROOT, 'node_modules/node/bin/node'),
  ...[join(ROOT, 'scripts/from-source.mjs'), 'hunt', join(ROOT, 'cases/lost-fragment/plan.json')],
];

let top: string;
beforeEach((context) => {
  requireOrSkip(context, 'bpftrace', 'corosync');
  top = mkdtempSync('/var/tmp/heisenwrite-record-');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** As the loader of programs finds it. */
function libraryOf(name: string): string {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return new RegExp(`${name}\\S* .*=> (\\S+)$`, 'm').exec(stdout)?.[1] as string;
}

test('cpg_mcast_joined of libcpg', { timeout: LIMIT_MS }, async () => {
  const corosync = await startCorosync();
  try {
    const library = libraryOf('libcpg');
    const [calls, returns] = ['u', 'ur'].map((kind) => `${kind}:${library}:cpg_mcast_joined`);
    const probes = ['--probe', calls as string, '--probe', returns as string];
    const output = join(top, 'cpg.hwrec');
    const own = ['--via', 'bpftrace', '--no-cost', '--json', '-o', output, '--slots', '1000000'];
    const hunt = [...HUNT, top, '--factor', 'channel=cpg', '--trials', '3'];
    const said = await heisenwrite(['record', ...own, ...probes, '--', ...hunt], top);
    const answer = JSON.parse(said.stdout) as RecordAnswer;
    expect(answer.command, said.stderr).toMatchObject({ status: 0 });
    expect(answer.probeHits).toBeGreaterThan(100);
    const recordings = openRecordings([output]);
    const hits = [...recordings.events()].filter(({ event }) => event === 'probe');
    recordings.close();
    expect(hits.length).toBe(answer.probeHits);
    const named = (text: string | undefined) =>
      hits.filter(({ fields }) => fields.function === text);
    // CS_OK is 1; CS_ERR_TRY_AGAIN, 6, is what a full queue answers; corosync/corotypes.h.
    expect(named(returns).length).toBe(named(calls).length);
    expect(named(returns).length).toBe(hits.length / 2);
  } finally {
    await corosync.stop();
  }
});

test('a library whose name bpftrace would take for an expression', async () => {
  const probe = `u:${libraryOf('libstdc')}:_ZNSo3putEc`;
  const own = ['--via', 'bpftrace', '--no-cost', '--json', '--probe', probe];
  const said = await heisenwrite(['record', ...own, '--', 'true'], top);
  expect(said.exitCode, said.stderr).toBe(0);
  expect(JSON.parse(said.stdout)).toMatchObject({ verdict: 'clean', probeHits: 0 });
});

test('a function that the library does not have is refused, not passed over', async () => {
  const probe = `u:${libraryOf('libcpg')}:cpg_mcast_joine`;
  const words = ['record', '--via', 'bpftrace', '--probe', probe, '--', 'true'];
  const said = await heisenwrite(words, top);
  expectRefusal(said, 2, /has no function cpg_mcast_joine\n.*bpftrace -l 'uprobe:".*libcpg/);
  expect(readdirSync(top)).toEqual([]);
});
