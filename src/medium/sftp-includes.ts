// Include of ssh_config(5), which the library that reads those files does not follow: the text of
// the included files is put in its place, and what follows belongs again to the Host or Match that
// stood before. A condition inside an included file is taken by itself.

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { readOptional } from './sftp-files.ts';

/** As OpenSSH has it, so that a file which includes itself ends. */
const DEPTH_MAX = 16;

/** @param base of relative paths: ~/.ssh for the user's file, /etc/ssh for the system's */
export function readWithIncludes(file: string, base: string, home: string, depth = 0): string {
  let scope = 'Host *';
  return readOptional(file)
    .split('\n')
    .map((line) => {
      if (/^\s*(Host|Match)[\s=]/i.test(line)) scope = line;
      const listed = /^\s*Include(?:\s*=\s*|\s+)(.+)$/i.exec(line)?.[1];
      if (listed === undefined) return line;
      if (depth >= DEPTH_MAX) return '';
      const included = patternsIn(listed).flatMap((pattern) => {
        const path = pattern.replace(/^~(?=\/)/, home);
        const found = globSync(path.startsWith('/') ? path : join(base, path)).toSorted();
        return found.map((each) => readWithIncludes(each, base, home, depth + 1));
      });
      return [...included, scope].join('\n');
    })
    .join('\n');
}

/** Separated by spaces, each of them in quotes where it has some. */
function patternsIn(listed: string): string[] {
  return [...listed.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
