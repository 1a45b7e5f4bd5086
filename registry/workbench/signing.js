// Keys and signatures in the browser, as stock ssh-keygen makes and reads them: nothing here is our own invention.
//
// Needs bcrypt.js before it. Defines window.certregSigning:
//
//   generateKey(passphrase, comment)   -> Promise of { keyFile, publicKey }
//   loadKey(keyFileText, passphrase)   -> Promise of { publicKey, comment, sign(namespace, bytes) -> Promise of text }
//   checkSignature(text, namespace, bytes) -> Promise of the public key that made it
//   publicKeyFingerprint(publicKey)    -> Promise of 'SHA256:…', as ssh-keygen -l shows it
//   digestOf(bytes)                    -> Promise of 'sha256:…', as documents are named
//   unavailable()                      -> Promise of what is missing in this browser, in words; '' when nothing is
//
// A key file is OpenSSH's openssh-key-v1 (PROTOCOL.key), a public key the line 'ssh-ed25519 AAAA… comment', a signature
// the armoured text of SSHSIG (PROTOCOL.sshsig), byte for byte what 'ssh-keygen -Y sign' writes. Only Ed25519.
//
// What goes wrong is thrown as an Error whose message can be shown as it stands (it says the next step) and whose 'code'
// is one of: unavailable, passphrase-needed, passphrase-wrong, passphrase-empty, key-is-public, key-foreign, key-type,
// key-cipher, key-damaged, comment, signature. Nothing is stored and nothing is sent: keys live as long as the page.
(() => {
  'use strict';

  const KEY_TYPE = 'ssh-ed25519';
  const KEY_HEADER = '-----BEGIN OPENSSH PRIVATE KEY-----';
  const KEY_FOOTER = '-----END OPENSSH PRIVATE KEY-----';
  const KEY_MAGIC = 'openssh-key-v1\0';
  const SIGNATURE_HEADER = '-----BEGIN SSH SIGNATURE-----';
  const SIGNATURE_FOOTER = '-----END SSH SIGNATURE-----';
  const CIPHER = 'aes256-ctr';
  const ROUNDS = 24; // what ssh-keygen takes since OpenSSH 9.4
  const MOST_ROUNDS = 1000; // a file that asks for more would only hang the page
  const LONGEST_KEY_FILE = 16384; // characters

  const ascii = text => new TextEncoder().encode(text);
  const words = bytes => new TextDecoder().decode(bytes);

  function fault(code, message) {
    return Object.assign(new Error(message), { code });
  }

  // ---- Bytes: the strings of the SSH wire format (RFC 4251 §5), base64 with padding -------------------------------

  function join(...parts) {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  function number(value) {
    return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
  }

  // Length, then bytes.
  function string(bytes) {
    return join(number(bytes.length), bytes);
  }

  // Takes numbers and strings off the front of bytes; throws what 'short' makes when they are cut off.
  function reader(bytes, short) {
    let at = 0;
    const take = length => {
      if (length > bytes.length - at) throw short();
      at += length;
      return bytes.subarray(at - length, at);
    };
    const uint = () => {
      const four = take(4);
      return ((four[0] << 24) | (four[1] << 16) | (four[2] << 8) | four[3]) >>> 0;
    };
    return { take, uint, string: () => take(uint()), rest: () => bytes.subarray(at) };
  }

  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

  function base64(bytes) {
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
  }

  // The bytes, or undefined for what is not exactly one base64 text.
  function unbase64(text) {
    try {
      const bytes = Uint8Array.from(atob(text), char => char.charCodeAt(0));
      return base64(bytes) === text ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  // Armour: 70 columns, as OpenSSH has for keys and signatures.
  function armoured(header, bytes, footer) {
    return `${header}\n${base64(bytes).replace(/.{1,70}/g, '$&\n')}${footer}\n`;
  }

  async function sha512(bytes) {
    return new Uint8Array(await crypto.subtle.digest('SHA-512', bytes));
  }

  // ---- Key files (PROTOCOL.key) --------------------------------------------------------------------------------------

  // AES-256 in counter mode, where writing and reading are the same.
  async function crypt(passphrase, salt, rounds, bytes) {
    const derived = await window.certregBcrypt(ascii(passphrase), salt, rounds, 48);
    const key = await crypto.subtle.importKey('raw', derived.slice(0, 32), 'AES-CTR', false, ['encrypt']);
    const way = { name: 'AES-CTR', counter: derived.slice(32), length: 128 };
    derived.fill(0);
    return new Uint8Array(await crypto.subtle.encrypt(way, key, bytes));
  }

  const publicBlob = point => join(string(ascii(KEY_TYPE)), string(point));

  // An Ed25519 private key as PKCS #8 (RFC 8410 §7): always these 16 bytes, then the 32 secret ones.
  const PKCS8 = new Uint8Array([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);

  function publicLine(point, comment) {
    return [KEY_TYPE, base64(publicBlob(point)), comment].filter(Boolean).join(' ');
  }

  // The secret 32 bytes of a key that can be taken out, and its public 32.
  async function halves(privateKey) {
    const { d, x } = await crypto.subtle.exportKey('jwk', privateKey);
    const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
    return { secret: bytes(d), point: bytes(x) };
  }

  async function generateKey(passphrase, comment = '') {
    await demand();
    if (!passphrase) throw fault('passphrase-empty', 'Choose a passphrase: without one, whoever finds the key file can sign.');
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(comment)) throw fault('comment', 'The name of the key must be one line without special characters.');
    const made = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    const { secret, point } = await halves(made.privateKey);
    // The check number stands twice: that is how a wrong passphrase is told.
    const check = crypto.getRandomValues(new Uint8Array(4)), salt = crypto.getRandomValues(new Uint8Array(16));
    const fields = [check, check, string(ascii(KEY_TYPE)), string(point), string(join(secret, point)), string(ascii(comment))];
    const bare = join(...fields);
    const padding = Uint8Array.from({ length: (16 - (bare.length % 16)) % 16 }, (_, i) => i + 1);
    const sealed = await crypt(passphrase, salt, ROUNDS, join(bare, padding));
    for (const part of [secret, bare, ...fields]) part.fill(0);
    const options = join(string(salt), number(ROUNDS));
    const file = join(ascii(KEY_MAGIC), string(ascii(CIPHER)), string(ascii('bcrypt')), string(options), number(1),
      string(publicBlob(point)), string(sealed));
    return { keyFile: armoured(KEY_HEADER, file, KEY_FOOTER), publicKey: publicLine(point, comment) };
  }

  // What a text is that is no OpenSSH private key, and what to do.
  function foreign(text) {
    const convert = 'Choose the file that ssh-keygen wrote, or make a key here.';
    if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || text.startsWith('---- BEGIN SSH2 PUBLIC KEY')) {
      return fault('key-is-public', 'This is the public half of a key (.pub), which cannot sign. Choose the private key: the file of the same name without .pub.');
    }
    if (text.startsWith('PuTTY-User-Key-File')) {
      return fault('key-foreign', 'This is a PuTTY key. In PuTTYgen load it, choose Conversions, "Export OpenSSH key (force new file format)", and choose that file here.');
    }
    if (/^-----BEGIN (RSA|DSA|EC) PRIVATE KEY-----/.test(text)) {
      return fault('key-type', `This is a key of another type (${text.slice(11, 14).trim()}, PEM). Only Ed25519 keys sign here: make one with "ssh-keygen -t ed25519" or here, and have it enrolled.`);
    }
    if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) {
      return fault('key-foreign', `This is a PEM key (PKCS #8), not an OpenSSH key. ${convert}`);
    }
    if (text.startsWith(SIGNATURE_HEADER)) return fault('key-foreign', `This is a signature, not a key. ${convert}`);
    if (text.startsWith('{')) return fault('key-foreign', `This is a JSON file (a document or an envelope), not a key. ${convert}`);
    return fault('key-foreign', `This is not an OpenSSH private key: the file must begin with "${KEY_HEADER}". ${convert}`);
  }

  const damaged = () => fault('key-damaged', 'The key file is damaged or cut short. Take another copy of it: nothing was changed.');

  // Takes the armour off.
  function keyBytes(text) {
    const trimmed = text.replace(/^\uFEFF/, '').replaceAll('\r', '').trim();
    if (!trimmed.startsWith(KEY_HEADER)) throw foreign(trimmed);
    if (text.length > LONGEST_KEY_FILE || !trimmed.endsWith(KEY_FOOTER)) throw damaged();
    const bytes = unbase64(trimmed.slice(KEY_HEADER.length, -KEY_FOOTER.length).replaceAll('\n', ''));
    if (!bytes || !same(bytes.subarray(0, KEY_MAGIC.length), ascii(KEY_MAGIC))) throw damaged();
    return bytes.subarray(KEY_MAGIC.length);
  }

  function checkType(type) {
    if (type === KEY_TYPE) return;
    const hardware = type.startsWith('sk-') ? ' Keys on a security key cannot be used in a browser: sign with ssh-keygen, if the key is of type ssh-ed25519.' : '';
    throw fault('key-type', `This is a key of another type (${printable(type)}). Only ssh-ed25519 keys sign here: make one with "ssh-keygen -t ed25519" or here, and have it enrolled.${hardware}`);
  }

  const printable = text => text.slice(0, 40).replace(/[^\x21-\x7e]/g, '?');

  // The private part in the clear; 'bytes' as it stands in the file.
  async function unseal(bytes, cipher, kdf, options, passphrase) {
    if (cipher === 'none' && kdf === 'none') return bytes.slice();
    if (cipher !== CIPHER || kdf !== 'bcrypt') {
      throw fault('key-cipher', `The key file is encrypted with ${printable(cipher)}, which a browser cannot read here. Write it anew with "ssh-keygen -p -Z aes256-ctr -f KEY" (the key stays the same) and choose it again.`);
    }
    const option = reader(options, damaged);
    const salt = option.string(), rounds = option.uint();
    if (!rounds || !salt.length || option.rest().length || bytes.length % 16) throw damaged();
    if (rounds > MOST_ROUNDS) {
      throw fault('key-cipher', `The key file takes ${rounds} rounds to open, which is too much for a browser. Write it anew with "ssh-keygen -p -a 24 -f KEY" (the key stays the same) and choose it again.`);
    }
    if (!passphrase) throw fault('passphrase-needed', 'The key file is protected by a passphrase. Type it and try again.');
    return crypt(passphrase, salt, rounds, bytes);
  }

  async function loadKey(keyFileText, passphrase = '') {
    await demand();
    const file = reader(keyBytes(keyFileText), damaged);
    const cipher = words(file.string()), kdf = words(file.string()), options = file.string();
    if (file.uint() !== 1) throw damaged();
    const outer = reader(file.string(), damaged);
    checkType(words(outer.string()));
    const announced = outer.string(), sealed = file.string();
    const bare = await unseal(sealed, cipher, kdf, options, passphrase);
    try {
      const inner = reader(bare, damaged);
      if (inner.uint() !== inner.uint()) {
        if (cipher === 'none') throw damaged();
        throw fault('passphrase-wrong', 'The passphrase does not open this key. Mind capital letters and the keyboard\'s language, and try again.');
      }
      checkType(words(inner.string()));
      const point = inner.string().slice(), pair = inner.string(), comment = words(inner.string());
      const padded = inner.rest().every((byte, i) => byte === i + 1);
      if (pair.length !== 64 || !same(pair.subarray(32), point) || !same(announced, point) || !padded) throw damaged();
      const privateKey = await privateKeyOf(pair.subarray(0, 32), point);
      const sign = (namespace, bytes) => signature(privateKey, point, namespace, bytes);
      return { publicKey: publicLine(point, oneLine(comment)), comment, sign };
    } finally {
      bare.fill(0);
    }
  }

  // A comment for a line of text.
  const oneLine = text => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').trim();

  // A key for signing that cannot be taken out again. The public half is computed from the secret one: signing under
  // another public half would give the secret away.
  async function privateKeyOf(secret, point) {
    const pkcs8 = join(PKCS8, secret);
    try {
      const open = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
      const computed = await halves(open);
      computed.secret.fill(0);
      if (!same(computed.point, point)) throw damaged();
      return await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    } finally {
      pkcs8.fill(0);
    }
  }

  // ---- Signatures (PROTOCOL.sshsig) ----------------------------------------------------------------------------------

  // What Ed25519 signs: the namespace is inside, so a signature for one purpose never serves another.
  async function toBeSigned(namespace, bytes) {
    return join(ascii('SSHSIG'), string(ascii(namespace)), string(ascii('')), string(ascii('sha512')), string(await sha512(bytes)));
  }

  function armouredSignature(point, namespace, raw) {
    const inner = join(string(ascii(KEY_TYPE)), string(raw));
    const blob = join(ascii('SSHSIG'), number(1), string(publicBlob(point)), string(ascii(namespace)), string(ascii('')),
      string(ascii('sha512')), string(inner));
    return armoured(SIGNATURE_HEADER, blob, SIGNATURE_FOOTER);
  }

  async function signature(privateKey, point, namespace, bytes) {
    if (!/^[\x21-\x7e]+$/.test(namespace)) throw fault('signature', 'The namespace to sign in is empty or unreadable.');
    const raw = await crypto.subtle.sign('Ed25519', privateKey, await toBeSigned(namespace, bytes));
    return armouredSignature(point, namespace, new Uint8Array(raw));
  }

  // Checks a signature as the registry does: taken apart and written again it must be the same text.
  async function checkSignature(text, namespace, bytes) {
    await demand();
    const broken = () => fault('signature', 'The signature is damaged, or was not made with an ssh-ed25519 key. Ask for it again.');
    const lines = text.split('\n');
    if (lines[0] !== SIGNATURE_HEADER || lines.length < 4) throw broken();
    const blob = unbase64(lines.slice(1, -2).join(''));
    if (!blob) throw broken();
    const parts = reader(blob, broken);
    parts.take(10);
    const key = reader(parts.string(), broken);
    key.string();
    const point = key.string(), found = words(parts.string());
    parts.string();
    parts.string();
    const inner = reader(parts.string(), broken);
    inner.string();
    const raw = inner.string();
    if (point.length !== 32 || raw.length !== 64 || armouredSignature(point, found, raw) !== text) throw broken();
    if (found !== namespace) {
      throw fault('signature', `The signature was made for another purpose (${printable(found)}); here one for ${namespace} is needed.`);
    }
    const publicKey = await crypto.subtle.importKey('raw', point, 'Ed25519', false, ['verify']);
    if (!await crypto.subtle.verify('Ed25519', publicKey, raw, await toBeSigned(namespace, bytes))) {
      throw fault('signature', 'The signature does not fit the document: one of them was changed after signing. Ask for both again.');
    }
    return publicLine(point, '');
  }

  async function publicKeyFingerprint(publicKey) {
    const blob = unbase64(publicKey.split(' ')[1] ?? '');
    if (!blob) throw fault('key-damaged', 'This is not the line of a public key: ssh-ed25519, a space, AAAA….');
    return `SHA256:${base64(new Uint8Array(await crypto.subtle.digest('SHA-256', blob))).replaceAll('=', '')}`;
  }

  async function digestOf(bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return `sha256:${Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')}`;
  }

  // ---- What the browser must be able to do ---------------------------------------------------------------------------

  let missing;
  async function unavailable() {
    if (missing !== undefined) return missing;
    if (!globalThis.crypto?.subtle) {
      missing = 'This browser allows signing only on pages that come over https or from a file on this computer. Use the signing page as a file, or sign with ssh-keygen.';
      return missing;
    }
    try {
      await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
      missing = '';
    } catch {
      missing = 'This browser cannot sign with Ed25519. Take Chrome or Edge from version 137, Firefox from 129 or Safari from 17, or sign with ssh-keygen.';
    }
    return missing;
  }

  async function demand() {
    const reason = await unavailable();
    if (reason) throw fault('unavailable', reason);
  }

  window.certregSigning = Object.freeze({
    generateKey, loadKey, checkSignature, publicKeyFingerprint, digestOf, unavailable,
  });
})();
