// Where an actor on this host lives: the entry of a worker thread or of a forked process.

import { parentPort, workerData } from 'node:worker_threads';
import { cLibrary } from '../base/c-library.ts';
import { type ActorCall, type ActorReply, serve } from './actor-service.ts';
import { withBoards } from './mapped-boards.ts';

if (parentPort) {
  const port = parentPort;
  const { name, recordings } = workerData as { name: string; recordings: string | null };
  port.on(
    'message',
    serve(name, recordings, (reply) => port.postMessage(reply)),
  );
} else {
  // A role that loops until its trial is over hears of no disconnect.
  const library = cLibrary();
  if (typeof library !== 'string') library.endWithParent();
  const post = (reply: ActorReply) => void process.send?.(reply);
  const [, , name = 'actor', recordings = null] = process.argv;
  const take = serve(name, recordings, post);
  process.on('message', (message) => {
    const call = message as ActorCall;
    take({ ...call, assignment: withBoards(call.assignment) });
  });
  process.on('disconnect', () => process.exit(0));
}
