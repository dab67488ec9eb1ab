// What every test of the contract of media gets: a connection of its own, a directory of its own on
// the medium, stamped content to write and a check of what was read. Real stamps are used because
// they tell a block of another file, place or generation from the right one.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumClient,
  MediumConnection,
  WriteManner,
} from '../../src/domain/medium.ts';
import type { StampStream } from '../../src/domain/observation.ts';
import { OperationError } from '../../src/medium/operation-error.ts';
import { createStampKernel } from '../../src/stamp/kernel.ts';
import { missing, type Requirement, requireOrSkip } from '../real/requirements.ts';

export interface StartedMedium {
  readonly url: string;
  readonly adapter: MediumAdapter;
  /** For the second client, where it reaches the same files by another way. */
  readonly secondUrl?: string;
  readonly options?: ConnectOptions;
  stop(): Promise<void>;
}

/** One test's view of the medium. */
export interface MediumSetting {
  readonly client: MediumClient;
  readonly capabilities: MediumCapabilities;
  /** A directory of this test alone; it exists, and is removed with the test. */
  readonly directory: string;
  /** Another connection to the same files, closed with the test. */
  connect(): Promise<MediumConnection>;
}

export type ContractTest = (name: string, body: (setting: MediumSetting) => Promise<void>) => void;

/** Starts the medium before the first test of this file's describe, stops it after the last. */
export function contractTest(
  start: () => Promise<StartedMedium>,
  requirements: readonly Requirement[],
): ContractTest {
  let started: StartedMedium | null = null;
  let tests = 0;
  beforeAll(async () => {
    if (requirements.every((each) => missing(each) === null)) started = await start();
  });
  afterAll(() => started?.stop());
  return (name, body) =>
    test(name, async (context) => {
      requireOrSkip(context, ...requirements);
      if (!started) throw new Error('the medium was not started');
      const { url, secondUrl = url, adapter, options } = started;
      const connections: MediumConnection[] = [];
      const connectTo = async (place: string): Promise<MediumConnection> => {
        const connection = await adapter.connect(place, options);
        connections.push(connection);
        return connection;
      };
      const directory = `/contract-${tests++}`;
      try {
        const { client, capabilities } = await connectTo(url);
        await client.makeDirectory(directory);
        await body({ client, capabilities, directory, connect: () => connectTo(secondUrl) });
        await client.removeTree(directory);
      } finally {
        await Promise.all(connections.map(({ client }) => client.close()));
      }
    });
}

export function anyManner(totalBytes: number): WriteManner {
  return { stability: 'any', upload: 'any', totalBytes };
}

const BLOCK_BYTES = 512;
const kernel = createStampKernel(8 * 2 ** 20);

function streamOf(file: number): StampStream {
  const hunt = '00000000c0ffee00';
  return { hunt, file, writer: 1, blockBytes: BLOCK_BYTES, pattern: 'stamp', fileBytes: 0 };
}

/** @param bytes up to 8 MiB; may end inside a block */
export function stamped(file: number, bytes: number, generation = 1): Uint8Array {
  kernel.use(streamOf(file));
  kernel.encode(0, 0, Math.ceil(bytes / BLOCK_BYTES), generation, 0n);
  return kernel.memory.slice(0, bytes);
}

/** Fails with the offset of the first wrong byte. */
export function expectStamped(found: Uint8Array, file: number, bytes: number, generation = 1) {
  expect(found.length).toBe(bytes);
  kernel.use(streamOf(file));
  kernel.memory.set(found);
  const wrong = kernel.check(0, 0, bytes, generation);
  expect({ file, generation, wrong }).toEqual({ file, generation, wrong: -1 });
}

/** A whole file, in order, by writes of `chunkBytes`. */
export async function writeWhole(
  client: MediumClient,
  path: string,
  content: Uint8Array,
  chunkBytes = 256 * 1024,
): Promise<void> {
  const file = await client.create(path, anyManner(content.length));
  for (let at = 0; at < content.length; at += chunkBytes) {
    await file.write(at, content.subarray(at, at + chunkBytes));
  }
  await file.close();
}

export async function readWhole(client: MediumClient, path: string): Promise<Uint8Array> {
  const length = await client.length(path);
  if (length === null) throw new Error(`${path} is not there`);
  const content = new Uint8Array(length).fill(POISON);
  for (let at = 0; at < length; ) {
    const came = await client.read(path, at, content.subarray(at, at + 2 ** 20));
    if (came === 0) throw new Error(`${path} ended at ${at} of ${length} bytes`);
    at += came;
  }
  return content;
}

/** In buffers before a read, so that a byte that was never filled is seen. */
export const POISON = 0xa5;

/** The OperationError that a call is refused with; anything else fails the test. */
export async function refusal(call: Promise<unknown>): Promise<OperationError> {
  const outcome = await call.then(
    () => new Error('it was done, not refused'),
    (error: unknown) => error,
  );
  if (!(outcome instanceof OperationError)) throw outcome;
  expect(outcome.operation).toMatch(/\w/);
  expect(outcome.errno).toMatch(/^\w+$/);
  return outcome;
}

/** What a medium cannot do it must say, never silently do something else. */
export async function expectUnsupported(call: Promise<unknown>): Promise<void> {
  expect((await refusal(call)).errno).toBe('UNSUPPORTED');
}
