// Which files of this host's processes are open for writing, as /proc shows them (proc_pid_fd(5)):
// of all processes to root, of their own to others. What a server has open for its clients is that
// server's; a file that is only mapped is not shown.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const O_ACCMODE = 3;

/** @returns those of the paths, without symbolic links, that a process has open for writing */
export function openForWriting(paths: ReadonlySet<string>): Set<string> {
  const open = new Set<string>();
  for (const process of readdirSync('/proc')) {
    if (!/^\d+$/.test(process)) continue;
    const folder = `/proc/${process}`;
    for (const fd of entries(`${folder}/fd`)) {
      const target = linkOf(`${folder}/fd/${fd}`);
      if (target === null || !paths.has(target) || open.has(target)) continue;
      if (isWritable(`${folder}/fdinfo/${fd}`)) open.add(target);
    }
  }
  return open;
}

/** Empty where the process has gone, or is another user's. */
function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function isWritable(path: string): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(path, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_ACCMODE) !== 0;
  } catch {
    return false;
  }
}
