// AES-GCM by the OpenSSL that Node brings, called directly: node:crypto makes a cipher and two
// buffers for each message, which of 32 KiB costs twice as much as the encryption itself. Here one
// context serves all messages of a direction and works in the memory that it is given.
// EVP_EncryptInit(3ssl), section "AEAD Interface". Absent where Node does not show those calls.

import { createRequire } from 'node:module';
import { assert } from './assert.ts';

/** <openssl/evp.h> */
const EVP_CTRL_AEAD_GET_TAG = 0x10;
const EVP_CTRL_AEAD_SET_TAG = 0x11;

export const GCM_TAG_BYTES = 16;

type Pointer = unknown;

interface Library {
  newContext(): Pointer;
  freeContext(context: Pointer): void;
  readonly ciphers: ReadonlyMap<string, Pointer>;
  init(
    context: Pointer,
    cipher: Pointer | null,
    engine: null,
    key: Uint8Array | null,
    iv: Uint8Array | null,
    isEncrypting: number,
  ): number;
  update(
    context: Pointer,
    into: Uint8Array | null,
    length: Int32Array,
    from: Uint8Array,
    bytes: number,
  ): number;
  final(context: Pointer, into: Uint8Array, length: Int32Array): number;
  control(context: Pointer, what: number, bytes: number, data: Uint8Array): number;
}

let loaded: Library | null | undefined;

/** One direction of one key. Messages are worked on one after the other. */
export class AesGcm {
  readonly #library: Library;
  readonly #direction: number;
  readonly #length = new Int32Array(1);
  readonly #nothing = new Uint8Array(GCM_TAG_BYTES);
  #context: Pointer | null;

  /**
   * @param name `aes-128-gcm` or `aes-256-gcm`
   * @returns null where it cannot be had: then node:crypto has to do
   */
  static make(name: string, key: Uint8Array, direction: 'encrypt' | 'decrypt'): AesGcm | null {
    loaded = loaded === undefined ? load() : loaded;
    const cipher = loaded?.ciphers.get(name);
    return loaded && cipher ? new AesGcm(loaded, cipher, key, direction) : null;
  }

  private constructor(library: Library, cipher: Pointer, key: Uint8Array, direction: string) {
    this.#library = library;
    this.#direction = direction === 'encrypt' ? 1 : 0;
    this.#context = library.newContext();
    assert(library.init(this.#live(), cipher, null, key, null, this.#direction) === 1, 'a key');
  }

  /**
   * Begins a message.
   * @param iv 12 bytes
   * @param head authenticated and not encrypted
   */
  begin(iv: Uint8Array, head: Uint8Array): void {
    const { init, update } = this.#library;
    const context = this.#live();
    const began = init(context, null, null, null, iv, this.#direction);
    const took = update(context, null, this.#length, head, head.length);
    assert(began === 1 && took === 1, 'AES-GCM began');
  }

  /** The next bytes of it; `into` takes as many, and may be the same memory. */
  update(from: Uint8Array, into: Uint8Array): void {
    assert(into.length >= from.length, 'there is room');
    const done = this.#library.update(this.#live(), into, this.#length, from, from.length);
    assert(done === 1 && this.#length[0] === from.length, 'AES-GCM took all');
  }

  /** Ends a message that was encrypted; `tag` takes 16 bytes. */
  seal(tag: Uint8Array): void {
    assert(tag.length === GCM_TAG_BYTES, 'room for the tag');
    const { final, control } = this.#library;
    const context = this.#live();
    const ended = final(context, this.#nothing, this.#length);
    const given = control(context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, tag);
    assert(ended === 1 && given === 1, 'AES-GCM ended');
  }

  /** Ends a message that was decrypted. False: it is not what was sent, and must not be used. */
  verify(tag: Uint8Array): boolean {
    assert(tag.length === GCM_TAG_BYTES, 'a whole tag');
    const { final, control } = this.#library;
    const context = this.#live();
    const taken = control(context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, tag);
    assert(taken === 1, 'AES-GCM took the tag');
    return final(context, this.#nothing, this.#length) === 1;
  }

  /** Nothing can be done with it after that. */
  free(): void {
    if (this.#context !== null) this.#library.freeContext(this.#context);
    this.#context = null;
  }

  #live(): Pointer {
    assert(this.#context !== null, 'the cipher is not freed');
    return this.#context;
  }
}

function load(): Library | null {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    return bind(koffi);
  } catch {
    // No koffi, or a Node that keeps its OpenSSL to itself.
    return null;
  }
}

function bind(koffi: typeof import('koffi')): Library {
  const own = koffi.load(null);
  const bytes = 'uint8_t *';
  const length = 'int *';
  return {
    newContext: own.func('EVP_CIPHER_CTX_new', 'void *', []),
    freeContext: own.func('EVP_CIPHER_CTX_free', 'void', ['void *']),
    ciphers: new Map([
      ['aes-128-gcm', own.func('EVP_aes_128_gcm', 'void *', [])()],
      ['aes-256-gcm', own.func('EVP_aes_256_gcm', 'void *', [])()],
    ]),
    init: own.func('EVP_CipherInit_ex', 'int', ['void *', 'void *', 'void *', bytes, bytes, 'int']),
    update: own.func('EVP_CipherUpdate', 'int', ['void *', bytes, length, bytes, 'int']),
    final: own.func('EVP_CipherFinal_ex', 'int', ['void *', bytes, length]),
    control: own.func('EVP_CIPHER_CTX_ctrl', 'int', ['void *', 'int', 'int', bytes]),
  };
}
