// The program of the case `lost-fragment`, two processes: members of a cluster that bring their
// checkpoints to each other. A sender announces each checkpoint and then sends its sections; a
// receiver that is given a section of a checkpoint that it has never heard of aborts, as the
// original did. Both record what they send and are handed, and nothing else: that recording is all
// that is left of the receiver.
//
// Run as:  receive FILE                  tells its endpoint by IPC
//          send FILE URL ENDPOINT

import { packedChannel } from '../../channel/packed.ts';
import { frameRoom } from '../../channel/packing.ts';
import { openRecorder } from '../../recorder/recorder.ts';

const ROUNDS = 24;
const SECTIONS = 3;
/** The round in which a message ends with an empty vector and just fills its frame. */
const GUILTY_ROUND = 17;
const FRAME_BYTES = 1472;
const HEAD_BYTES = 12;
const KINDS = { state: 1, checkpoint: 2, section: 3 } as const;
type Kind = keyof typeof KINDS;

const SETTING = { name: 'checkpoints' };
const [, , role, path = ''] = process.argv;

/** Identifier, kind and checkpoint of a message, before its body. */
function headOf(id: number, kind: Kind, checkpoint: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(id, 0);
  head.writeUInt32LE(KINDS[kind], 4);
  head.writeUInt32LE(checkpoint, 8);
  return head;
}

async function receive(): Promise<void> {
  const { record } = openRecorder({
    path,
    name: 'receiver',
    events: {
      delivered: [
        ['id', 'u32'],
        ['bytes', 'u32', 'B'],
      ],
      unknown: [
        ['id', 'u32'],
        ['checkpoint', 'u32'],
      ],
    },
  });
  const announced = new Set<number>();
  const deliver = (bytes: Uint8Array) => {
    const message = Buffer.from(bytes);
    const [id, kind, checkpoint] = [0, 4, 8].map((at) => message.readUInt32LE(at)) as [
      number,
      number,
      number,
    ];
    record.delivered(id, message.length);
    if (kind === KINDS.checkpoint) announced.add(checkpoint);
    if (kind !== KINDS.section || announced.has(checkpoint)) return;
    record.unknown(id, checkpoint);
    process.abort();
  };
  const failed = (error: Error) => {
    throw error;
  };
  const { endpoint } = await packedChannel.openReceiver(
    { ...SETTING, url: 'packed:' },
    { deliver, failed },
    [],
  );
  process.send?.(endpoint);
  process.on('disconnect', () => process.exit(0));
}

async function send(url: string, endpoint: string): Promise<void> {
  const { record } = openRecorder({
    path,
    name: 'sender',
    events: {
      sent: [
        ['id', 'u32'],
        ['bytes', 'u32', 'B'],
        ['vectors', 'u8'],
      ],
    },
  });
  const channel = await packedChannel.openSender({ ...SETTING, url }, [endpoint]);
  let id = 0;
  const sent = async (kind: Kind, checkpoint: number, rest: readonly Uint8Array[]) => {
    const vectors = [headOf(++id, kind, checkpoint), ...rest];
    record.sent(
      id,
      vectors.reduce((sum, { length }) => sum + length, 0),
      vectors.length,
    );
    await channel.send(vectors);
    // Each message has its frames to itself, as on a network with little to do.
    await new Promise(setImmediate);
  };
  for (let round = 1; round <= ROUNDS; round++) {
    const bytes = round === GUILTY_ROUND ? frameRoom(FRAME_BYTES) - HEAD_BYTES : 40 * round;
    await sent('state', 0, [Buffer.alloc(bytes, round), new Uint8Array(0)]);
    await sent('checkpoint', round, [Buffer.alloc(16, round)]);
    for (let section = 0; section < SECTIONS; section++) {
      await sent('section', round, [Buffer.alloc(200, section)]);
    }
  }
  await channel.close();
}

if (role === 'receive') await receive();
else await send(process.argv[4] as string, process.argv[5] as string);
