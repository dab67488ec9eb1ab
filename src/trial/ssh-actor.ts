// An actor on another host: `heisenwrite agent` there, started over ssh, with calls and replies as
// frames on its standard input and output. OpenSSH's own client is used, with all that the user has
// set up for it; HEISENWRITE_SSH gives another command, as GIT_SSH_COMMAND does for git.

import { spawn } from 'node:child_process';
import { frameOf, frameReader } from '../base/frames.ts';
import type { ActorCall, ActorReply } from './actor-service.ts';

/** Kept of what ssh and the agent say, for the reason why an actor was lost. */
const COMPLAINT_BYTES = 2000;

/** The first frame of an agent. */
export interface AgentHello {
  readonly hello: 'heisenwrite agent';
  readonly version: string;
}

interface SshActor {
  readonly post: (call: ActorCall) => void;
  readonly end: () => void;
}

/**
 * @param destination as of ssh(1): `host`, `user@host`, an alias of ssh_config(5)
 * @param version of this program; another one there is refused, as roles must be the same
 * @param lost told once, with the reason
 */
export function sshActor(
  name: string,
  destination: string,
  version: string,
  take: (reply: ActorReply) => void,
  lost: (reason: string) => void,
): SshActor {
  const [program = 'ssh', ...before] = (process.env.HEISENWRITE_SSH ?? 'ssh').split(/\s+/);
  const remote = ['heisenwrite', 'agent'];
  const options = ['-T', '-o', 'BatchMode=yes', '--', destination, ...remote];
  const child = spawn(program, [...before, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  const losing = (reason: string) => {
    child.kill('SIGTERM');
    lost(`${name} on ${destination}: ${reason}`);
  };
  let complaints = '';
  let greeted = false;
  const read = frameReader((frame) => {
    if (greeted) {
      take(frame as ActorReply);
      return;
    }
    const { hello, version: theirs } = frame as Partial<AgentHello>;
    greeted = hello === 'heisenwrite agent' && theirs === version;
    if (!greeted) losing(`heisenwrite ${theirs} there, ${version} here: install the same one`);
  });
  child.stdout.on('data', (piece: Buffer) => {
    try {
      read(piece);
    } catch (error) {
      losing(`what came is not from heisenwrite agent (${(error as Error).message})`);
    }
  });
  child.stderr.on('data', (piece: Buffer) => {
    complaints = (complaints + piece.toString('utf8')).slice(-COMPLAINT_BYTES);
  });
  // A child that is gone says why by its end.
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => losing(`${program} could not be started: ${error.message}`));
  child.on('close', (code, signal) => {
    const said = complaints.trim().split('\n').at(-1);
    losing(`ssh ended with ${signal ?? code}${said ? `: ${said}` : ''}`);
  });
  return {
    post: (call) => void child.stdin.write(frameOf(call)),
    end: () => void child.kill('SIGTERM'),
  };
}
