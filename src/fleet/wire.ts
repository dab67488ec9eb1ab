// What crosses between a hunt and its agent in a guest: JSON, one document a line, so that a
// conversation can be read in a log. Bytes cross in base64, and a board that actors share becomes
// one board for all actors on the other side.

/** Of the board that actors share: an Int32Array over shared memory. */
type Board = Int32Array<SharedArrayBuffer>;

export interface Boards {
  /** A number that stands for this board in every message to come. */
  numberOf(board: Board): number;
  /** The board with this number, made with these values where there is none yet. */
  boardOf(number: number, values: readonly number[]): Board;
}

type Marked =
  | { readonly $bytes: string }
  | { readonly $bigint: string }
  | { readonly $board: number; readonly values: readonly number[] };

export function toLine(message: object, boards: Boards): string {
  const mark = function (this: Record<string, unknown>, key: string, value: unknown): unknown {
    // JSON.stringify has asked Buffer.toJSON already; the holder still has the bytes.
    const raw = this[key];
    if (isBoard(raw)) return { $board: boards.numberOf(raw), values: [...raw] };
    if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString('base64') };
    if (typeof raw === 'bigint') return { $bigint: String(raw) };
    return value;
  };
  return `${JSON.stringify(message, mark)}\n`;
}

/** @throws SyntaxError for what is not JSON */
export function fromLine(line: string, boards: Boards): unknown {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const marked = value as Partial<Marked>;
    if ('$bytes' in marked) return bytesOf(marked.$bytes as string);
    if ('$bigint' in marked) return BigInt(marked.$bigint as string);
    if ('$board' in marked) return boards.boardOf(marked.$board as number, marked.values ?? []);
    return value;
  });
}

/** Over memory of its own, as a small Buffer shares the memory of others. */
function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function isBoard(value: unknown): value is Board {
  return value instanceof Int32Array && value.buffer instanceof SharedArrayBuffer;
}

export function sharedBoard(values: readonly number[]): Board {
  const board = new Int32Array(new SharedArrayBuffer(4 * values.length));
  board.set(values);
  return board;
}

/** Calls `take` with every whole line, in order, however the bytes were cut. */
export function lineReader(take: (line: string) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  return (piece) => {
    let from = 0;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
      pieces.push(piece.subarray(from, at));
      take(Buffer.concat(pieces).toString('utf8'));
      pieces = [];
      from = at + 1;
    }
    pieces.push(piece.subarray(from));
  };
}
