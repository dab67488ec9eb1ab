// How tests reach a block medium: confirmed by its own name, or refused with an error of ours.

import { HeisenwriteError } from '../../src/domain/errors.ts';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { blockAdapter } from '../../src/medium/block.ts';
import { makeImage } from './loop-device.ts';

export function connectDevice(path: string, destroyDataOn = path): Promise<MediumConnection> {
  return blockAdapter.connect(`block:${path}`, { destroyDataOn });
}

export async function refused(connecting: Promise<MediumConnection>): Promise<HeisenwriteError> {
  const outcome: unknown = await connecting.then(
    ({ client }) => client.close().then(() => new Error('it was opened')),
    (error: unknown) => error,
  );
  if (outcome instanceof HeisenwriteError) return outcome;
  throw outcome;
}

export async function onImage(bytes: number, act: (image: string) => Promise<void>): Promise<void> {
  const { image, remove } = makeImage(bytes);
  try {
    await act(image);
  } finally {
    remove();
  }
}
