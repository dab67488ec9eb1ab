// What a client does when a server says "later", says nothing, or says it too late.

import { expect, test } from 'vitest';
import { NfsError } from '../../../src/medium/nfs-error.ts';
import type { Procedure } from '../../../src/medium/nfs-library.ts';
import { NfsSpan, type TransportSource } from '../../../src/medium/nfs-span.ts';
import type { NfsTransport } from '../../../src/medium/nfs-transport.ts';

type Reply = () => Promise<object>;

/** Each request gets the next reply. */
function spanOver(...replies: Reply[]): { span: NfsSpan; asked: Procedure[] } {
  const asked: Procedure[] = [];
  const transport: Pick<NfsTransport, 'call' | 'copy'> = {
    call: async (procedure, _args, take) => {
      asked.push(procedure);
      return take((await (replies.shift() as Reply)()) as never);
    },
    copy: (_, into) => into.fill(7).length,
  };
  const source = { root: new Uint8Array(4), current: transport, transportFor: () => transport };
  return { span: new NfsSpan(source as unknown as TransportSource), asked };
}

const later: Reply = () => Promise.reject(new NfsError('WRITE', 'NFS3ERR_JUKEBOX', 'later'));
const silence: Reply = () => new Promise(() => undefined);
const saying =
  (word: string): Reply =>
  () =>
    Promise.resolve({ word });
const wordOf = (ok: object) => (ok as { word: string }).word;

test.each(['WRITE', 'READ'] as const)('JUKEBOX: %s is sent again', async (procedure) => {
  const { span, asked } = spanOver(later, later, saying('done'));
  expect(await span.call(procedure, {}, wordOf)).toBe('done');
  expect(asked).toEqual([procedure, procedure, procedure]);
});

test('JUKEBOX again and again is an error of that name', async () => {
  const { span, asked } = spanOver(later, later, later, later, later);
  await expect(span.call('CREATE', {}, wordOf)).rejects.toMatchObject({ code: 'NFS3ERR_JUKEBOX' });
  expect(asked.length).toBe(5);
});

test('without an answer READ is asked again, and only the first answer is looked at', async () => {
  let answerFirst: (reply: object) => void = () => undefined;
  const first: Reply = () =>
    new Promise((resolve) => {
      answerFirst = resolve;
    });
  const { span, asked } = spanOver(first, saying('second'));
  const taken: string[] = [];
  const answer = span.call('READ', {}, (ok) => {
    taken.push(wordOf(ok));
    return wordOf(ok);
  });
  expect(await answer).toBe('second');
  answerFirst({ word: 'first' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(taken).toEqual(['second']);
  expect(asked).toEqual(['READ', 'READ']);
});

test('a change is never sent twice, and nothing is sent after the end', async () => {
  const { span, asked } = spanOver(silence, silence, silence);
  void span.call('WRITE', {}, wordOf);
  void span.call('READ', {}, wordOf);
  await new Promise((resolve) => setTimeout(resolve, 900));
  span.end();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(asked).toEqual(['WRITE', 'READ']);
  await expect(span.call('LOOKUP', {}, wordOf)).rejects.toMatchObject({ code: 'ECANCELED' });
  expect(span.copy({}, new Uint8Array(4))).toBe(0);
});
