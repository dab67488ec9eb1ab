// WRITEs of one session that were acknowledged and are sent when their file is closed or made
// durable.

import type { CallPlan } from './call-plan.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';
import { SSH_FX_OK } from './status.ts';

/** Beyond this all are sent. */
const DELAYED_BYTES_MAX = 64 * 1024 * 1024;

export class DelayedWrites {
  readonly #files: OpenFiles;
  readonly #send: (packet: Buffer, file: OpenFile) => void;
  #bytes = 0;

  constructor(files: OpenFiles, send: (packet: Buffer, file: OpenFile) => void) {
    this.#files = files;
    this.#send = send;
  }

  add(plan: CallPlan, file: OpenFile): void {
    file.delayed.push(plan.packet);
    this.#bytes += plan.packet.length;
    plan.isForwarded = false;
    plan.status ??= SSH_FX_OK;
    if (this.#bytes > DELAYED_BYTES_MAX) this.sendAll();
  }

  sendAll(): void {
    for (const file of this.#files.delayed()) this.sendOf(file);
  }

  sendOf(file: OpenFile): void {
    const packets = file.delayed.splice(0);
    if (file.delayedUntil === 'reversed') packets.reverse();
    for (const packet of packets) {
      this.#bytes -= packet.length;
      this.#send(packet, file);
    }
  }
}
