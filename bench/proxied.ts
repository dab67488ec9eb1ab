// A proxy as its users run it, a process of its own, for a benchmark; and the time of one small
// call through it and beside it by turns, since a machine drifts by more than a proxy adds.

import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { median } from './ratio.ts';

const MAIN = new URL('../scripts/from-source.mjs', import.meta.url).pathname;

export interface ProxyProcess {
  /** The port of the loopback on which it listens. */
  readonly port: number;
  /** Lines of JSON that it said before it listened. */
  readonly notes: readonly string[];
  end(): Promise<void>;
}

/** Starts `heisenwrite proxy WORDS` and waits until it listens. */
export async function startProxy(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProxyProcess> {
  const child = execa(process.execPath, [MAIN, 'proxy', ...words, '--json'], {
    env,
    reject: false,
    stderr: 'inherit',
    buffer: false,
  });
  const notes: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { event: string; listen?: string; text?: string };
    if (said.text !== undefined) notes.push(said.text);
    if (said.event !== 'listening') continue;
    child.stdout.resume();
    const port = Number(/:(\d+)$/.exec(said.listen ?? '')?.[1]);
    return {
      port,
      notes,
      async end() {
        child.kill('SIGTERM');
        await child;
      },
    };
  }
  await child;
  throw new Error('the proxy ended before it listened');
}

export interface Latency {
  readonly name: string;
  readonly directMs: number;
  readonly proxiedMs: number;
}

/** Medians of one small call, direct and proxied by turns. */
export async function compareLatency(
  name: string,
  calls: number,
  direct: () => Promise<unknown>,
  proxied: () => Promise<unknown>,
): Promise<Latency> {
  const times: Record<'direct' | 'proxied', number[]> = { direct: [], proxied: [] };
  for (let call = 0; call < calls; call++) {
    for (const [side, act] of [
      ['direct', direct],
      ['proxied', proxied],
    ] as const) {
      const startedMs = monotonicMs();
      await act();
      // The first ones warm up.
      if (call >= calls / 10) times[side].push(monotonicMs() - startedMs);
    }
  }
  return { name, directMs: median(times.direct), proxiedMs: median(times.proxied) };
}
