// A delivery where there is no rename but an object appears whole with its last request: one put,
// or an upload in parts. An upload that nobody completes shows in no listing of names, so that
// before it a sign is put, which says what is on its way; who finds it later knows what to give
// up.

import { createHash } from 'node:crypto';
import type { MediumFile, WriteManner } from '../domain/medium.ts';
import { CHUNK_BYTES } from './content.ts';
import { type Delivery, readBack } from './delivery.ts';
import { encodeMarker, markerOf } from './marker.ts';
import { type Claim, releaseClaim, removeFile, waitForClaim } from './object-claim.ts';
import { existsThere } from './refusals.ts';
import { encodeUpload, uploadSign } from './stale-uploads.ts';

/** Up to here one request carries the whole. */
const PUT_BYTES_MAX = 16 * 2 ** 20;
const PART_BYTES = 2 * CHUNK_BYTES;

/** @returns the SHA-256 of what was written. @throws HeisenwriteError, OperationError */
export async function deliverObject(delivery: Delivery): Promise<string> {
  const { place, content } = delivery;
  const isSmall = content.bytes <= PUT_BYTES_MAX && place.capabilities.atomicReplace;
  return isSmall ? putWhole(delivery) : upload(delivery);
}

/** The marker alone, of an object that is there, whole, under its name. */
export async function markObject(delivery: Delivery, sha256: string): Promise<void> {
  await withClaim(delivery, () => mark(delivery, sha256));
}

async function putWhole(delivery: Delivery): Promise<string> {
  const { content, place, name, words, used, replaces } = delivery;
  const whole = new Uint8Array(content.bytes);
  let offset = 0;
  for await (const chunk of content.chunks(CHUNK_BYTES)) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  const sha256 = createHash('sha256').update(whole).digest('hex');
  await content.check(sha256);
  await withClaim(delivery, async () => {
    const isConditional = !replaces && place.capabilities.conditionalPut;
    if (!replaces) await refuseExisting(delivery);
    await place.client.put(`/${name}`, whole, isConditional ? { when: 'absent' } : undefined);
    used.add(isConditional ? words.nameNew : words.nameOver);
    await finish(delivery, sha256);
  });
  return sha256;
}

async function upload(delivery: Delivery): Promise<string> {
  const { content, place, name, sign, used } = delivery;
  const { client } = place;
  const signPath = uploadSign(sign);
  const isMultipart = place.capabilities.multipart && client.uploads !== undefined;
  if (isMultipart) await client.put(signPath, encodeUpload({ name, uploadId: null }));
  let file: MediumFile | null = null;
  try {
    const manner = { stability: 'any', upload: isMultipart ? 'multipart' : 'any' } as const;
    file = await client.create(`/${name}`, { ...manner, totalBytes: content.bytes });
    const uploadId = file.uploadId ?? null;
    if (uploadId !== null) await client.put(signPath, encodeUpload({ name, uploadId }));
    await delivery.step('begun');
    const sha256 = await writeParts(delivery, file);
    await content.check(sha256);
    await complete(delivery, file, sha256);
    file = null;
    used.add(isMultipart ? 'CompleteMultipartUpload makes the whole visible' : 'one upload');
    return sha256;
  } finally {
    // Of what was not completed; the sign stays where that could not be given up.
    const id = file?.uploadId;
    const isGone = id === undefined || (await given(client.abandonUpload?.(`/${name}`, id)));
    if (isMultipart && isGone) await removeFile(client, signPath).catch(() => undefined);
  }
}

async function complete(delivery: Delivery, file: MediumFile, sha256: string): Promise<void> {
  await withClaim(delivery, async () => {
    if (!delivery.replaces) {
      await refuseExisting(delivery);
      delivery.missing.add(
        'an upload in parts is completed without a condition: that the name was free was looked ' +
          'at before, which keeps away other publishers, but no other program',
      );
    }
    await file.close();
    await finish(delivery, sha256);
  });
}

async function writeParts(delivery: Delivery, file: MediumFile): Promise<string> {
  const { content } = delivery;
  const hash = createHash('sha256');
  const partBytes = Math.max(PART_BYTES, Math.ceil(content.bytes / 10_000));
  let offset = 0;
  for await (const chunk of content.chunks(partBytes)) {
    hash.update(chunk);
    await file.write(offset, chunk);
    const isHalf = offset * 2 < content.bytes && (offset + chunk.length) * 2 >= content.bytes;
    offset += chunk.length;
    if (isHalf) await delivery.step('half');
  }
  await delivery.step('written');
  return hash.digest('hex');
}

async function finish(delivery: Delivery, sha256: string): Promise<void> {
  const { place, name, used, words, verifies, marks } = delivery;
  used.add(words.sync);
  await delivery.step('named');
  if (verifies) {
    try {
      await readBack(delivery, `/${name}`, sha256);
    } catch (error) {
      await removeFile(place.client, `/${name}`).catch(() => undefined);
      throw error;
    }
  }
  if (marks) await mark(delivery, sha256);
}

async function mark(delivery: Delivery, sha256: string): Promise<void> {
  const { place, name, content, used } = delivery;
  const text = encodeMarker({ name, bytes: content.bytes, sha256 });
  const path = `/${markerOf(name)}`;
  if (place.capabilities.atomicReplace) await place.client.put(path, text);
  else {
    const manner: WriteManner = { stability: 'any', upload: 'any', totalBytes: text.length };
    const file = await place.client.create(path, manner);
    await file.write(0, text);
    await file.close();
  }
  used.add(`a marker ${markerOf(name)} with length and SHA-256, written after the file`);
  await delivery.step('marked');
}

async function refuseExisting({ place, name }: Delivery): Promise<void> {
  if ((await place.client.status(`/${name}`)) !== null) throw existsThere(name, ', since a moment');
}

async function withClaim(delivery: Delivery, act: () => Promise<void>): Promise<void> {
  const { place, name, sign, staleMs, patienceMs, used, missing } = delivery;
  if (!place.capabilities.conditionalPut) {
    missing.add('no conditional put: two publishers of one name at once are not kept apart');
    return act();
  }
  const claimant = { sign, staleMs, patienceMs };
  const claim: Claim = await waitForClaim(place.client, name, claimant);
  used.add('a claim of the name (a put if absent) keeps other publishers and pickers away');
  try {
    await delivery.step('claimed');
    await act();
  } finally {
    await releaseClaim(place.client, claim).catch(() => undefined);
  }
}

function given(abandoned: Promise<void> | undefined): Promise<boolean> {
  return Promise.resolve(abandoned).then(
    () => true,
    () => false,
  );
}
