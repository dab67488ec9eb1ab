// fio as a peer: one job, one thread, 1 MiB at a time. Its speed is that of the whole job by its
// own account (bytes moved over `job_runtime`), so that work after the last read is not left out.

import { execa } from 'execa';

export interface FioJob {
  readonly file: string;
  readonly sizeBytes: number;
  readonly direction: 'read' | 'write';
  /** `pattern`: one constant, filled in once. `placed`: a pattern with the offset in each block. */
  readonly verify: 'none' | 'crc32c' | 'pattern' | 'placed';
}

const VERIFY_OPTIONS: Readonly<Record<FioJob['verify'], readonly string[]>> = {
  none: [],
  crc32c: ['--verify=crc32c'],
  pattern: ['--verify=pattern', '--verify_pattern=0xdeadbeef'],
  placed: ['--verify=pattern', '--verify_pattern=%o'],
};

/** MiB/s. Files are not allocated beforehand, since we do not either and fio would not count it. */
export async function runFio({ file, sizeBytes, direction, verify }: FioJob): Promise<number> {
  const { stdout } = await execa('fio', [
    ...['--name=peer', `--filename=${file}`, `--rw=${direction}`, `--size=${sizeBytes}`],
    ...['--bs=1M', '--ioengine=psync', '--fallocate=none', '--output-format=json'],
    ...VERIFY_OPTIONS[verify],
    // It would leave a file in the directory in which it is called.
    ...['--verify_state_save=0', ...(direction === 'write' ? ['--do_verify=0'] : [])],
  ]);
  const [job] = JSON.parse(stdout).jobs;
  if (job.error !== 0 || job[direction].io_bytes !== sizeBytes) {
    throw new Error(`fio did not do its work: ${stdout}`);
  }
  return sizeBytes / 2 ** 20 / (job.job_runtime / 1000);
}

/** The version of a peer, or null where it is not installed. */
export async function versionOf(program: string, option: string): Promise<string | null> {
  const result = await execa(program, [option], { reject: false });
  return result.failed ? null : (result.stdout.split('\n')[0] ?? '');
}
