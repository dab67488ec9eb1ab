// Runs the sources of a checkout. Plain JavaScript, since to strip the types of one file Node loads
// a compiler, which takes longer than all the rest of a start: what it made is kept in .cache.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)));
await import('../src/cli/main.ts');
