// Ports that are free, and that the kernel gives to nobody meanwhile.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, freePorts } from '../../../src/fleet/free-ports.ts';

test('so many, all different, and a server can listen on each', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});

test('below those that a program is given that asks for any', async () => {
  const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/);
  for (const port of await freePorts(20)) expect(port).toBeLessThan(Number(first));
});

test('one on which somebody listens is not among them', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    expect(await freePorts(200)).not.toContain(port);
  } finally {
    server.close();
  }
});
