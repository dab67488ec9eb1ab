// publish and pickUp on a disk that is full, and in a folder that nobody may write to.

import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pickUp, publish } from '../../src/index.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { refusal } from './delivery-setting.ts';
import { onTmpfs } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

test('a full disk: nothing is left, and it works once there is space', (context) => {
  requireOrSkip(context, 'root');
  return inDirectory((root) =>
    onTmpfs('size=2M', async (place) => {
      const file = join(root, 'large');
      writeFileSync(file, new Uint8Array(3 * 2 ** 20));
      const said = await refusal(publish(file, place));
      expect(said.code).toBe('no-space');
      expect(readdirSync(place)).toEqual([]);
      truncateSync(file, 2 ** 20);
      await publish(file, place);
      const into = join(root, 'into');
      mkdirSync(into);
      expect((await pickUp(place, { into })).picked).toHaveLength(1);
    }),
  );
});

test('a full disk where it goes: the file is given back', (context) => {
  requireOrSkip(context, 'root');
  return inDirectory((root) =>
    onTmpfs('size=2M', async (into) => {
      const [drop, file] = [join(root, 'drop'), join(root, 'large')];
      mkdirSync(drop);
      writeFileSync(file, new Uint8Array(3 * 2 ** 20));
      await publish(file, drop);
      expect((await refusal(pickUp(drop, { into }))).code).toBe('no-space');
      expect(readdirSync(drop)).toEqual(['large', 'large.ready']);
      expect(readdirSync(into)).toEqual([]);
    }),
  );
});

test('a folder that one may not write to', (context) => {
  requireOrSkip(context, 'root');
  return inDirectory((root) =>
    onTmpfs('size=2M,ro', async (place) => {
      const file = join(root, 'a');
      writeFileSync(file, 'a');
      expect((await refusal(publish(file, place))).code).toBe('place-not-writable');
      expect((await refusal(publish(file, join(root, 'nowhere')))).code).toBe('no-such-place');
      expect((await refusal(publish(join(root, 'nothing'), root))).code).toBe('no-such-file');
    }),
  );
});
