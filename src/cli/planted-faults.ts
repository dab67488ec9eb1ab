// The faults of a plan, planted: a mount over the directory of the trials, served by a process of
// its own, in which the faults of a cell are set while one of its trials runs. Actors work on the
// mount; the hunt itself makes, keeps and removes the directories of trials below it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Guard } from '../base/guard.ts';
import type { Rng } from '../base/rng.ts';
import type { Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FaultPlanting, FaultReceipt } from '../domain/fault.ts';
import { faultOf } from '../domain/fault-grammar.ts';
import type { Plan, PlantedFault } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { askControl } from '../fault/control-client.ts';
import { schemeOf } from '../medium/media.ts';
import { isPlantedIn } from '../plan/planted.ts';
import { WORKLOADS } from '../workload/workloads.ts';

const MAIN = fileURLToPath(new URL(`./main${import.meta.url.slice(-3)}`, import.meta.url));

/** @throws HeisenwriteError `invalid-plan` where a place has no directory to mount over */
export function refusePlantedElsewhere({ faults, places }: Pick<Plan, 'faults' | 'places'>): void {
  const url = Object.values(places).find((place) => schemeOf(place) !== null);
  if (!faults?.length || url === undefined) return;
  throw new HeisenwriteError('invalid-plan', `faults cannot be planted on ${url}`, {
    remedy: 'give a directory, or put `heisenwrite proxy` in the way and hunt through it',
  });
}

/** Undefined for a plan that plants none. */
export function plantedFaults(plan: Plan, seed: string): PlantedFaults | undefined {
  return plan.faults?.length ? new PlantedFaults(plan.faults, seed) : undefined;
}

class PlantedFaults implements FaultPlanting {
  private readonly faults: readonly PlantedFault[];
  private readonly seed: string;
  /** By the directory below. */
  private readonly mounts = new Map<string, Mount>();
  private current: Mount | null = null;

  constructor(faults: readonly PlantedFault[], seed: string) {
    this.faults = faults;
    this.seed = seed;
  }

  async begin(directory: string, levels: Levels, rng: Rng): Promise<string> {
    const mount = await this.over(dirname(directory));
    const workload = WORKLOADS.find(({ name }) => name === levels.workload) as Workload;
    const drawn = rng.fork('planted');
    const planted = this.faults.filter((each) => {
      const falls = drawn.uniform() < (each.chance ?? 1);
      return falls && isPlantedIn(each, levels, workload);
    });
    if (planted.length > 0) {
      this.current = mount;
      const faults = planted.map(({ fault }) => faultOf(fault).text);
      await askControl(mount.at, { ask: 'set', faults });
    }
    return join(mount.at, basename(directory));
  }

  async end(): Promise<readonly FaultReceipt[]> {
    const mount = this.current;
    this.current = null;
    if (!mount) return [];
    await askControl(mount.at, { ask: 'clear' });
    return (await askControl(mount.at, { ask: 'receipts' })).receipts;
  }

  /** Unmounts. Never rejects. */
  async close(): Promise<void> {
    for (const mount of this.mounts.values()) await mount.close();
    this.mounts.clear();
  }

  private async over(directory: string): Promise<Mount> {
    const known = this.mounts.get(directory);
    if (known?.isUp) return known;
    await known?.close();
    const mount = await Mount.start(directory, `${this.seed}-${this.mounts.size}`);
    this.mounts.set(directory, mount);
    return mount;
  }
}

type Server = ChildProcessByStdio<null, Readable, Readable>;

class Mount {
  readonly at: string;
  private readonly server: Server;
  private readonly guard: Guard;

  private constructor(at: string, server: Server, guard: Guard) {
    this.at = at;
    this.server = server;
    this.guard = guard;
  }

  get isUp(): boolean {
    return this.server.exitCode === null && this.server.signalCode === null;
  }

  /** @throws HeisenwriteError `missing-component` with what the mount said */
  static async start(directory: string, seed: string): Promise<Mount> {
    const at = mkdtempSync(join(tmpdir(), 'heisenwrite-faulty-'));
    const guard = await Guard.start();
    await guard.undo(['sh', '-c', 'umount -l "$1"; rmdir "$1"', 'sh', at]);
    const words = [MAIN, 'mount', directory, at, '--seed', seed, '--json'];
    const server = spawn(process.execPath, words, {
      // Ctrl-C at the terminal is for the hunt, which ends the mount after the trial under way.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    server.stderr.on('data', (piece: Buffer) => {
      complaint += piece.toString('utf8');
    });
    const mounted = once(server.stdout, 'data').then(() => true);
    const isUp = await Promise.race([mounted, once(server, 'close').then(() => false)]);
    if (!isUp) {
      await guard.stop();
      const [first = ''] = complaint.split('\n');
      throw new HeisenwriteError('missing-component', `no mount for faults: ${first}`, {
        remedy: 'see `heisenwrite mount --help` for what a mount needs',
      });
    }
    // Receipts are asked for at the control socket; these lines must not fill the pipe.
    server.stdout.resume();
    return new Mount(at, server, guard);
  }

  async close(): Promise<void> {
    if (this.isUp) {
      const gone = once(this.server, 'close');
      this.server.kill('SIGTERM');
      await gone;
    }
    // What the guard would undo is undone with its end, whatever became of the server.
    await this.guard.stop();
  }
}
