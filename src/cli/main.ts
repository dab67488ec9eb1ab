// Where the command starts. Everything else is imported once Node keeps what it compiles, which
// halves the start of every command (a checkout: scripts/from-source.mjs).

import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('./program.ts');
await main(process.argv.slice(2));
