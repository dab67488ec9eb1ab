// Makes what the guests of a hunt boot from, ahead of the hunt that would make it: `npm run
// build:guest`, or with the kernels that are wanted, `npm run build:guest 6.1 6.12`. One line for
// each step on stderr, and the files that are there then on stdout.

import { HeisenwriteError } from '../src/domain/errors.ts';
import { guestKernel } from '../src/fleet/guest-kernel.ts';
import { guestProgram } from '../src/fleet/guest-program.ts';

const say = (words: string) => console.error(`build-guest: ${words}`);
const wanted = process.argv.slice(2);

try {
  for (const series of wanted.length > 0 ? wanted : ['6.1', '6.12']) {
    const { kernel, initramfs } = await guestKernel(series, say);
    console.log(`${kernel}\n${initramfs}`);
  }
  console.log(await guestProgram(say));
} catch (error) {
  if (!(error instanceof HeisenwriteError)) throw error;
  say(`${error.message}; ${error.remedy}`);
  process.exitCode = error.exitCode;
}
