// `heisenwrite proxy PROTOCOL --to HOST:PORT`: stands between a client and its server until it is
// told to end, and says what it plants.

import { EXIT_CLEAN } from '../domain/errors.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import type { ArmedFaults } from '../fault/armed-faults.ts';
import { serveControl } from '../fault/control-server.ts';
import { endpointText, parseEndpoint } from '../fault/endpoint.ts';
import type { RunningProxy } from '../fault/fault-proxy.ts';
import {
  beginServing,
  eventLine,
  firedOf,
  type ServingArguments,
  sayFired,
  settingLines,
} from './fault-serving.ts';
import { type ProtocolOptions, proxyOf } from './proxy-protocols.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.proxy/1';

export interface ProxyArguments extends ProtocolOptions, ServingArguments {
  readonly to: string;
  readonly listen?: string;
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
  const voice = given.json ? jsonVoice(terminal) : plainVoice(terminal);
  const { plantable, admit } = proxy;
  const server = { plantable, where: `the ${protocol} proxy`, admit };
  const serving = await beginServing(given, server, (receipt) => voice.receipt(receipt));
  const { faults, seed, rng } = serving;
  const { note } = voice;
  const running = await proxy.start({ listen, to, faults, rng: rng.fork('proxy'), note });
  const name = `${protocol}:${running.listening.port}`;
  const about = { server: 'proxy', name, at: endpointText(to) } as const;
  const control = await serveControl(faults, about).catch(async (error) => {
    await running.close();
    throw error;
  });
  const listening = endpointText(running.listening);
  voice.listening({ protocol, name, listen: listening, to: about.at, seed }, faults);
  await serving.told;
  await control.close();
  await running.close();
  await serving.end();
  voice.ended(running, faults);
  return EXIT_CLEAN;
}

interface Beginning {
  readonly protocol: string;
  /** What `heisenwrite fault` knows it by. */
  readonly name: string;
  readonly listen: string;
  readonly to: string;
  readonly seed: string;
}

/** What it says of itself while it runs. */
interface Voice {
  listening(beginning: Beginning, faults: ArmedFaults): void;
  receipt(receipt: FaultReceipt): void;
  note(text: string): void;
  ended(proxy: RunningProxy, faults: ArmedFaults): void;
}

function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) => void out.write(eventLine(SCHEMA, event, more));
  return {
    listening: (beginning, faults) =>
      say('listening', { ...beginning, faults: faults.list().map(({ fault }) => fault.text) }),
    receipt: (receipt) => say('receipt', receipt),
    note: (text) => say('note', { text }),
    ended: (proxy, faults) => say('ended', { counts: proxy.counts(), faults: firedOf(faults) }),
  };
}

function plainVoice(terminal: Terminal): Voice {
  const say = (line: string) => void terminal.err.write(`${line}\n`);
  return {
    listening({ protocol, name, listen, to, seed }, faults) {
      terminal.print(`${protocol} proxy on ${listen}, to ${to} (seed ${seed})`);
      for (const line of settingLines(faults)) terminal.print(line);
      terminal.print(
        `while it runs: heisenwrite fault set ${name} --fault FAULT; fault list; fault clear`,
      );
    },
    receipt: () => undefined,
    note: say,
    ended(proxy, faults) {
      const counts = Object.entries(proxy.counts()).map(([name, count]) => `${name} ${count}`);
      say(`ended: ${counts.join(', ')}`);
      sayFired(faults, terminal);
    },
  };
}
