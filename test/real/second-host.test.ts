// A reader on another host: its actor is started over a real ssh, reads the medium from there, and
// its loss, its absence and another version are told in words.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { type Environment, expectRefusal, heisenwrite, reportIn } from './command-line.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');
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
    const run = `exec ${NODE} ${join(ROOT, 'src/cli/main.ts')} "$@"`;
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

  it('that cannot be reached makes trials unknown, with the words of ssh', async () => {
    const said = await hunt('ssh:nobody-there', '--trials', '2');
    const { trials, verdict, unknowns } = reportIn(said);
    expect([verdict, trials.unknown, trials.clean]).toEqual(['unknown', 2, 0]);
    expect(said.exitCode).toBe(3);
    const [reason] = unknowns;
    expect(reason?.because).toMatch(/on nobody-there: ssh ended with 255: .*Connection refused/);
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
