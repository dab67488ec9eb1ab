// Builds web/ into dist/web/report.html, one file with script and style inside, unless that is
// fresh. The script is named by its hash in the Content-Security-Policy, so that nothing else can
// run in a report, whatever the names and messages in it contain.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist', 'web', 'report.html');
/** What the page shares with the terminal: src/report and what that imports. */
const SOURCES = ['web', 'src/report', 'src/domain', 'src/base'];

const modifiedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const inputs = [
  fileURLToPath(import.meta.url),
  join(root, 'package-lock.json'),
  ...SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  ),
];

async function bundle() {
  // Under a test runner Vite and Svelte would make a page for the server, or one with warnings.
  process.env.NODE_ENV = 'production';
  delete process.env.VITEST;
  const { build } = await import('vite');
  const { svelte } = await import('@sveltejs/vite-plugin-svelte');
  const result = await build({
    root: join(root, 'web'),
    configFile: false,
    logLevel: 'warn',
    plugins: [svelte({ configFile: false })],
    build: {
      write: false,
      cssCodeSplit: false,
      modulePreload: false,
      rollupOptions: { input: join(root, 'web', 'main.ts'), output: { format: 'iife' } },
    },
  });
  const outputs = [result].flat().flatMap((each) => each.output);
  const script = outputs.filter((each) => each.type === 'chunk').map((each) => each.code);
  const style = outputs
    .filter((each) => each.type === 'asset' && each.fileName.endsWith('.css'))
    .map((each) => each.source.toString());
  if (script.length !== 1) throw new Error(`one script expected, got ${script.length}`);
  return { script: script[0].replaceAll('</script', '<\\/script'), style: style.join('\n') };
}

if (modifiedMs(target) <= Math.max(...inputs.map(modifiedMs))) {
  const { script, style } = await bundle();
  const hash = createHash('sha256').update(script).digest('base64');
  const page = readFileSync(join(root, 'web', 'report.html'), 'utf8')
    .replace('SCRIPT_HASH', () => `sha256-${hash}`)
    .replace('/*STYLE*/', () => style)
    .replace('/*SCRIPT*/', () => script);
  mkdirSync(join(root, 'dist', 'web'), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  writeFileSync(unfinished, page);
  renameSync(unfinished, target);
}
