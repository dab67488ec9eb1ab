// Which process a plan means by a pid, a pid file or the name of a command. Exactly one, of this
// user or any for root, and never one that would take the hunt with it: a signal that reaches the
// wrong one is worse than none.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** comm of proc(5) has at most so many characters; one that is as long may have been cut. */
const COMM_MAX = 14;

/** Its pid, or why there is none that may be signalled. @param to `4711`, `/run/x.pid`, `mountd` */
export function findProcess(to: string): number | string {
  if (/^\d+$/.test(to)) return mayBeSignalled(Number(to), `pid ${to}`);
  if (to.includes('/')) return inPidFile(to);
  const pids = processesCalled(to);
  if (pids.length === 1) return mayBeSignalled(pids[0] as number, to);
  if (pids.length === 0) return `no process of yours is called ${to}`;
  return `${pids.length} processes are called ${to} (${pids.join(', ')}): give a pid or a pid file`;
}

function inPidFile(path: string): number | string {
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (!/^\d+$/.test(text)) return `${path} holds no pid`;
    return mayBeSignalled(Number(text), path);
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function mayBeSignalled(pid: number, words: string): number | string {
  if (pid <= 1) return `${words} is the first process of this system`;
  if (ownLine().includes(pid)) return `${words} is this hunt, or what has started it`;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    const because = (error as NodeJS.ErrnoException).code;
    return because === 'EPERM'
      ? `${words} belongs to somebody else (EPERM)`
      : `${words} is not running (${because})`;
  }
}

/** This process, its parent and so on. */
function ownLine(): number[] {
  const line: number[] = [];
  for (let pid = process.pid; pid > 1 && !line.includes(pid); ) {
    line.push(pid);
    pid = Number(/^PPid:\s*(\d+)/m.exec(statusOf(pid))?.[1] ?? 0);
  }
  return line;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** Of this user; by the name of the command or of the file that was started. */
function processesCalled(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => isCalled(pid, name));
}

function isCalled(pid: number, name: string): boolean {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) return false;
    const comm = readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
    const [first = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return (
      comm === name.slice(0, COMM_MAX) && (basename(first) === name || name.length <= COMM_MAX)
    );
  } catch {
    return false;
  }
}
