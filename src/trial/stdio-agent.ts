// The other end of an actor over ssh: calls are read from standard input, replies written to
// standard output, until the input ends.

import { once } from 'node:events';
import { frameOf, frameReader } from '../base/frames.ts';
import { type ActorCall, serve } from './actor-service.ts';
import type { AgentHello } from './ssh-actor.ts';

/** Resolves when the hunt has gone. */
export async function serveOverStdio(version: string): Promise<void> {
  const { stdin, stdout } = process;
  const hello: AgentHello = { hello: 'heisenwrite agent', version };
  stdout.write(frameOf(hello));
  const answer = serve('agent', null, (reply) => void stdout.write(frameOf(reply)));
  const read = frameReader((call) => answer(call as ActorCall));
  stdin.on('data', (piece: Buffer) => read(piece));
  await once(stdin, 'end');
}
