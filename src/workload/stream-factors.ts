// The factors of `stream`: the channel, who takes part, and the shape of the messages.

import { channelOf } from '../channel/channels.ts';
import type { ChannelAdapter } from '../domain/channel.ts';
import type { FactorDeclaration } from '../domain/plan.ts';

/** A zero-length vector among those of a message. */
export const EMPTIES = ['none', 'first', 'middle', 'last'] as const;
export type Empty = (typeof EMPTIES)[number];

const MESSAGE_BYTES_MAX = 1024 * 1024;

export function streamFactors(channels: readonly ChannelAdapter[]): FactorDeclaration[] {
  return [
    {
      name: 'channel',
      kind: 'text',
      about: 'what carries the messages: a name or an URL with options (docs/channels.md)',
      fallback: 'local',
      check: (text, where) => {
        channelOf(text, where, channels);
        return text;
      },
    },
    {
      name: 'senders',
      kind: 'count',
      about: 'how many send at a time',
      fallback: 2,
      min: 1,
      max: 64,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    {
      name: 'receivers',
      kind: 'count',
      about: 'how many are handed every message',
      fallback: 2,
      min: 1,
      max: 64,
      shrinks: true,
    },
    ...SHAPE_FACTORS,
    {
      name: 'count',
      kind: 'count',
      about: 'messages of each sender',
      fallback: 500,
      min: 1,
      max: 200_000,
      shrinks: true,
    },
    {
      name: 'rate',
      kind: 'count',
      about: 'messages a second of each sender; 0 for as fast as it goes',
      fallback: 0,
      min: 0,
      max: 1_000_000,
    },
    {
      name: 'deadline',
      kind: 'duration',
      about: 'a message that takes longer is late',
      fallback: 1000,
      min: 1,
      max: 3_600_000,
    },
    {
      name: 'drain',
      kind: 'duration',
      about: 'how long a receiver hears nothing before what has not come is lost',
      fallback: 1000,
      min: 10,
      max: 3_600_000,
    },
  ];
}

const SHAPE_FACTORS: readonly FactorDeclaration[] = [
  {
    name: 'size',
    kind: 'size',
    about: 'bytes of a message; with fit, the frames that hold so many',
    fallback: 256,
    min: 0,
    max: MESSAGE_BYTES_MAX,
    shrinks: true,
  },
  {
    name: 'frame',
    kind: 'size',
    about: 'bytes of a message that one frame of the channel holds; 0 where that is nothing to it',
    fallback: 0,
    min: 0,
    max: MESSAGE_BYTES_MAX,
  },
  {
    name: 'fit',
    kind: 'choice',
    about: 'how messages fill frames: one byte less, exactly, one more (free: as size says)',
    fallback: 'free',
    choices: ['free', 'under', 'exact', 'over'],
  },
  {
    name: 'vectors',
    kind: 'count',
    about: 'I/O vectors of a message that hold its bytes',
    fallback: 1,
    min: 1,
    max: 16,
    shrinks: true,
  },
  {
    name: 'empty',
    kind: 'choice',
    about: 'where a vector without bytes stands among them',
    fallback: 'none',
    choices: EMPTIES,
  },
  {
    name: 'every',
    kind: 'count',
    about: 'of so many messages one has that vector; 1 for all of them',
    fallback: 1,
    min: 1,
    max: 1000,
  },
];
