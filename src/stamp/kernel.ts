// The compiled kernel (kernels/stamp.ts) over a memory that is also the I/O buffer: filled,
// written, read and checked in place, and page-aligned, as O_DIRECT asks for. Page 0 of the memory
// carries the parameters at the offsets of kernels/parameters.ts, the data area begins at page 1.
// The memory never grows after that, so views of it stay valid.

import { readFileSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Pattern, StampStream } from '../domain/observation.ts';
import {
  FILE_BITS,
  FORMAT_VERSION,
  GENERATION_BITS,
  INDEX_BITS,
  MAGIC_BYTES,
  PATTERN_NUMBERS,
  WORD_MULTIPLIER,
} from './layout.ts';
import { keyOf } from './reference.ts';

export interface StampKernel {
  /** Page-aligned data area over WebAssembly.Memory, usable for O_DIRECT I/O; never detached. */
  readonly memory: Uint8Array;
  /** Selects the stream that the following calls encode and check. Cheap; called per file. */
  use(stream: StampStream): void;
  /** Writes blocks [firstBlock, firstBlock + blocks) at data-area offset `at`, a multiple of 8. */
  encode(at: number, firstBlock: number, blocks: number, generation: number, timeNs: bigint): void;
  /**
   * First byte (relative to `at`) that is not as it should be, or -1. Any time in a header is right
   * if the checksum is. `bytes` may end inside a block and starts at the start of a block.
   */
  check(at: number, firstBlock: number, bytes: number, generation: number): number;
  /**
   * Hot path of polling readers: the generation of a block that is whole, i.e. a header valid for
   * this stream (of any writer) and this block index, and the whole body of that generation; -1
   * otherwise. No allocation, no BigInt.
   */
  checkUnit(at: number, block: number): number;
  /** Fills with POISON_WORD: stride 8 everything, 512 the last word of each sector and of all. */
  poison(at: number, bytes: number, strideBytes: number): void;
  /** 53-bit fold of the bytes, to notice that a source buffer changed. */
  checksum(at: number, bytes: number): number;
}

interface KernelExports {
  prepare(): void;
  encode(at: number, firstBlock: number, blocks: number, generation: number): void;
  check(at: number, firstBlock: number, bytes: number, generation: number): number;
  checkUnit(at: number, block: number): number;
  poison(at: number, bytes: number, strideBytes: number): void;
  checksum(at: number, bytes: number): number;
}

const WASM_PAGE_BYTES = 65_536;
/** Page 0 holds the parameters. */
const DATA_AT = WASM_PAGE_BYTES;
/** 64-bit parameters in order, from offset 0: AT_MAGIC to AT_GENERATION_MASK. */
const TIME_SLOT = 5;
const KIND_SLOT_32 = 22;
const BLOCK_BYTES_SLOT_32 = 23;

const KINDS: Readonly<Record<Pattern, number>> = {
  stamp: 0,
  counter: 0,
  alternating: 1,
  ones: 1,
  zeros: 1,
  walking: 1,
  text: 2,
  random: 3,
};

const MAGIC_WORD = new DataView(MAGIC_BYTES.buffer).getBigUint64(0, true);

/** In the package dist/stamp lies beside dist/kernels; in a checkout src/stamp does not. */
const WASM_PLACES = ['../kernels/stamp.wasm', '../../dist/kernels/stamp.wasm'];

let compiled: WebAssembly.Module | undefined;

function loadModule(): WebAssembly.Module {
  for (const place of WASM_PLACES) {
    try {
      return new WebAssembly.Module(readFileSync(new URL(place, import.meta.url)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new HeisenwriteError('missing-component', 'the compiled stamp kernel is not there', {
    remedy: 'build it with `npm run build:kernels`',
  });
}

/**
 * Synchronous; compiles the module once per thread.
 * @param dataBytes multiple of 4096, up to 1 GiB
 * @throws HeisenwriteError missing-component
 */
export function createStampKernel(dataBytes: number): StampKernel {
  assert(dataBytes > 0 && dataBytes <= 2 ** 30 && dataBytes % 4096 === 0, 'size of the data area');
  compiled ??= loadModule();
  const pages = Math.ceil(dataBytes / WASM_PAGE_BYTES) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return kernelOver(memory, instance.exports as unknown as KernelExports, dataBytes);
}

function kernelOver(
  memory: WebAssembly.Memory,
  wasm: KernelExports,
  dataBytes: number,
): StampKernel {
  const words = new BigUint64Array(memory.buffer, 0, 12);
  const halves = new Uint32Array(memory.buffer, 0, 24);
  let blockBytes = 0;
  const inside = (at: number, bytes: number) =>
    assert(at >= 0 && bytes >= 0 && at + bytes <= dataBytes && at % 8 === 0, 'inside the memory');
  return {
    memory: new Uint8Array(memory.buffer, DATA_AT, dataBytes),
    use(stream) {
      blockBytes = stream.blockBytes;
      writeParameters(words, stream);
      halves[KIND_SLOT_32] = KINDS[stream.pattern];
      halves[BLOCK_BYTES_SLOT_32] = blockBytes;
      wasm.prepare();
    },
    encode(at, firstBlock, blocks, generation, timeNs) {
      inside(at, blocks * blockBytes);
      words[TIME_SLOT] = timeNs;
      wasm.encode(DATA_AT + at, firstBlock, blocks, generation);
    },
    check(at, firstBlock, bytes, generation) {
      inside(at, bytes);
      return wasm.check(DATA_AT + at, firstBlock, bytes, generation);
    },
    checkUnit(at, block) {
      inside(at, blockBytes);
      return wasm.checkUnit(DATA_AT + at, block);
    },
    poison(at, bytes, strideBytes) {
      inside(at, bytes);
      wasm.poison(DATA_AT + at, bytes, strideBytes);
    },
    checksum(at, bytes) {
      inside(at, bytes);
      return wasm.checksum(DATA_AT + at, bytes);
    },
  };
}

function writeParameters(words: BigUint64Array, stream: StampStream): void {
  const shift = Math.log2(stream.blockBytes);
  assert(Number.isInteger(shift) && shift >= 9 && shift <= 20, 'block size of the stream');
  const settings =
    BigInt(FORMAT_VERSION) |
    (BigInt(shift) << 8n) |
    (BigInt(PATTERN_NUMBERS[stream.pattern]) << 16n) |
    (BigInt(stream.file) << 32n);
  const stamped = stream.pattern === 'stamp';
  const file = BigInt.asUintN(Number(FILE_BITS), BigInt(stream.file));
  const step = stamped ? WORD_MULTIPLIER : 1n;
  const parameters = [
    MAGIC_WORD,
    settings,
    BigInt(`0x${stream.hunt}`),
    BigInt(stream.writer),
    BigInt(stream.fileBytes),
    0n,
    stream.pattern === 'counter' ? 0n : keyOf(stream.hunt),
    step,
    stamped ? (file << (GENERATION_BITS + INDEX_BITS)) * step : 0n,
    step << INDEX_BITS,
    stamped ? (1n << GENERATION_BITS) - 1n : (1n << (64n - INDEX_BITS)) - 1n,
  ];
  for (const [slot, value] of parameters.entries()) words[slot] = BigInt.asUintN(64, value);
}
