// The keys that are offered to a server, in the order of ssh(1): those of the agent first, then the
// key files. What could not be offered is kept as words, since "permission denied" alone does not
// say that the one right key was encrypted.

import { readFileSync } from 'node:fs';
import ssh2, { type AnyAuthMethod, type BaseAgent, type ParsedKey } from 'ssh2';
import { errnoOf } from '../domain/errors.ts';
import { readOptional } from './sftp-files.ts';
import type { SshSettings } from './sftp-settings.ts';

export interface Offer {
  readonly methods: readonly AnyAuthMethod[];
  /** What is offered, and what is not and why; for the message when all was refused. */
  readonly words: readonly string[];
}

interface Identity {
  readonly file: string;
  readonly key: ParsedKey | null;
  /** In wire format, also of a key that is encrypted, where `FILE.pub` tells. */
  readonly publicKey: Buffer | null;
  readonly words: string | null;
}

export async function offerOf(settings: SshSettings): Promise<Offer> {
  const { user: username } = settings;
  const identities = settings.identityFiles.map((file) => loadIdentity(file, settings));
  const methods: AnyAuthMethod[] = [];
  const words: string[] = [];
  const agentKeys = await askAgent(settings, identities);
  if (typeof agentKeys === 'string') words.push(agentKeys);
  else if (agentKeys.keys.length > 0) {
    const { keys, agent } = agentKeys;
    methods.push({ type: 'agent', username, agent: onlyWith(agent, keys) });
    words.push(`${keys.length} of the SSH agent`);
  }
  const inAgent = typeof agentKeys === 'string' ? [] : agentKeys.keys;
  for (const { file, key, publicKey, words: because } of identities) {
    if (publicKey && inAgent.some((each) => each.equals(publicKey))) continue;
    if (key) methods.push({ type: 'publickey', username, key });
    if (key) words.push(file);
    else if (because) words.push(because);
  }
  return { methods, words };
}

function loadIdentity(file: string, settings: SshSettings): Identity {
  const publicKey = wireFormat(parsedKey(readOptional(`${file}.pub`)));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    const isExpected = errno === 'ENOENT' && !settings.identitiesNamed;
    return { file, key: null, publicKey, words: isExpected ? null : `not ${file} (${errno})` };
  }
  const key = parsedKey(text);
  if (key instanceof Error) {
    const isEncrypted = /passphrase|encrypted/i.test(key.message);
    const words = isEncrypted
      ? `not ${file}, which is encrypted (load it into the SSH agent: ssh-add ${file})`
      : `not ${file} (${key.message})`;
    return { file, key: null, publicKey, words };
  }
  if (!key.isPrivateKey()) {
    return { file, key: null, publicKey: wireFormat(key), words: `not ${file}, a public key` };
  }
  return { file, key, publicKey: wireFormat(key), words: null };
}

/** The types say that there is one key; older formats give a list. */
function parsedKey(text: string): ParsedKey | Error {
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text);
  return (Array.isArray(parsed) ? parsed[0] : parsed) ?? new Error('there is no key in it');
}

function wireFormat(key: ParsedKey | Error): Buffer | null {
  return key instanceof Error ? null : key.getPublicSSH();
}

/** Keys of the agent that may be offered, those of the identity files first; or why not. */
async function askAgent(
  { agentSocket, identitiesOnly }: SshSettings,
  identities: readonly Identity[],
): Promise<{ agent: BaseAgent; keys: readonly Buffer[] } | string> {
  if (agentSocket === null) return 'none of an SSH agent (SSH_AUTH_SOCK is not set)';
  const agent = ssh2.createAgent(agentSocket);
  const all = await new Promise<Buffer[] | Error>((resolve) => {
    agent.getIdentities((error, keys) => {
      const wire = (keys ?? []).flatMap((key) => {
        const isKey = typeof key === 'object' && 'getPublicSSH' in key;
        return isKey ? [key.getPublicSSH()] : [];
      });
      resolve(error ?? wire);
    });
  });
  if (all instanceof Error) return `none of the SSH agent at ${agentSocket} (${all.message})`;
  const isNamed = (key: Buffer) => identities.some(({ publicKey }) => publicKey?.equals(key));
  const named = all.filter(isNamed);
  const keys = identitiesOnly ? named : [...named, ...all.filter((key) => !isNamed(key))];
  return { agent, keys };
}

/** Offers `keys` in their order, so that a server's limit of tries is not spent on others. */
function onlyWith(agent: BaseAgent, keys: readonly Buffer[]): BaseAgent {
  const chosen: BaseAgent = Object.create(agent);
  chosen.getIdentities = (answer) => answer(undefined, [...keys]);
  return chosen;
}
