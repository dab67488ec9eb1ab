// `heisenwrite proxy PROTOCOL --to HOST:PORT`: stands between a client and its server until it is
// told to end, and says what it plants.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createRng, freshSeed } from '../base/rng.ts';
import { EXIT_CLEAN, HeisenwriteError } from '../domain/errors.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import { parseFault } from '../domain/fault-grammar.ts';
import { ArmedFaults } from '../fault/armed-faults.ts';
import { serveControl } from '../fault/control-server.ts';
import { endpointText, parseEndpoint } from '../fault/endpoint.ts';
import type { RunningProxy } from '../fault/fault-proxy.ts';
import { type ProtocolOptions, proxyOf } from './proxy-protocols.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.proxy/1';
const WAKING = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export interface ProxyArguments extends ProtocolOptions {
  readonly to: string;
  readonly listen?: string;
  readonly fault?: readonly string[];
  readonly seed?: string;
  readonly receipts?: string;
  readonly json?: boolean;
}

/**
 * @returns the exit code, once it was told to end
 * @throws HeisenwriteError invalid-option, invalid-fault
 */
export async function runProxy(
  protocol: string,
  given: ProxyArguments,
  terminal: Terminal,
): Promise<number> {
  const proxy = await proxyOf(protocol, given);
  const to = parseEndpoint('--to', given.to, 1);
  const listen = parseEndpoint('--listen', given.listen ?? '127.0.0.1:0', 0);
  const wanted = (given.fault ?? []).map(parseFault);
  const seed = given.seed ?? freshSeed();
  const rng = createRng(seed);
  const voice = given.json ? jsonVoice(terminal) : plainVoice(terminal);
  const file = given.receipts === undefined ? null : await receiptsFile(given.receipts);
  const faults = new ArmedFaults(
    proxy.plantable,
    `the ${protocol} proxy`,
    rng.fork('faults'),
    (receipt) => {
      voice.receipt(receipt);
      file?.write(`${JSON.stringify(receipt)}\n`);
    },
    proxy.admit,
  );
  for (const fault of wanted) faults.set(fault);
  const ended = untilToldToEnd();
  const wake = (signal: string) => void faults.signalled(signal);
  for (const signal of WAKING) process.on(signal, wake);
  const { note } = voice;
  const running = await proxy.start({ listen, to, faults, rng: rng.fork('proxy'), note });
  const name = `${protocol}:${running.listening.port}`;
  const about = { server: 'proxy', name, at: endpointText(to) } as const;
  const control = await serveControl(faults, about).catch(async (error) => {
    await running.close();
    throw error;
  });
  voice.listening({
    protocol,
    name,
    listen: endpointText(running.listening),
    to: endpointText(to),
    seed,
    faults: faults.list().map(({ fault }) => fault.text),
  });
  await ended;
  await control.close();
  await running.close();
  for (const signal of WAKING) process.off(signal, wake);
  if (file) await new Promise<void>((resolve) => file.end(resolve));
  voice.ended(running, faults);
  return EXIT_CLEAN;
}

async function receiptsFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: 'a' });
  await once(file, 'open').catch((error: Error) => {
    throw new HeisenwriteError('invalid-option', `--receipts ${path}: ${error.message}`, {
      remedy: 'give a file in a directory that is there and that this user may write to',
    });
  });
  return file;
}

function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
}

interface Beginning {
  readonly protocol: string;
  /** What `heisenwrite fault` knows it by. */
  readonly name: string;
  readonly listen: string;
  readonly to: string;
  readonly seed: string;
  readonly faults: readonly string[];
}

/** What it says of itself while it runs. */
interface Voice {
  listening(beginning: Beginning): void;
  receipt(receipt: FaultReceipt): void;
  note(text: string): void;
  ended(proxy: RunningProxy, faults: ArmedFaults): void;
}

function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) =>
    void out.write(`${JSON.stringify({ schema: SCHEMA, event, ...more })}\n`);
  return {
    listening: (beginning) => say('listening', beginning),
    receipt: (receipt) => say('receipt', receipt),
    note: (text) => say('note', { text }),
    ended: (proxy, faults) => say('ended', { counts: proxy.counts(), faults: firedOf(faults) }),
  };
}

function plainVoice(terminal: Terminal): Voice {
  const say = (line: string) => void terminal.err.write(`${line}\n`);
  return {
    listening({ protocol, name, listen, to, seed, faults }) {
      terminal.print(`${protocol} proxy on ${listen}, to ${to} (seed ${seed})`);
      for (const [index, text] of faults.entries()) terminal.print(`fault ${index + 1}: ${text}`);
      if (faults.length === 0) terminal.print('no fault is set: everything passes');
      terminal.print(
        `while it runs: heisenwrite fault set ${name} --fault FAULT; fault list; fault clear`,
      );
    },
    receipt: () => undefined,
    note: say,
    ended(proxy, faults) {
      const counts = Object.entries(proxy.counts()).map(([name, count]) => `${name} ${count}`);
      say(`ended: ${counts.join(', ')}`);
      for (const { number, text, fired } of firedOf(faults)) {
        say(`fault ${number} fired ${fired} times: ${text}`);
      }
    },
  };
}

function firedOf(faults: ArmedFaults) {
  return faults.list().map(({ number, fault, matched, fired }) => {
    return { number, text: fault.text, matched, fired };
  });
}
