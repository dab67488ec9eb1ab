// The stamped block: 64 bytes of header, then a body in which every 64-bit word is self-describing.
// All numbers are little-endian.
//
//   0        8      9      10      11    12      16       24       26   28           32
//   +--------+------+------+-------+-----+-------+--------+--------+----+------------+
//   | magic  | vers | shift|pattern|flags| file  |  hunt  | writer | 0  | blockIndex |
//   +--------+------+------+-------+-----+-------+--------+--------+----+------------+
//   32          40           48              56          64
//   +-----------+------------+---------------+-----------+--------- - - -
//   | fileBytes | generation | timeWrittenNs | checksum  | body words
//   +-----------+------------+---------------+-----------+--------- - - -
//
// magic        begins with a byte above 127 and holds CR LF, SUB and LF, as PNG's does, so that a
//              text-mode transfer, a 7-bit path or a newline conversion damages it visibly.
// shift        log2 of the block size, 9 (512 B) to 20 (1 MiB).
// fileBytes    the length that the whole file is meant to have, so that a truncated file is known
//              to be truncated without its original; 0 where that is not stated.
// checksum     XXH64 (seed 0) of bytes 0 to 55.
//
// Body, pattern `stamp`: the word at file offset 8 i is
//
//   w(i) = ((file mod 2^10) << 54 | (generation mod 2^14) << 40 | i) * WORD_MULTIPLIER  xor
// key(hunt)
//
// modulo 2^64. The multiplier is odd, so that any 8 aligned bytes, alone, give back file,
// generation and place: multiply by the inverse. It is a *sum* from word to word (w(i) ^ key grows
// by the multiplier), so that making and checking need no 64-bit multiplication, which SSE has not
// got. A word is nobody's when what it decodes to cannot be: no such file, generation or place.
// Among 2^64 values those that can be are few (1 GiB, 100 generations, 1 file: one in 2^30).
//
// key(hunt) is the first number of splitmix64 from the hunt number.
//
// The plain patterns give up this self-description where a fault depends on the data; the header
// keeps it. Word i of generation g, with all arithmetic modulo 2^64:
//
//   alternating  all ones where i + g is even, else zeros     ones, zeros   as they say
//   walking      the one bit (i + g) mod 64                   counter       (g << 40) + i
//   text         lines of 64 bytes, numbers in hexadecimal, the first 12 digits of the hunt:
//                "<16: file offset> file <8> generation <8> <12: hunt>\n"
//   random       number i of splitmix64 from key(hunt, file, g) =
//                finish(finish(key(hunt) + file + GAMMA) + g + GAMMA), GAMMA = WORD_MULTIPLIER
//
// Block index is i * 8 / blockBytes; blocks lie at multiples of the block size; the last block of a
// file may be cut.

import type { Pattern } from '../domain/observation.ts';

export const MAGIC_BYTES = Uint8Array.of(0x89, 0x48, 0x57, 0x53, 0x0d, 0x0a, 0x1a, 0x0a);
export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 64;
export const BLOCK_BYTES_MIN = 512;
export const BLOCK_BYTES_MAX = 1024 * 1024;

export const OFFSET_VERSION = 8;
export const OFFSET_SHIFT = 9;
export const OFFSET_PATTERN = 10;
export const OFFSET_FILE = 12;
export const OFFSET_HUNT = 16;
export const OFFSET_WRITER = 24;
export const OFFSET_BLOCK_INDEX = 28;
export const OFFSET_FILE_BYTES = 32;
export const OFFSET_GENERATION = 40;
export const OFFSET_TIME = 48;
export const OFFSET_CHECKSUM = 56;

export const INDEX_BITS = 40n;
export const GENERATION_BITS = 14n;
export const FILE_BITS = 10n;
/** Files longer than this cannot be stamped (8 TiB: 2^40 words). */
export const FILE_BYTES_MAX = 8 * 2 ** 40;
/** Nor can files of more blocks than a 32-bit index counts: 2 TiB in blocks of 512 bytes. */
export const BLOCKS_MAX = 2 ** 32;
/** A line of pattern `text`. Bodies are a whole number of lines and begin with one. */
export const TEXT_LINE_BYTES = 64;

/** Odd, with well-spread bits (the fractional part of the golden ratio, as in splitmix64). */
export const WORD_MULTIPLIER = 0x9e3779b97f4a7c15n;
/** WORD_MULTIPLIER * WORD_INVERSE = 1 modulo 2^64. */
export const WORD_INVERSE = 0xf1de83e19937733dn;

/** Fills read buffers before a read; no stamped word of a plausible place has this value. */
export const POISON_WORD = 0xa5c3_5a3c_e187_781en;

/** Number of a pattern in the header. Never renumber: files outlive versions. */
export const PATTERN_NUMBERS: Readonly<Record<Pattern, number>> = {
  stamp: 0,
  alternating: 1,
  ones: 2,
  zeros: 3,
  walking: 4,
  counter: 5,
  text: 6,
  random: 7,
};
