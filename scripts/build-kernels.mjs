// Compiles kernels/stamp.ts to dist/kernels/stamp.wasm with AssemblyScript, unless that is fresh.
// The result is renamed into place, so that a process which starts meanwhile never loads half of
// it.

import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'kernels');
const target = join(root, 'dist', 'kernels', 'stamp.wasm');

const modifiedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const inputs = [
  fileURLToPath(import.meta.url),
  ...readdirSync(sources)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(sources, name)),
];

if (modifiedMs(target) <= Math.max(...inputs.map(modifiedMs))) {
  mkdirSync(join(root, 'dist', 'kernels'), { recursive: true });
  const { main } = await import('assemblyscript/asc');
  const unfinished = `dist/kernels/stamp.${process.pid}.wasm`;
  const { error, stderr } = await main([
    'kernels/stamp.ts',
    ...['--baseDir', root, '--outFile', unfinished],
    ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
    ...['--importMemory', '--noExportMemory', '--memoryBase', '65536'],
  ]);
  if (error) {
    console.error(stderr.toString());
    console.error(`the kernels could not be compiled: ${error.message}`);
    process.exit(1);
  }
  renameSync(join(root, unfinished), target);
}
