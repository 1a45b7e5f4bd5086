// bcrypt_pbkdf, with which OpenSSH turns the passphrase of a key file into the key that encrypts it (OpenBSD's
// bcrypt_pbkdf.c). The browser's own cryptography has SHA-512, but neither this nor Blowfish.
//
// Defines window.certregBcrypt(passphrase, salt, rounds, length) -> Promise of bytes; passphrase and salt are bytes,
// length at most 8,160. It takes about 15 ms for each round and 32 bytes, and lets the page breathe between rounds.
(() => {
  'use strict';

  async function sha512(bytes) {
    return new Uint8Array(await crypto.subtle.digest('SHA-512', bytes));
  }

  // Blowfish starts from the first 1,042 words of the fraction of pi. Machin's formula gives them in a few
  // milliseconds; a table would be ten thousand digits that nobody reads.
  let piWords;
  function fractionOfPi() {
    if (piWords) return piWords;
    const count = 18 + 4 * 256, spare = 64n, bits = BigInt(count * 32) + spare;
    const arctanOfInverse = x => {
      let term = (1n << bits) / x, sum = term;
      for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
        term /= x * x;
        sum += sign * (term / n);
      }
      return sum;
    };
    const pi = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));
    const hex = (BigInt.asUintN(Number(bits), pi) >> spare).toString(16).padStart(count * 8, '0');
    piWords = Int32Array.from({ length: count }, (_, i) => parseInt(hex.slice(i * 8, i * 8 + 8), 16));
    return piWords;
  }

  // The words of 'bytes', big-endian.
  function bigEndian(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4));
  }

  // One block of two words at 'at' in 'block', in place. 'state' holds 18 subkeys, then four boxes of 256.
  function encipher(state, block, at) {
    let left = block[at], right = block[at + 1];
    for (let i = 0; i < 16; i += 2) {
      left ^= state[i];
      right ^= (((state[18 + (left >>> 24)] + state[274 + ((left >>> 16) & 255)]) ^ state[530 + ((left >>> 8) & 255)])
        + state[786 + (left & 255)]) | 0;
      right ^= state[i + 1];
      left ^= (((state[18 + (right >>> 24)] + state[274 + ((right >>> 16) & 255)]) ^ state[530 + ((right >>> 8) & 255)])
        + state[786 + (right & 255)]) | 0;
    }
    block[at] = right ^ state[17];
    block[at + 1] = left ^ state[16];
  }

  // Mixes a key of 16 words into 'state', stirred with 'data' of 16 words (or with none).
  function expand(state, key, data) {
    for (let i = 0; i < 18; i++) state[i] ^= key[i % 16];
    const block = new Int32Array(2);
    for (let i = 0, j = 0; i < state.length; i += 2) {
      if (data) {
        block[0] ^= data[j];
        block[1] ^= data[j + 1];
        j = (j + 2) % 16;
      }
      encipher(state, block, 0);
      state[i] = block[0];
      state[i + 1] = block[1];
    }
  }

  // 32 bytes out of two digests of 64.
  function bcryptHash(passwordDigest, saltDigest) {
    const password = bigEndian(passwordDigest), salt = bigEndian(saltDigest);
    const state = Int32Array.from(fractionOfPi());
    expand(state, password, salt);
    for (let i = 0; i < 64; i++) {
      expand(state, salt);
      expand(state, password);
    }
    const text = bigEndian(new TextEncoder().encode('OxychromaticBlowfishSwatDynamite'));
    for (let i = 0; i < 64; i++) for (let at = 0; at < text.length; at += 2) encipher(state, text, at);
    const out = new Uint8Array(32), view = new DataView(out.buffer);
    text.forEach((word, i) => view.setInt32(i * 4, word, true));
    return out;
  }

  async function bcryptPbkdf(passphrase, salt, rounds, length) {
    const passwordDigest = await sha512(passphrase);
    const key = new Uint8Array(length), stride = Math.ceil(length / 32);
    for (let block = 0; block < stride; block++) {
      let turn = bcryptHash(passwordDigest, await sha512(new Uint8Array([...salt, 0, 0, 0, block + 1])));
      const sum = turn.slice();
      for (let round = 1; round < rounds; round++) {
        turn = bcryptHash(passwordDigest, await sha512(turn));
        for (let i = 0; i < 32; i++) sum[i] ^= turn[i];
      }
      // The blocks are woven, so that half a key cannot be had for half the work.
      for (let i = 0, at = block; at < length; i++, at += stride) key[at] = sum[i];
    }
    return key;
  }

  window.certregBcrypt = bcryptPbkdf;
})();
