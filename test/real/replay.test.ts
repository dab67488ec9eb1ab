// `replay` as a user calls it, on recordings of real programs, one of them killed; and its exports
// opened by programs that are not ours: babeltrace2, and protoc with Perfetto's schema.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');
const FIXTURES = join(ROOT, 'test/fixtures/recorder');
const WRITER = new URL('../fixtures/recorder/message-writer.ts', import.meta.url).pathname;
const MESSAGES = 500;

let directory = '';
const at = (name: string) => join(directory, name);

/** Runs it to its end, which is its own SIGKILL where `ending` is `kill`. */
async function program(role: string, file: string, missed: number, ending = 'close') {
  const words = [role, at(file), String(MESSAGES), String(missed), ending];
  const { signal, exitCode } = await execa(NODE, [WRITER, ...words], { reject: false });
  expect(ending === 'kill' ? signal : exitCode).toBe(ending === 'kill' ? 'SIGKILL' : 0);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heisenwrite-replay-'));
  await program('sender', 'sender.hwrec', -1);
  await program('receiver', 'whole.hwrec', -1);
  await program('receiver', 'missed.hwrec', 471, 'kill');
});
afterAll(() => rmSync(directory, { recursive: true }));

const MATCH = ['--match', 'send:from,id', 'recv:from,id'];

it('says which message a killed receiver missed, and what was around it', async () => {
  const said = await heisenwrite(['replay', at('sender.hwrec'), at('missed.hwrec'), ...MATCH]);
  expect(said.stderr).toBe('');
  expect(said.exitCode).toBe(1);
  expect(said.stdout).toMatch(/receiver \d+ at .*: 500 events, .*; not closed: killed/);
  expect(said.stdout).toMatch(/^1 message lost$/m);
  expect(said.stdout).toMatch(
    /^LOST from=3 id=471: sent .* by sender \d+ \[471\], receiver \d+ rec/m,
  );
  expect(said.stdout).toMatch(/^ {2}> \[471\] .* send from=3 id=471 size=100B$/m);
  expect(said.stdout).toMatch(/^ {4}\[472\] .* send from=3 id=472/m);
  // Of the receiver: what it got before and after the gap, though that was seconds later.
  expect(said.stdout.match(/recv from=3 id=\d+/g)?.map((one) => one.slice(15))).toEqual([
    ...['467', '468', '469', '470', '472', '473', '474', '475'],
  ]);
});

it('is silent, with exit 0, when nothing is missing, and so as JSON', async () => {
  const words = ['replay', ...MATCH, at('sender.hwrec'), at('whole.hwrec'), '--json'];
  const { exitCode, stdout } = await heisenwrite(words);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ schema: 'heisenwrite.match/1', verdict: 'clean', sent: MESSAGES, delivered: MESSAGES },
    ...{ lost: 0, duplicated: 0, neverSent: 0, findings: [] },
  });
});

it('concludes nothing, with exit 3, from the recording of a sender alone', async () => {
  const said = await heisenwrite(['replay', at('sender.hwrec'), ...MATCH]);
  expect(said.exitCode).toBe(3);
  expect(said.stdout).toMatch(/nothing can be concluded/);
});

it('asks which of several receivers a message was meant for', async () => {
  const said = await heisenwrite(['replay', directory, ...MATCH]);
  expectRefusal(said, 2, /messages were received by several receivers/);
  const each = await heisenwrite(['replay', directory, ...MATCH, '--deliver', 'each']);
  expect(each.exitCode).toBe(1);
  expect(each.stdout).toMatch(/^ {2}lost +1$/m);
});

it('prints and filters, as lines and as JSON lines', async () => {
  const query = ['--where', 'id >= 498 and from = 3', '--event', 'send'];
  const lines = await heisenwrite(['replay', at('sender.hwrec'), ...query]);
  expect(lines.exitCode).toBe(0);
  expect(lines.stdout.split('\n').slice(2)).toEqual([
    expect.stringMatching(/^\[498\] \+0\.\d{9} sender \d+ {2}send from=3 id=498 size=100B$/),
    expect.stringMatching(/^\[499\] \+0\.\d{9} sender \d+ {2}send from=3 id=499 size=101B$/),
  ]);
  const json = await heisenwrite(['replay', at('sender.hwrec'), '--last', '1', '--json']);
  const [header, event] = json.stdout.split('\n').map((line) => JSON.parse(line));
  expect(header).toMatchObject({ schema: 'heisenwrite.recording/1', counts: { written: 501 } });
  expect(event).toMatchObject({
    ...{ schema: 'heisenwrite.event/1', event: 'note', sequence: 500 },
    fields: { text: '"sender" is done', ratio: 0.25 },
  });
  const around = ['--around', 'sender:250', '--context', '1'];
  const three = await heisenwrite(['replay', at('sender.hwrec'), ...around]);
  expect(three.stdout.match(/id=\d+/g)).toEqual(['id=249', 'id=250', 'id=251']);
});

it('finds what sets runs apart', async () => {
  const runs = ['--diff', at('whole.hwrec'), '--bad', at('missed.hwrec')];
  const said = await heisenwrite(['replay', ...runs]);
  expect(said.exitCode).toBe(1);
  expect(said.stdout).toMatch(/with one run of a kind, what differs may be chance/);
  expect(said.stdout).toMatch(/1\/1 +0\/1 .*less often recv \(fewer than 500 in a run\)/);
  const same = ['--diff', at('whole.hwrec'), at('whole.hwrec')];
  expect((await heisenwrite(['replay', ...same])).exitCode).toBe(0);
});

it('refuses clearly what is none', async () => {
  writeFileSync(at('text'), 'no recording\n');
  const refused = async (words: readonly string[], code: number, message: RegExp) =>
    expectRefusal(await heisenwrite(['replay', ...words]), code, message);
  const recording = at('sender.hwrec');
  await refused([at('text')], 2, /does not begin as a recording does/);
  await refused([at('absent')], 2, /ENOENT/);
  await refused([recording, '--event', 'sent'], 2, /no such event; events are send, recv, note/);
  await refused([recording, '--where', 'idd = 1'], 2, /no event has a field "idd"/);
  await refused([recording, '--match', 'send:idd', 'recv:id'], 2, /has no field "idd"/);
  await refused([recording, '--match', 'send:id'], 2, /needs two terms/);
  await refused([recording, '--export', 'ctf'], 2, /needs --output/);
  await refused([recording, '--export', 'csv', '--output', at('text')], 2, /EEXIST/);
  const cut = readFileSync(recording).subarray(0, 8192);
  writeFileSync(at('cut'), cut);
  await refused([at('cut')], 3, /has 8192 bytes of/);
  rmSync(at('cut'));
});

it('exports CTF that babeltrace2 opens, with every event and its values', async (context) => {
  requireOrSkip(context, 'babeltrace2');
  const files = [at('sender.hwrec'), at('missed.hwrec')];
  const made = await heisenwrite(['replay', ...files, '--export', 'ctf', '--output', at('ctf')]);
  expect(made.exitCode).toBe(0);
  const { stdout, stderr } = await execa('babeltrace2', ['--clock-seconds', at('ctf')]);
  expect(stderr).toBe('');
  const lines = stdout.split('\n');
  expect(lines).toHaveLength(MESSAGES + 1 + MESSAGES);
  const json = await heisenwrite(['replay', ...files, '--json', '--where', 'id = 250']);
  const [sent] = json.stdout
    .split('\n')
    .slice(2)
    .map((line) => JSON.parse(line));
  const seconds = `${sent.timeNs.slice(0, -9)}.${sent.timeNs.slice(-9)}`;
  const line = lines.find((one) => one.includes('id = 250,') && one.includes(' send:'));
  expect(line).toContain(`[${seconds}]`);
  expect(line).toMatch(/writer = \( "sender \d+" : .*sequence = 250 \}/);
  expect(line).toContain('{ from = 3, id = 250, size_B = 101 }');
  expect(stdout).toContain('text = "\\"receiver\\" is done", ratio = 0.25 }');
});

it('exports a Perfetto trace that protoc reads by the schema, arrows included', async (context) => {
  requireOrSkip(context, 'protoc');
  const output = at('trace.pftrace');
  const files = [at('sender.hwrec'), at('missed.hwrec')];
  const words = ['replay', ...files, '--export', 'perfetto', '--output', output, ...MATCH];
  expect((await heisenwrite(words)).exitCode).toBe(0);
  const { stdout } = await execa(
    'protoc',
    ['--decode=perfetto.protos.Trace', `--proto_path=${FIXTURES}`, 'perfetto-subset.proto'],
    { input: readFileSync(output) },
  );
  // What the schema does not know is printed by number.
  expect(stdout).not.toMatch(/^\s*\d+[: ]/m);
  expect(stdout.match(/track_descriptor \{/g)).toHaveLength(2);
  expect(stdout.match(/type: TYPE_INSTANT/g)).toHaveLength(2 * MESSAGES + 1);
  const flows = new Map<string, number>();
  for (const [, id = ''] of stdout.matchAll(/flow_ids: (\w+)/g)) {
    flows.set(id, (flows.get(id) ?? 0) + 1);
  }
  expect(flows.size).toBe(MESSAGES);
  expect([...flows.values()].filter((events) => events === 1)).toHaveLength(1);
});

it('exports a table and JSON lines that read back to the same events', async () => {
  const csv = await heisenwrite(['replay', at('sender.hwrec'), '--export', 'csv']);
  const rows = parse(csv.stdout, { columns: true }) as Record<string, string>[];
  const out = ['--export', 'json', '--output', at('events.jsonl')];
  expect((await heisenwrite(['replay', at('sender.hwrec'), ...out])).exitCode).toBe(0);
  const events = readFileSync(at('events.jsonl'), 'utf8').trimEnd().split('\n').slice(1);
  expect(rows).toHaveLength(MESSAGES + 1);
  events.forEach((line, index) => {
    const { timeNs, event, sequence, fields } = JSON.parse(line);
    expect(rows[index]).toMatchObject({ time_ns: timeNs, event, sequence: String(sequence) });
    for (const [name, value] of Object.entries(fields))
      expect(rows[index]?.[name]).toBe(String(value));
  });
});
