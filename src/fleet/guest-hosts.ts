// The hosts of a hunt that are guests: each booted when a cell asks for its kernel, and paused
// while another one runs, so that one processor and no reboot is what a hunt needs. They mount the
// directory of the hunt's trials from a server on this host, which can be made to export it anew
// while a trial runs.

import { basename, dirname, join } from 'node:path';
import { monotonicNs } from '../base/clock.ts';
import type { Rng } from '../base/rng.ts';
import { HERE, type HostRequest, type Hosts, type TrialHost } from '../domain/hosts.ts';
import type { Facts } from '../domain/hunt-report.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { Provocation } from '../domain/provocation.ts';
import type { Provoked } from '../domain/receipt.ts';
import type { HostAccount, TrialOutcome } from '../domain/trial.ts';
import { layDown } from '../trial/recordings-place.ts';
import { Ganesha } from './ganesha.ts';
import { Guest } from './guest.ts';
import { GuestActors, guestClock, TrialBoards } from './guest-actors.ts';
import type { Say } from './guest-cache.ts';
import { guestKernel } from './guest-kernel.ts';
import {
  type FactsAnswer,
  HOST_ADDRESS,
  type NfsMount,
  type RecordingsAnswer,
} from './guest-messages.ts';
import { guestProgram } from './guest-program.ts';
import { withSecondLooks } from './second-look.ts';

/** A mount waits for the server at most so long. */
const MOUNT_LIMIT_MS = 60_000;
/** The period of the provocation. */
const TOGGLE_EVERY_MS = 1000;
/** As its receipts name it. */
const TOGGLED = 'toggle-export';
/** An emulated processor is slower than the estimates of workloads assume. */
const EMULATION_PATIENCE = 4;

interface Toggling {
  readonly everyMs: number;
  readonly forMs: number;
  readonly rng: Rng;
}

export interface GuestHostsRequest {
  /** The hunt's own directory, where the consoles are kept. */
  readonly directory: string;
  /** Where the recordings of this host are; null for nowhere. */
  readonly recordings: string | null;
  readonly say: Say;
  readonly toggle: (server: Ganesha, times: Toggling) => Provocation;
}

/** A guest that is up, with the mounts that it has: where, and what the guest says of them. */
interface Booted {
  readonly kernel: string;
  readonly guest: Guest;
  readonly boards: TrialBoards;
  readonly mounts: Map<string, Facts>;
}

export class GuestHosts implements Hosts {
  private readonly request: GuestHostsRequest;
  /** By kernel; all but the one that runs are paused. */
  private readonly guests = new Map<string, Booted>();
  private running: Booted | null = null;
  private server: Ganesha | null = null;
  /** Of the whole hunt, whatever becomes of the sources meanwhile. */
  private program: Promise<string> | null = null;

  constructor(request: GuestHostsRequest) {
    this.request = request;
  }

  async enter({ levels, directory, rng }: HostRequest): Promise<TrialHost | null> {
    const kernel = textLevel(levels, 'kernel');
    if (levels.kernel === undefined || kernel === HERE) return null;
    const server = await this.serverOf(dirname(directory));
    const booted = await this.guestWith(kernel);
    const mode = textLevel(levels, 'mount');
    const facts = await this.mounted(booted, server, mode);
    const forMs = numberLevel(levels, 'toggle');
    const fromNs = String(monotonicNs());
    const times = { everyMs: TOGGLE_EVERY_MS, forMs, rng: rng.fork(TOGGLED) };
    const toggling = forMs > 0 ? this.request.toggle(server, times) : null;
    const actors = new GuestActors(booted.guest, await guestClock(booted.guest));
    const end = async () => {
      booted.boards.forget();
      return (await toggling?.stop()) ?? [];
    };
    return {
      actors,
      directory: join(mountPoint(mode), basename(directory)),
      limit: (limitMs) => actors.limit(EMULATION_PATIENCE * limitMs),
      leave: async (outcome) => {
        const host: HostAccount = { host: kernel, facts, receipts: await end() };
        const toggled = { by: { [TOGGLED]: `${forMs}ms` }, fromNs, untilNs: String(monotonicNs()) };
        if (outcome.observations.length > 0) await this.bringRecordings(booted);
        // A guest that is lost by now has answered for its trial; the next one boots another.
        await booted.guest.ask({ ask: 'forget' }, MOUNT_LIMIT_MS).catch(() => undefined);
        const unknown = outcome.unknown ?? toggling?.trouble?.();
        const seen = accountedFor({ ...outcome, ...(unknown && { unknown }) }, host, directory);
        return toggling === null ? seen : { ...seen, provoked: bothOf(seen.provoked, toggled) };
      },
      abandon: async () => {
        await end();
      },
    };
  }

  async close(): Promise<void> {
    for (const { guest } of this.guests.values()) await guest.close();
    this.guests.clear();
    this.running = null;
    await this.server?.stop();
    this.server = null;
  }

  private async bringRecordings({ guest, kernel }: Booted): Promise<void> {
    const { recordings } = this.request;
    if (recordings === null) return;
    const request = { ask: 'recordings' } as const;
    const answer = guest.ask<RecordingsAnswer>(request, MOUNT_LIMIT_MS);
    // What was seen counts, also where nothing of what led up to it can be had.
    const { taken } = await answer.catch(() => ({ taken: [] }));
    layDown(recordings, [{ host: kernel, taken }]);
  }

  /** One server at a time: a trial has one place. */
  private async serverOf(exported: string): Promise<Ganesha> {
    if (this.server?.exported === exported && this.server.isUp) return this.server;
    await this.close();
    this.server = await Ganesha.start(exported);
    return this.server;
  }

  private async guestWith(kernel: string): Promise<Booted> {
    const known = this.guests.get(kernel);
    if (this.running !== known) this.running?.guest.pause();
    this.running = null;
    if (known && !known.guest.isLost) {
      known.guest.resume();
      this.running = known;
      return known;
    }
    await known?.guest.close();
    this.guests.delete(kernel);
    const booted = await this.boot(kernel);
    this.guests.set(kernel, booted);
    this.running = booted;
    return booted;
  }

  private async boot(kernel: string): Promise<Booted> {
    const { say, directory } = this.request;
    const files = await guestKernel(kernel, say);
    this.program ??= guestProgram(say);
    const program = await this.program;
    say(`booting a guest with the kernel ${files.release}`);
    const told: { guest?: Guest } = {};
    const boards = new TrialBoards((board, value) => told.guest?.tell({ board, at: 0, value }));
    const consoleLog = join(directory, `guest-${kernel}.console.log`);
    const guest = await Guest.boot({ kernel: files, program, consoleLog }, boards);
    told.guest = guest;
    return { kernel, guest, boards, mounts: new Map() };
  }

  /** Facts of the guest and of what it has mounted so. */
  private async mounted({ guest, mounts }: Booted, server: Ganesha, mode: string): Promise<Facts> {
    const known = mounts.get(mode);
    if (known) return known;
    const at = mountPoint(mode);
    await guest.ask({ ask: 'mount', mount: nfsMount(server, mode) }, MOUNT_LIMIT_MS);
    const facts = await guest.ask<FactsAnswer>({ ask: 'facts', path: at }, MOUNT_LIMIT_MS);
    const all = { ...facts.host, ...facts.place };
    mounts.set(mode, all);
    return all;
  }
}

function mountPoint(mode: string): string {
  return `/mnt/${mode}`;
}

/**
 * Hard, as nfs(5) advises for data; `nosharecache`, since mounts of one export would else share
 * their options with the first of them.
 */
function nfsMount({ exported, nfsPort, mountPort }: Ganesha, mode: string): NfsMount {
  const options = [
    'vers=3',
    'proto=tcp',
    'mountproto=tcp',
    `port=${nfsPort}`,
    `mountport=${mountPort}`,
    'nolock',
    'nosharecache',
  ];
  return {
    at: mountPoint(mode),
    source: `${HOST_ADDRESS}:${exported}`,
    isSync: mode === 'sync',
    options: options.join(','),
  };
}

/** What could fire here besides, in the time of both. */
function bothOf(others: Provoked | undefined, own: Provoked): Provoked {
  return others ? { ...others, by: { ...others.by, ...own.by } } : own;
}

function accountedFor(outcome: TrialOutcome, host: HostAccount, directory: string): TrialOutcome {
  return { ...withSecondLooks(outcome, directory), host };
}
