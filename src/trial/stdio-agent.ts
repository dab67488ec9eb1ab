// The other end of an actor over ssh: calls are read from standard input, replies written to
// standard output, until the input ends. What it records stays here until the hunt asks for it.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { frameOf, frameReader } from '../base/frames.ts';
import { readClockNs } from '../recorder/clock.ts';
import { type ActorCall, serve } from './actor-service.ts';
import type { FromAgent, ToAgent } from './agent-messages.ts';
import { makeRecordingsPlace, takeRecordings } from './recordings-place.ts';

/** Resolves when the hunt has gone. */
export async function serveOverStdio(version: string): Promise<void> {
  const { stdin, stdout } = process;
  const say = (message: FromAgent) => void stdout.write(frameOf(message));
  let recordings: string | null = null;
  process.on('exit', () => {
    if (recordings !== null) rmSync(recordings, { recursive: true, force: true });
  });
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(0));
  let answer: (call: ActorCall) => void = () => undefined;
  const read = frameReader((frame) => {
    const message = frame as ToAgent;
    if (!('ask' in message)) answer(message);
    else if (message.ask === 'clock') say({ answer: 'clock', ns: readClockNs() });
    else if (message.ask === 'begin') {
      recordings = message.records ? makeRecordingsPlace('agent') : null;
      answer = serve(message.name, recordings, say);
    } else {
      say({ answer: 'recordings', taken: recordings === null ? [] : takeRecordings(recordings) });
    }
  });
  say({ hello: 'heisenwrite agent', version });
  stdin.on('data', (piece: Buffer) => read(piece));
  await once(stdin, 'end');
}
