// Offsets in page 0 of the memory, which src/stamp/kernel.ts writes, and the constants of the
// format that the kernels need (src/stamp/layout.ts says why they are so).

/** Words 0, 1, 2, 3 (without the block index) and 4 of the header. */
export const AT_MAGIC: usize = 0;
export const AT_SETTINGS: usize = 8;
export const AT_HUNT: usize = 16;
export const AT_WRITER: usize = 24;
export const AT_FILE_BYTES: usize = 32;
export const AT_TIME: usize = 40;
/** Progression: what words are xor-ed with. Random: the key of the hunt. */
export const AT_KEY: usize = 48;
/** Progression: from word to word; at word 0 of generation 0; from generation to generation. */
export const AT_STEP: usize = 56;
export const AT_BASE: usize = 64;
export const AT_GENERATION_UNIT: usize = 72;
export const AT_GENERATION_MASK: usize = 80;
export const AT_KIND: usize = 88;
export const AT_BLOCK_BYTES: usize = 92;

/** 512 bytes: the period of the periodic patterns. */
export const AT_PERIOD: usize = 1024;
/** 64 bytes: a line of text without its offset. */
export const AT_TEXT: usize = 2048;
/** 64 bytes: the line or header that ought to be there, when looking for the first wrong byte. */
export const AT_SCRATCH: usize = 4096;

export const KIND_PROGRESSION: u32 = 0;
export const KIND_PERIOD: u32 = 1;
export const KIND_TEXT: u32 = 2;

export const PATTERN_ALTERNATING: u32 = 1;
export const PATTERN_ONES: u32 = 2;
export const PATTERN_ZEROS: u32 = 3;

export const HEADER_BYTES: u32 = 64;
export const LINE_BYTES: u32 = 64;
export const PERIOD_BYTES: u32 = 512;

export const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
export const POISON_WORD: u64 = 0xa5c3_5a3c_e187_781e;
