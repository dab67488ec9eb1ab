// XXH64 (seed 0) of the first 56 bytes of a header (https://github.com/Cyan4973/xxHash, xxh64 in
// doc/xxhash_spec.md). Only the words 3 (place), 5 (generation) and 6 (time) vary inside a file, so
// what the others contribute is computed once: 9 multiplications in a row are left of 20.

const PRIME1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME4: u64 = 0x85eb_ca77_c2b2_ae63;
const LENGTH: u64 = 56;

let lanesSum: u64 = 0;
let lane1: u64 = 0;
let lane2: u64 = 0;
let lane3: u64 = 0;
let fileBytesRound: u64 = 0;
let generationRound: u64 = 0;

// @ts-ignore: decorator
@inline
function round(accumulator: u64, input: u64): u64 {
  return rotl<u64>(accumulator + input * PRIME2, 31) * PRIME1;
}

/** Words 0, 1, 2 and 4 of the header. */
export function lanesPrepare(magic: u64, settings: u64, hunt: u64, fileBytes: u64): void {
  const first = round(PRIME1 + PRIME2, magic);
  const second = round(PRIME2, settings);
  const third = round(0, hunt);
  lanesSum = rotl<u64>(first, 1) + rotl<u64>(second, 7) + rotl<u64>(third, 12);
  lane1 = round(0, first);
  lane2 = round(0, second);
  lane3 = round(0, third);
  fileBytesRound = round(0, fileBytes);
}

export function selectGeneration(generation: u64): void {
  generationRound = round(0, generation);
}

/** @param place word 3 of the header: writer and block index. */
export function headerChecksum(place: u64, time: u64): u64 {
  const fourth = round(0 - PRIME1, place);
  let hash = lanesSum + rotl<u64>(fourth, 18);
  hash = (hash ^ lane1) * PRIME1 + PRIME4;
  hash = (hash ^ lane2) * PRIME1 + PRIME4;
  hash = (hash ^ lane3) * PRIME1 + PRIME4;
  hash = (hash ^ round(0, fourth)) * PRIME1 + PRIME4;
  hash += LENGTH;
  hash = rotl<u64>(hash ^ fileBytesRound, 27) * PRIME1 + PRIME4;
  hash = rotl<u64>(hash ^ generationRound, 27) * PRIME1 + PRIME4;
  hash = rotl<u64>(hash ^ round(0, time), 27) * PRIME1 + PRIME4;
  hash = (hash ^ (hash >> 33)) * PRIME2;
  hash = (hash ^ (hash >> 29)) * PRIME3;
  return hash ^ (hash >> 32);
}
