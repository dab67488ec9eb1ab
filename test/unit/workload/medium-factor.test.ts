// Levels that are media: what is taken, and what is refused before anything could be stored.

import { expect, test } from 'vitest';
import { parseLevel } from '../../../src/plan/level.ts';
import { mediaFactor, mediaOf, mediumFactor } from '../../../src/workload/medium-factor.ts';
import { refusalOf } from '../plan/workshop.ts';

const FACTOR = mediumFactor('forward', 'somewhere else');
const parsed = (written: string) => parseLevel(FACTOR, written, '--factor forward');
const SEVERAL = mediaFactor('forward', 'one behind another');
const parsedSeveral = (written: string) =>
  mediaOf(String(parseLevel(SEVERAL, written, '--factor forward')));

test.each([
  ['none', 'none'],
  ['/srv/drop', 'file:///srv/drop'],
  ['/srv/a b#c', 'file:///srv/a%20b%23c'],
  ['/srv/a,b', 'file:///srv/a%2Cb'],
  ['sftp://me@host/drop', 'sftp://me@host/drop'],
  ['nfs://host/export?version=3', 'nfs://host/export?version=3'],
  ['s3://bucket/x', 's3://bucket/x'],
  ['file:///srv/drop', 'file:///srv/drop'],
])('%s is %s', (written, level) => {
  expect(parsed(written)).toBe(level);
});

test.each(['drop', './drop', '~/drop', 'Sftp'])('%s is no medium', (written) => {
  const { code, message } = refusalOf(() => parsed(written));
  expect(code).toBe('unknown-level');
  expect(message).toContain(`--factor forward: "${written}" is neither none nor an absolute path`);
});

test.each(['sftp://me:open-sesame@host/drop', 's3://bucket/x?secret_access_key=open-sesame'])(
  '%s is refused, in words that do not repeat the secret',
  (written) => {
    const { code, message } = refusalOf(() => parsed(written));
    expect(code).toBe('invalid-place');
    expect(message).not.toContain('open-sesame');
  },
);

test.each<[string, string[]]>([
  ['none', []],
  ['/srv/drop', ['file:///srv/drop']],
  ['/srv/drop -> s3://bucket/x', ['file:///srv/drop', 's3://bucket/x']],
  [
    'sftp://me@host/drop  -> /srv/a,b -> nfs://host/export',
    ['sftp://me@host/drop', 'file:///srv/a%2Cb', 'nfs://host/export'],
  ],
])('%s names, one after another, %j', (written, media) => {
  expect(parsedSeveral(written)).toEqual(media);
});

test.each([
  ['/srv/drop -> drop', '"drop" is neither none nor an absolute path'],
  ['/srv/drop -> ', '"" is neither none nor an absolute path'],
  ['none -> /srv/drop', '"none" is no medium that comes before or after another'],
  ['/srv/drop -> none', '"none" is no medium that comes before or after another'],
])('%s is refused', (written, message) => {
  const refusal = refusalOf(() => parsedSeveral(written));
  expect(refusal.code).toBe('unknown-level');
  expect(refusal.message).toContain(message);
});

test('a secret is refused wherever it stands', () => {
  const written = '/srv/drop -> sftp://me:open-sesame@host/drop';
  const { code, message } = refusalOf(() => parsedSeveral(written));
  expect(code).toBe('invalid-place');
  expect(message).not.toContain('open-sesame');
});
