// `proxy`: its options and help.

import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { several } from './several.ts';

const PROXY_HELP = `
Examples:
  heisenwrite proxy nfs --to filer:2049 --listen 127.0.0.1:20490
  heisenwrite proxy nfs --to filer:2049 --fault verifier:skip=100,count=1
  heisenwrite proxy nfs --to filer:2049 --fault flip:op=write,mask=0xffffffff,probability=1/300
  heisenwrite proxy nfs --to filer:2049 --fault errno:op=write,errno=EACCES,signal=SIGHUP,for=200ms
  heisenwrite proxy sftp --to files:22 --authorized-keys ~/.ssh/id_ed25519.pub --fault stale
  heisenwrite proxy s3 --to rgw:7480 --fault errno:op=write,errno=EAGAIN,for=2s,every=30s
  heisenwrite proxy tcp --to db:5432 --fault latency:time=20ms,jitter=5ms --fault rate:bytes=1MiB

It runs until Ctrl-C. Without --listen it takes a free port of 127.0.0.1 and says which. A fault is
KIND:key=value,... (docs/faults.md); which kinds each protocol can plant is in docs/proxies.md, and
said when one is asked for that it cannot. While it runs: heisenwrite fault set, list, clear.

SIGHUP, SIGUSR1 and SIGUSR2 do not end it: they wake the faults that wait for them (signal=SIGHUP).

Exit: 0 ended by Ctrl-C or SIGTERM, 2 usage.`;

/** Declares it; the program is loaded when it is called. */
export function proxyCommand(
  root: Command,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  root
    .command('proxy')
    .description('faults between any client and its server, which stay as they are')
    .argument('<protocol>', 'what is spoken between the two')
    .requiredOption('--to <host:port>', 'the server; an IPv6 address in brackets: [::1]:2049')
    .option('--listen <host:port>', 'where the client connects to (default: 127.0.0.1:0)')
    .option('--fault <fault>', 'KIND:key=value,..., repeatable', several)
    .option('--seed <seed>', 'repeat the decisions of an earlier run (not its outcomes)')
    .option('--receipts <file>', 'append a line of JSON for each fault that fired')
    .option('--user <name>', 'sftp: who logs in at the server (default: as ssh would)')
    .option(
      '--host-key <file>',
      'sftp: private key to show to clients (default: made for this run)',
    )
    .option(
      '--authorized-keys <file>',
      'sftp: public keys that are let in (default: ~/.ssh/authorized_keys)',
    )
    .option('--tls', 's3: the server speaks HTTPS (clients speak HTTP to the proxy)')
    .option('--domain <name>', 's3: buckets are in the name of the host: BUCKET.NAME')
    .option('--sign', 's3: sign what a fault has changed with your own AWS credentials')
    .option('--json', 'print JSON lines: where it listens, receipts, notes, the end')
    .addHelpText('after', PROXY_HELP)
    .action(async (protocol: string, options) => {
      const { runProxy } = await import('../proxy.ts');
      exit(await runProxy(protocol, options, terminal));
    });
}
