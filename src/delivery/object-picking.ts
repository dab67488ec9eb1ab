// Picking up where nothing can be renamed: the claim object of the name is put if it is absent,
// which one alone can do. Publishers take the same claim before their last request, so that what
// was read is what is removed.

import { isAbsent } from '../medium/operation-error.ts';
import { mediumContent } from './content.ts';
import { finishDelivered, releaseClaim, removeGoneClaims, takeClaim } from './object-claim.ts';
import { attempt, candidates, lookAt, type Picking, type Promised, whyLeft } from './picking.ts';
import { newSign } from './sign.ts';

export async function pickObjects(picking: Picking): Promise<void> {
  const { place, staleMs } = picking;
  await removeGoneClaims(place.client, { sign: newSign(), staleMs });
  for (const name of candidates(await place.client.names('/'), picking.trust)) {
    await attempt(picking, name, async () => {
      const found = await lookAt(picking, name);
      if (typeof found === 'string') picking.waiting.push({ name, why: found });
      else if (found) await pickOne(picking, name);
    });
  }
}

async function pickOne(picking: Picking, name: string): Promise<void> {
  const { place, staleMs } = picking;
  const { client } = place;
  const claim = await takeClaim(client, name, { sign: newSign(), staleMs });
  if (claim === null) return;
  try {
    await picking.step('claimed', name);
    if (claim.wasDelivered) {
      await finishDelivered(client, claim);
      return;
    }
    // It may have been picked up, or replaced, before the claim was ours.
    const promised = await lookAt(picking, name);
    if (typeof promised === 'string') picking.waiting.push({ name, why: promised });
    else if (promised && (await delivered(picking, promised))) {
      await picking.step('delivered', name);
      await finishDelivered(client, claim);
      await picking.step('removed', name);
    }
  } finally {
    await releaseClaim(client, claim);
  }
  await picking.step('released', name);
}

async function delivered(picking: Picking, { name, bytes, sha256 }: Promised): Promise<boolean> {
  const { client } = picking.place;
  try {
    const content = mediumContent(client, `/${name}`, bytes, sha256);
    picking.picked.push({ name, bytes, sha256: await picking.deliver(name, content) });
    return true;
  } catch (error) {
    // No publisher of ours replaces what is claimed, but another program may remove it.
    const why = isAbsent(error) ? 'it went away while it was read' : whyLeft(error);
    if (why === null) throw error;
    picking.waiting.push({ name, why });
    return false;
  }
}
