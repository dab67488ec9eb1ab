// `npm run table:delivery [-- --trials 5] [--only local,nfs,sftp]`: which rules are fooled by which
// writers, measured on real media with real servers, as docs/delivery-table.md. About 25 minutes on
// two cores that are quiet; a busy machine makes pauses longer, and rules look worse than they are.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { RULES } from '../src/delivery/rules.ts';
import type { CellReport, HuntReport } from '../src/domain/hunt-report.ts';
import { Ganesha } from '../src/fleet/ganesha.ts';
import { startSshd } from '../src/fleet/sshd.ts';
import { DELIVERY_WRITERS } from '../src/workload/delivery-writers.ts';

const ROOT = resolve(import.meta.dirname, '..');
const MAIN = join(ROOT, 'scripts/from-source.mjs');
const DOCUMENT = join(ROOT, 'docs/delivery-table.md');
/** One part waits longer than the rules do, which is what tells them apart. */
const LEVELS = {
  size: '512KiB',
  part: '64KiB',
  pace: '5ms',
  stall: '400ms',
  settle: '100ms',
  poll: '10ms',
  marker: true,
};
const HERE_ALONE: ReadonlySet<string> = new Set(['open', 'closed', 'directory']);

interface Ground {
  readonly name: string;
  readonly about: string;
  /** Rules that see what they need there. */
  readonly rules: readonly string[];
  open(folder: string): Promise<Served>;
}

interface Served {
  readonly place: string;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const ALL = RULES.map(({ name }) => name);
const remote = (...without: string[]) =>
  RULES.filter(({ sees }) => !sees.some((one) => HERE_ALONE.has(one) || without.includes(one))).map(
    ({ name }) => name,
  );

const GROUNDS: readonly Ground[] = [
  {
    name: 'local',
    about: 'a directory of this machine',
    rules: ALL,
    open: async (folder) => ({ place: folder, environment: {}, close: async () => undefined }),
  },
  {
    name: 'nfs',
    about: 'NFSv3, nfs-ganesha, by our own client',
    rules: remote(),
    async open(folder) {
      const server = await Ganesha.start(folder);
      const { exported, nfsPort, mountPort } = server;
      const place = `nfs://127.0.0.1${exported}?nfsport=${nfsPort}&mountport=${mountPort}`;
      return { place, environment: {}, close: () => server.stop() };
    },
  },
  {
    name: 'sftp',
    about: 'SFTP, OpenSSH',
    rules: remote('allocated'),
    async open(directory) {
      const server = await startSshd({ directory });
      const environment = { ...server.environment, SSH_AUTH_SOCK: '' };
      return { place: server.url, environment, close: () => server.stop() };
    },
  },
];

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    only: { type: 'string', default: GROUNDS.map(({ name }) => name).join(',') },
  },
});
const each = Number(values.trials);
const wanted = values.only.split(',');
/** What needs S3, or a program, is measured by tests. */
const writers = DELIVERY_WRITERS.filter((one) => one !== 'multipart' && one !== 'command');

async function measured({ name, rules, open }: Ground): Promise<HuntReport> {
  const work = mkdtempSync(join(tmpdir(), 'heisenwrite-table-'));
  const folder = join(work, 'drop');
  mkdirSync(folder);
  const served = await open(folder);
  try {
    const trials = each * writers.length * rules.length;
    const plan = join(work, 'plan.json');
    const factors = { ...LEVELS, writer: writers, rule: rules };
    const arms = [{ workload: 'delivery', factors }];
    writeFileSync(plan, JSON.stringify({ name, places: { [name]: served.place }, arms }));
    const words = ['hunt', plan, '--schedule', 'balanced', '--trials', String(trials), '--json'];
    const { stdout, stderr } = await execa(process.execPath, [MAIN, ...words], {
      cwd: work,
      env: served.environment,
      reject: false,
    });
    if (!stdout.startsWith('{')) throw new Error(stderr);
    return JSON.parse(stdout) as HuntReport;
  } finally {
    await served.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Early pickups of those that there were; `never` where the rule never said ready. */
function cellText(cells: readonly CellReport[], writer: string, rule: string): string {
  const cell = cells.find(({ levels }) => levels.writer === writer && levels.rule === rule);
  const ready = cell?.promises.find(({ promise }) => promise === 'ready-whole');
  if (!cell || cell.trials === 0) return '';
  if (!ready || ready.tries === 0) return 'never';
  const early = ready.broken > 0 ? `**${ready.broken}/${ready.tries}**` : `0/${ready.tries}`;
  return cell.unknown > 0 ? `${early}, never ${cell.unknown}` : early;
}

function tableOf(report: HuntReport, { name, about, rules }: Ground): string[] {
  const lines = [`## ${name}: ${about}`, '', `| rule | ${writers.join(' | ')} |`];
  lines.push(`|---|${writers.map(() => '---').join('|')}|`);
  for (const rule of rules) {
    const row = writers.map((writer) => cellText(report.cells, writer, rule));
    lines.push(`| \`${rule}\` | ${row.join(' | ')} |`);
  }
  return [...lines, ''];
}

const document = [
  '# Which rules are fooled by which writers',
  '',
  'Made by `npm run table:delivery`, which hunts on real media. `**3/5**`: in 3 of 5 trials what',
  'the rule called ready was picked up before it was whole, by its bytes; `0/5`: in none; `never`:',
  'it did not say ready at all, also not once the file was whole. See [delivery](delivery.md).',
  '',
  `Levels: ${Object.entries(LEVELS)
    .map(([factor, level]) => `${factor}=${level}`)
    .join(', ')}: one part waits longer than the rules do.`,
  '',
];
for (const ground of GROUNDS.filter(({ name }) => wanted.includes(name))) {
  console.error(`${ground.name}: ${each * writers.length * ground.rules.length} trials`);
  document.push(...tableOf(await measured(ground), ground));
}
writeFileSync(DOCUMENT, `${document.join('\n').trimEnd()}\n`);
console.error(`written: ${DOCUMENT}`);
