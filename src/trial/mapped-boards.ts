// Boards that actors in processes of their own share: numbers in a memory file, which each process
// maps. The file has no name and so leaves nothing behind, however the hunt ends; others open it
// through /proc.

import { assert } from '../base/assert.ts';
import { cLibrary, mapOpenFile } from '../base/c-library.ts';

type Board = Int32Array<ArrayBufferLike>;

/** In the place of a board, in an assignment that goes to a process. */
interface BoardAddress {
  readonly mappedBoard: string;
  readonly bytes: number;
}

/** Room for any workload: a page of numbers. */
const BOARD_BYTES = 4096;

export class MappedBoards {
  /** Kept for the trials to come: a mapping stays for good. */
  private readonly all: { readonly board: Board; readonly fd: number }[] = [];
  private lent = 0;

  /** The boards of the trial before may be had again. */
  reset(): void {
    this.lent = 0;
  }

  /** All zeros. @throws Error where memory cannot be shared */
  take(slots: number): Board {
    assert(4 * slots <= BOARD_BYTES, `a board of ${slots} slots`);
    const { board } = this.all[this.lent] ?? this.make();
    this.lent++;
    return board.fill(0);
  }

  /** The assignment with the address of each board in its place. */
  addressed(assignment: object): object {
    const pairs = Object.entries(assignment).map(([name, value]) => {
      const known = this.all.find(({ board }) => board === value);
      if (!known) return [name, value];
      const mappedBoard = `/proc/${process.pid}/fd/${known.fd}`;
      return [name, { mappedBoard, bytes: BOARD_BYTES } satisfies BoardAddress];
    });
    return Object.fromEntries(pairs);
  }

  private make(): { readonly board: Board; readonly fd: number } {
    const library = cLibrary();
    if (typeof library === 'string') throw new Error(library);
    const fd = library.memoryFile('heisenwrite-board', BOARD_BYTES);
    const made = { board: new Int32Array(library.map(fd, BOARD_BYTES)), fd };
    this.all.push(made);
    return made;
  }
}

const opened = new Map<string, Board>();

/** In the process of an actor: the assignment with its boards. @throws Error */
export function withBoards(assignment: object): object {
  const pairs = Object.entries(assignment).map(([name, value]) => {
    if (!isAddress(value)) return [name, value];
    const { mappedBoard, bytes } = value;
    const board = opened.get(mappedBoard) ?? new Int32Array(mapOpenFile(mappedBoard, bytes));
    opened.set(mappedBoard, board);
    return [name, board];
  });
  return Object.fromEntries(pairs);
}

function isAddress(value: unknown): value is BoardAddress {
  return typeof value === 'object' && value !== null && 'mappedBoard' in value;
}
