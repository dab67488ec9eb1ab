// One connection of a client through the S3 proxy to a real radosgw, byte by byte: what no fault
// can be about passes beside what one is about, and answers keep the order of their requests.

import { connect, type Socket } from 'node:net';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { type FaultyS3, onFaultyS3 } from './faulty-s3.ts';

const s3Test = onFaultyS3();
const PATIENCE_MS = 10_000;

/** What a client of one connection sees. */
class BareClient {
  readonly socket: Socket;
  #text = '';
  #isOver = false;
  #told: () => void = () => undefined;

  constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint);
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1');
      this.#told();
    });
    this.socket.on('error', () => undefined);
    for (const end of ['end', 'close']) {
      this.socket.on(end, () => {
        this.#isOver = true;
        this.#told();
      });
    }
  }

  send(...texts: readonly string[]): void {
    this.socket.write(texts.join(''));
  }

  /** The next answers, as `status body`; fewer where the connection ends before. */
  async answers(count: number): Promise<string[]> {
    const found: string[] = [];
    const timer = setTimeout(() => this.socket.destroy(), PATIENCE_MS);
    while (found.length < count) {
      const match = /^HTTP\/1\.1 (\d+).*?content-length: (\d+).*?\r\n\r\n/is.exec(this.#text);
      const end = match ? match[0].length + Number(match[2]) : Number.POSITIVE_INFINITY;
      if (match && this.#text.length >= end) {
        found.push(`${match[1]} ${this.#text.slice(match[0].length, end)}`.trim().slice(0, 20));
        this.#text = this.#text.slice(end);
      } else if (this.#isOver) break;
      else {
        await new Promise<void>((resolve) => {
          this.#told = resolve;
        });
      }
    }
    clearTimeout(timer);
    return found;
  }
}

/** Objects that anybody may read: no signature stands in the way of what is sent here. */
async function shared({ sdk, server }: FaultyS3): Promise<void> {
  for (const name of ['one', 'two']) {
    const object = { Bucket: server.bucket, Key: name, Body: `content ${name}` };
    await sdk.send(new PutObjectCommand({ ...object, ACL: 'public-read' }));
  }
}

type Counts = Readonly<Record<'connections' | 'requests', number>>;

const get = (name: string) => `GET /hunts/${name} HTTP/1.1\r\nHost: any\r\n\r\n`;
const TWO_FAILS = 'errno:op=read,path=/hunts/two,errno=EAGAIN';
const [ONE, TWO] = ['200 content one', '200 content two'];
const REFUSED = expect.stringMatching(/^503/);

describe('one connection', () => {
  s3Test('passes and is attended to by turns', async (setting) => {
    await shared(setting);
    const before = setting.counts() as Counts;
    const client = new BareClient(setting.endpoint);
    for (const [faults, second] of [
      [[], TWO],
      [[TWO_FAILS], REFUSED],
      [['latency:op=read,time=1ms'], TWO],
      [[TWO_FAILS], REFUSED],
      [[], TWO],
    ] as const) {
      setting.plant(...faults);
      for (const [name, answer] of [
        ['one', ONE],
        ['two', second],
        ['one', ONE],
      ] as const) {
        client.send(get(name));
        expect(await client.answers(1)).toEqual([answer]);
      }
    }
    const { connections, requests } = setting.counts() as Counts;
    expect(connections - before.connections).toBe(1);
    expect(requests - before.requests).toBe(15);
    client.socket.destroy();
  });

  s3Test('answers come in the order of requests that are sent all at once', async (setting) => {
    await shared(setting);
    const client = new BareClient(setting.endpoint);
    const all = ['one', 'two', 'one', 'two', 'two', 'one'];
    for (const [faults, second] of [
      [[], TWO],
      [[TWO_FAILS], REFUSED],
    ] as const) {
      setting.plant(...faults);
      client.send(...all.map(get));
      const answers = all.map((name) => (name === 'one' ? ONE : second));
      expect(await client.answers(all.length)).toEqual(answers);
    }
    client.socket.destroy();
  });
});

describe('heads', () => {
  s3Test('a fault that is set in the midst of a head is for the next request', async (setting) => {
    await shared(setting);
    const client = new BareClient(setting.endpoint);
    const head = get('two');
    client.send(head.slice(0, 15));
    // It is long there by then, though nothing would tell.
    await new Promise((resolve) => setTimeout(resolve, 200));
    setting.plant(TWO_FAILS);
    client.send(head.slice(15), head.slice(0, 15));
    expect(await client.answers(1)).toEqual([TWO]);
    // This one was held: it could still have been meant.
    setting.faults.clear();
    client.send(head.slice(15));
    expect(await client.answers(1)).toEqual([TWO]);
    client.socket.destroy();
  });

  s3Test('a whole URL, as for an HTTP proxy, and the end of a client', async (setting) => {
    await shared(setting);
    const client = new BareClient(setting.endpoint);
    client.send(get('one').replace('/hunts', 'http://elsewhere.test/hunts'), get('two'));
    expect(await client.answers(2)).toEqual([ONE, TWO]);
    client.send(get('one').replace('Host: any', 'Host: any\r\nConnection: close'));
    expect(await client.answers(2)).toEqual([ONE]);
    setting.plant('latency:op=read,time=1ms');
    const other = new BareClient(setting.endpoint);
    other.send(get('two').replace('Host: any', 'Host: any\r\nConnection: close'));
    expect(await other.answers(2)).toEqual([TWO]);
  });
});
