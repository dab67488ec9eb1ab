// Closed process groups of corosync: total order over all members, through the corosync that runs
// on this host. Corosync takes a process into a group once, so the receivers and senders of one
// process share its membership.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
  type ReceiverEvents,
} from '../domain/channel.ts';
import { channelError, lengthOf, refuseLarger } from './channel-error.ts';
import { type CpgHandle, openCpg } from './cpg-library.ts';

/** A little less than what one message of corosync holds (cpg_max_atomic_msgsize_get(3)). */
const MESSAGE_BYTES_MAX = 1_000_000;
const JOIN_MS_MAX = 10_000;
/** Between two looks where nothing came; ms. */
const PAUSE_MS = 1;
/** CPG_MAX_NAME_LENGTH less its end. */
const GROUP_CHARACTERS_MAX = 127;

export const cpgChannel: ChannelAdapter = {
  scheme: 'cpg',
  about: 'closed process groups of the corosync of this host',
  fallback: 'cpg:',
  options: {},
  processes: true,
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: true,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver({ name }, events): Promise<ChannelReceiver> {
    const member = await memberOf(name);
    member.receivers.add(events);
    let open = true;
    return {
      endpoint: '',
      async close() {
        if (!open) return;
        open = false;
        member.receivers.delete(events);
        await member.leave();
      },
    };
  },
  async openSender({ name }): Promise<ChannelSender> {
    const member = await memberOf(name);
    let open = true;
    return {
      send: (vectors) => member.send(vectors),
      async close() {
        if (!open) return;
        open = false;
        await member.leave();
      },
    };
  },
};

const members = new Map<string, Promise<Member>>();

async function memberOf(group: string): Promise<Member> {
  let joining = members.get(group);
  if (!joining) {
    joining = Member.join(group);
    members.set(group, joining);
    joining.catch(() => members.delete(group));
  }
  const member = await joining;
  member.users++;
  return member;
}

class Member {
  readonly receivers = new Set<ReceiverEvents>();
  users = 0;
  private readonly group: string;
  private readonly handle: CpgHandle;
  private isIn = false;
  private ended = false;
  private broken: Error | null = null;

  static async join(group: string): Promise<Member> {
    if (group.length > GROUP_CHARACTERS_MAX) throw channelError('ENAMETOOLONG', group);
    const member = new Member(group);
    try {
      await member.enter();
      return member;
    } catch (error) {
      member.end();
      throw error;
    }
  }

  private constructor(group: string) {
    this.group = group;
    this.handle = openCpg({
      message: (bytes) => {
        for (const { deliver } of this.receivers) deliver(bytes);
      },
      changed: () => {
        this.isIn = true;
      },
    });
  }

  async send(vectors: readonly Uint8Array[]): Promise<void> {
    refuseLarger(lengthOf(vectors), MESSAGE_BYTES_MAX);
    while (!this.handle.send(vectors)) {
      if (this.broken) throw this.broken;
      // It tries again when this process has taken what waits for it.
      this.look();
      await sleep(PAUSE_MS);
    }
  }

  /** When the last user has left, the process leaves the group. */
  async leave(): Promise<void> {
    this.users--;
    if (this.users > 0) return;
    members.delete(this.group);
    this.end();
  }

  private async enter(): Promise<void> {
    const untilMs = monotonicMs() + JOIN_MS_MAX;
    while (!this.handle.join(this.group)) {
      if (monotonicMs() > untilMs) throw channelError('ETIMEDOUT', 'corosync lets nobody join');
      await sleep(PAUSE_MS);
    }
    while (!this.isIn) {
      this.handle.dispatch();
      if (monotonicMs() > untilMs) throw channelError('ETIMEDOUT', 'corosync lets nobody join');
      await sleep(PAUSE_MS);
    }
    void this.listen();
  }

  private async listen(): Promise<void> {
    while (!this.ended && !this.broken) {
      this.look();
      await sleep(PAUSE_MS);
    }
  }

  private look(): void {
    if (this.ended || this.broken) return;
    try {
      this.handle.dispatch();
    } catch (error) {
      this.broken = error as Error;
      for (const { failed } of this.receivers) failed(this.broken);
    }
  }

  private end(): void {
    if (!this.ended) this.handle.finish();
    this.ended = true;
  }
}
