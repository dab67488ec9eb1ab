// A reader on another host: its actor is started over a real ssh, reads the medium from there, and
// its loss, its absence and another version are told in words. The clock of the other host is its
// own (time_namespaces(7)), and what it recorded is told in the time of the hunt.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameOf } from '../../src/base/frames.ts';
import { heisenwriteVersion } from '../../src/base/version.ts';
import { type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { openRecordings } from '../../src/recorder/index.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { type Environment, expectRefusal, heisenwrite, reportIn } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');
/** Seconds that the other host has been up for longer than this one. */
const AHEAD_S = 5000;
const APART = `unshare --time --monotonic ${AHEAD_S} --fork --kill-child`;
const ONLY = ['--only', 'workload=transfer', '--only', 'size=64KiB', '--only', 'inflight=4'];

describe('a reader on another host', () => {
  let folder: string;
  let sshd: Sshd;
  let environment: Environment;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'heisenwrite-second-host-'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const program = join(bin, 'heisenwrite');
    sshd = await startSshd({
      config: ['ForceCommand none', `SetEnv PATH=${bin}:/usr/bin:/bin`],
    });
    // What the user of the other host has set up there for its SFTP.
    const exports = Object.entries(sshd.environment).map(
      ([name, value]) => `export ${name}=${value}`,
    );
    const run = `exec ${APART} ${NODE} ${join(ROOT, 'src/cli/main.ts')} "$@"`;
    writeFileSync(program, ['#!/bin/sh', ...exports, run, ''].join('\n'));
    chmodSync(program, 0o755);
    const aliases = [
      'Host other',
      'HostName 127.0.0.1',
      `Port ${sshd.port}`,
      'User root',
      `IdentityFile ${sshd.identity}`,
      `UserKnownHostsFile ${sshd.knownHosts}`,
      'Host nobody-there',
      'HostName 127.0.0.1',
      'Port 1',
    ];
    writeFileSync(join(folder, 'ssh-config'), aliases.join('\n'));
    const ssh = `ssh -F ${join(folder, 'ssh-config')}`;
    environment = { ...sshd.environment, HEISENWRITE_SSH: ssh };
  });
  afterAll(async () => {
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const hunt = (reader: string, ...more: string[]) => {
    const words = ['hunt', sshd.url, ...ONLY, '--factor', `reader=${reader}`, '--json', ...more];
    return heisenwrite(words, folder, environment);
  };

  it('checks every word there, beside a connection and a process here', async () => {
    const report = reportIn(await hunt('connection,process,ssh:other', '--trials', '24'));
    expect(report.verdict).toBe('clean');
    expect(report.trials).toMatchObject({ clean: 24, damaged: 0, failed: 0, unknown: 0 });
    const readers = report.cells
      .filter(({ trials }) => trials > 0)
      .map((each) => each.levels.reader);
    expect(new Set(readers)).toEqual(new Set(['connection', 'process', 'ssh:other']));
    const words = report.guarantees.map((each) => each.words).join('\n');
    expect(words).toMatch(/read back by a client on another host/);
    expect(words).toMatch(/read back by a second client in another process/);
  });

  it('tells what was recorded there and here, in the time of the hunt', async (context) => {
    requireOrSkip(context, 'root', 'ganesha');
    const server = await startGanesha();
    try {
      const plan = {
        name: 'planted',
        arms: [{ workload: 'transfer', factors: { size: '256KiB', reader: 'ssh:other' } }],
        faults: [{ kind: 'flip', op: 'write', path: 'data', mask: '0xff', count: 1 }],
        expect: [{ promise: 'read-back', source: 'design' }],
        stop: { trials: 2 },
      };
      writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
      const said = await heisenwrite(
        ['hunt', server.url, 'plan.json', '--json'],
        folder,
        environment,
      );
      const report = reportIn(said);
      expect(report.trials.damaged, said.stderr).toBe(2);
      for (const { lastCalls, evidence } of report.findings) {
        const actors = new Set(lastCalls?.calls.map(({ actor }) => actor));
        expect(actors).toEqual(new Set(['writer-0', 'reader ssh:other']));
        // It wrote first, and read then; with clocks that are hours apart nothing would fit.
        const of = (name: string, call: string) =>
          lastCalls?.calls.filter((each) => each.actor === name && each.call === call) ?? [];
        const wrote = of('writer-0', 'write').at(-1);
        const read = of('reader ssh:other', 'read').at(-1);
        expect(wrote?.toUs).toBeLessThan(read?.toUs as number);
        expect(read?.toUs).toBeLessThan(1000);
        expect(lastCalls?.clocks).toEqual([
          { actor: 'reader ssh:other', uncertaintyUs: expect.any(Number) },
        ]);
        expect(lastCalls?.clocks?.[0]?.uncertaintyUs).toBeLessThan(50_000);
        expectOffset(evidence);
      }
      const left = () =>
        readdirSync('/dev/shm').filter((name) => /^heisenwrite-.*-agent-/.test(name));
      await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('that cannot be reached makes trials unknown, with the words of ssh', async () => {
    const said = await hunt('ssh:nobody-there', '--trials', '2');
    const { trials, verdict, unknowns } = reportIn(said);
    expect([verdict, trials.unknown, trials.clean]).toEqual(['unknown', 2, 0]);
    expect(said.exitCode).toBe(3);
    const [reason] = unknowns;
    expect(reason?.because).toMatch(/on nobody-there: ssh ended with 255: .*Connection refused/);
  });

  it('that answers otherwise than an agent does is a trial that is unknown', async () => {
    const other = join(folder, 'strange-ssh');
    const frames =
      `const v=require('v8');const f=(x)=>{const b=v.serialize(x);const h=Buffer.alloc(4);` +
      `h.writeUInt32BE(b.length);process.stdout.write(Buffer.concat([h,b]));};` +
      `f({hello:'heisenwrite agent',version:'${heisenwriteVersion()}'});` +
      `process.stdin.on('data',()=>f({answer:'clock',ns:5}))`;
    writeFileSync(other, `#!/bin/sh\nexec ${NODE} -e "${frames}"\n`);
    chmodSync(other, 0o755);
    const words = ['hunt', sshd.url, ...ONLY, '--factor', 'reader=ssh:other', '--json'];
    const own = { ...environment, HEISENWRITE_SSH: other };
    const said = await heisenwrite([...words, '--trials', '2'], folder, own);
    expect(said.exitCode, said.stderr).toBe(3);
    const { trials, unknowns } = reportIn(said);
    expect(trials).toMatchObject({ unknown: 2, damaged: 0, clean: 0 });
    expect(unknowns[0]?.because).toMatch(/on other: it answers no time when asked for it/);
  });

  it('leaves nothing there when it is told to end', async () => {
    const agent = execa(NODE, [join(ROOT, 'src/cli/main.ts'), 'agent'], { reject: false });
    const left = () =>
      readdirSync('/dev/shm').filter(
        (name) => name.includes(`-${agent.pid}-`) && name.includes('-agent-'),
      );
    agent.stdin?.write(frameOf({ ask: 'begin', name: 'reader', records: true }));
    await expect.poll(left, { timeout: 20_000 }).toHaveLength(1);
    agent.kill('SIGTERM');
    await agent;
    expect(left()).toEqual([]);
  });

  it('whose program is another version is refused', async () => {
    const other = join(folder, 'bin', 'heisenwrite');
    const frame =
      `const b=require('v8').serialize({hello:'heisenwrite agent',version:'0.0.0'});` +
      `const h=Buffer.alloc(4);h.writeUInt32BE(b.length);` +
      `process.stdout.write(Buffer.concat([h,b]));` +
      `process.stdin.resume()`;
    writeFileSync(other, `#!/bin/sh\nexec ${NODE} -e "${frame}"\n`);
    const said = await hunt('ssh:other', '--trials', '1');
    expect(said.exitCode).toBe(3);
    const [reason] = reportIn(said).unknowns;
    expect(reason?.because).toMatch(/heisenwrite 0\.0\.0 there, .* here: install the same one/);
  });

  it.each([
    ['ssh:-oProxyCommand=x', /"ssh:-oProxyCommand=x" is not a level of reader/],
    ['ssh:', /levels: same, connection, process, ssh:HOST/],
    ['proces', /did you mean "process"/],
  ])('%s is no reader', async (reader, message) => {
    expectRefusal(await hunt(reader, '--trials', '1'), 2, message);
  });
});

/** The recording of the other host states how far its clock is, and how wrong that may be. */
function expectOffset(evidence: string): void {
  const recordings = openRecordings([evidence]);
  try {
    const there = recordings.headers.find(({ name }) => name === 'reader ssh:other');
    const here = recordings.headers.find(({ name }) => name === 'writer-0');
    expect(here?.clock.offsetUncertaintyNs).toBeNull();
    const { offsetNs = 0n, offsetUncertaintyNs = null } = there?.clock ?? {};
    const wrongNs = Number(offsetNs) + AHEAD_S * 1e9;
    expect(Math.abs(wrongNs)).toBeLessThanOrEqual(Number(offsetUncertaintyNs));
  } finally {
    recordings.close();
  }
}
