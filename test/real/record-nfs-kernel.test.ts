// `record -p` on a dd that runs in a guest and writes through the kernel's own NFS client, to an
// export that turns read-only, and to one that takes root for nobody: strace in the guest shows the
// write() that failed. The guest logs to an export of its own, which stays as it is.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { ProgramEnd } from '../../src/base/process-group.ts';
import type { ExportAccess } from '../../src/fleet/ganesha.ts';
import { Ganesha } from '../../src/fleet/ganesha.ts';
import { Guest } from '../../src/fleet/guest.ts';
import { TrialBoards } from '../../src/fleet/guest-actors.ts';
import { guestKernel } from '../../src/fleet/guest-kernel.ts';
import { HOST_ADDRESS } from '../../src/fleet/guest-messages.ts';
import { guestProgram } from '../../src/fleet/guest-program.ts';
import { openRecordings } from '../../src/recorder/index.ts';
import { heisenwrite } from './command-line.ts';
import { until } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';
import type { RecordAnswer } from './traced-programs.ts';

/** An emulated guest on busy cores. */
const CALL_LIMIT_MS = 300_000;
const TEST_LIMIT_MS = 900_000;
const SOURCES = resolve(import.meta.dirname, '../../src');
const TOOLS = {
  entries: [
    'cli/main.ts',
    'cli/program.ts',
    'cli/record.ts',
    'report/plain.ts',
    'base/guard-entry.ts',
  ].map((file) => join(SOURCES, file)),
  programs: ['sh', 'dd', 'cat', 'kill', 'mkfifo', 'strace'].map(
    (name) =>
      ['/usr/bin', '/bin'].map((each) => join(each, name)).find((each) => existsSync(each)) ?? name,
  ),
};

/** $0 is the file that dd writes, $1 where the logs begin. What it says last is how both ended. */
const TRACED = `
export PATH=/bin TMPDIR=/tmp HOME=/tmp NO_COLOR=1
dd if=/dev/zero of="$0" bs=4096 count=100000000 2>"$1.dd" &
pid=$!
node /program/src/cli/main.js record -p $pid --via strace --no-cost --json -o "/tmp/$$.hwrec" \\
  >"$1.answer" 2>"$1.said"
record=$?
[ $record = 1 ] || kill $pid
wait $pid
echo "$pid $record $?"
cat "/tmp/$$.hwrec" >"$1.hwrec"
`;

interface Rig {
  /** Exported, mounted at /mnt/data and /mnt/log. */
  readonly data: Ganesha;
  readonly log: Ganesha;
  readonly guest: Guest;
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const top = mkdtempSync('/var/tmp/heisenwrite-record-guest-');
  const folders = ['data', 'log'].map((name) => mkdtempSync(join(top, `${name}-`)));
  const consoleLog = join(top, 'console.log');
  const servers: Ganesha[] = [];
  let guest: Guest | null = null;
  try {
    for (const folder of folders) servers.push(await Ganesha.start(folder));
    const kernel = await guestKernel('6.1', () => undefined);
    const program = await guestProgram(() => undefined, TOOLS);
    guest = await Guest.boot({ kernel, program, consoleLog }, new TrialBoards(() => undefined));
    const [data, log] = servers as [Ganesha, Ganesha];
    for (const [at, server] of Object.entries({ '/mnt/data': data, '/mnt/log': log })) {
      const mount = { at, source: `${HOST_ADDRESS}:${server.exported}`, isSync: true };
      await guest.ask({ ask: 'mount', mount: { ...mount, options: optionsOf(server) } }, 60_000);
    }
    await body({ data, log, guest });
  } catch (error) {
    const said = existsSync(consoleLog) ? readFileSync(consoleLog, 'latin1').slice(-2000) : '';
    throw new Error(`${(error as Error).message}\nthe console says: ${said}`, { cause: error });
  } finally {
    await guest?.close();
    for (const server of servers) await server.stop();
    rmSync(top, { recursive: true, force: true });
  }
}

function optionsOf({ nfsPort, mountPort }: Ganesha): string {
  const ports = [`port=${nfsPort}`, `mountport=${mountPort}`];
  return ['vers=3', 'proto=tcp', 'mountproto=tcp', 'nolock', 'nosharecache', ...ports].join(',');
}

/** A dd whose export is exported so while it is traced. */
async function traced({ data, log, guest }: Rig, access: ExportAccess) {
  const text = (name: string) => {
    const path = join(log.exported, `${access}.${name}`);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const words = ['/bin/sh', '-c', TRACED, `/mnt/data/${access}`, `/mnt/log/${access}`];
  const run = guest.ask<ProgramEnd>({ ask: 'run', words, limitMs: CALL_LIMIT_MS }, CALL_LIMIT_MS);
  let hasEnded = false;
  const ended = run.finally(() => {
    hasEnded = true;
  });
  ended.catch(() => undefined);
  await until(
    () => hasEnded || text('said').includes('tracing process'),
    'it traces',
    CALL_LIMIT_MS,
  );
  const written = () => statSync(join(data.exported, access)).size;
  const before = written();
  await until(() => hasEnded || written() > before + 4096 * 4, 'dd writes while traced', 60_000);
  await data.setAccess(access);
  const { stdout, stderr } = await ended;
  await data.setAccess('read-write');
  const [pid, record, dd] = stdout.trim().split(' ').map(Number);
  expect([record, dd], `${stdout}${stderr}${text('said')}${text('dd')}`).toEqual([1, 1]);
  const answer = JSON.parse(text('answer')) as RecordAnswer;
  return {
    pid,
    answer,
    dd: text('dd'),
    said: text('said'),
    recording: join(log.exported, `${access}.hwrec`),
  };
}

test(
  'record -p in a guest: the write() of dd that the kernel fails when its export changes',
  async (context) => {
    requireOrSkip(context, 'root', 'guests', 'ganesha', 'strace', 'dd');
    await withRig(async (rig) => {
      for (const [access, errno] of [
        ['read-only', 'EROFS'],
        ['root-squashed', 'EACCES'],
      ] as const) {
        const { pid, answer, dd, said, recording } = await traced(rig, access);
        const path = `/mnt/data/${access}`;
        expect(dd).toMatch(errno === 'EROFS' ? /Read-only file system/ : /Permission denied/);
        expect(answer).toMatchObject({ verdict: 'flagged', via: 'strace', process: pid });
        expect(answer).toMatchObject({ unreadLines: 0, lostEvents: 0 });
        const flag = answer.flags.find(({ kind }) => kind === 'unlisted-errno');
        expect(flag).toMatchObject({ call: 'write', errno, path, process: pid });
        expect(flag?.words).toMatch(/write\(\) failed with E\w+, which .* write\(2\)/);
        expect(answer.failed).toMatchObject([{ call: 'write', errno }]);
        expect(answer.calls.write).toBeGreaterThan(4);
        expect(said).toMatch(
          /unlisted-errno: \+\d+\.\d{6}s dd \(\d+\) write\(\) \/mnt\/data\/[a-z-]+: /,
        );
        expectRecorded(recording, { process: pid, errno, path });
        const replayed = await heisenwrite(['replay', recording, '--event', 'write']);
        expect(replayed.stdout).toMatch(new RegExp(`write.*${errno}`));
      }
    });
  },
  TEST_LIMIT_MS,
);

/** The recording that was made in the guest is read here. */
function expectRecorded(recording: string, fields: object): void {
  const recordings = openRecordings([recording]);
  try {
    const writes = [...recordings.events()].filter(({ event }) => event === 'write');
    const failed = writes.filter(({ fields: { errno } }) => errno !== '');
    expect(failed.map((each) => each.fields)).toMatchObject([
      { ...fields, asked: 4096n, result: -1n },
    ]);
    expect(failed[0]).toBe(writes.filter((each) => each.fields.asked === 4096n).at(-1));
  } finally {
    recordings.close();
  }
}
