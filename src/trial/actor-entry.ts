// Where an actor on this host lives: the entry of a worker thread or of a forked process.

import { parentPort, workerData } from 'node:worker_threads';
import { type ActorReply, serve } from './actor-service.ts';

if (parentPort) {
  const port = parentPort;
  const { name } = workerData as { name: string };
  port.on(
    'message',
    serve(name, (reply) => port.postMessage(reply)),
  );
} else {
  const post = (reply: ActorReply) => void process.send?.(reply);
  process.on('message', serve(process.argv[2] ?? 'actor', post) as (call: unknown) => void);
  process.on('disconnect', () => process.exit(0));
}
