// Signs with the page that people keep on their disk, and asks stock ssh-keygen what it thinks of the result. Run by
// `cargo test --features browser`, which writes the page to a file.
//
// Environment: PAGE (the signing page's file), FILES (where a key request is left for the registry to read), and that of
// common.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PASSPHRASE, REGISTRY, check, file, finish, good, keygen, named, newKey, saved, sign, signedByKeygen, sound, told, verified, within } from './common.mjs';

const { PAGE, FILES } = process.env;
const golden = new URL('../golden/version/lms.json', import.meta.url).pathname;

const onDisk = (run, options = {}) => within(options, async (page, asked) => {
  await page.goto(`file://${PAGE}`);
  await run(page);
  assert.deepEqual(asked, [], 'nothing left this computer');
});

async function open(page, what) {
  await page.getByLabel('The document or its envelope').setInputFiles(what);
}

// What is shown of the document, once it is.
async function shownOf(page) {
  const shown = page.locator('#content-of:not(:empty)');
  await shown.waitFor();
  return shown.textContent();
}

const document = readFileSync(golden);
const lms = JSON.parse(document);

await check('a key made in the browser opens with stock ssh-keygen, and its request is signed by itself', async () => {
  await onDisk(async page => {
    await page.getByText('Make a key and its request to the Department').click();
    const form = page.locator('#make-key');
    await form.getByLabel('The supplier’s id').fill('acme');
    await form.getByLabel('The registry’s id').fill(REGISTRY);
    await form.getByLabel('Completing certifications').check();
    await form.getByLabel('A passphrase for the key file').fill(PASSPHRASE);
    await form.getByLabel('The same passphrase again').fill('something else');
    await form.getByRole('button', { name: 'Make a key' }).click();
    assert.match(await told(page), /The two passphrases differ/);
    assert.equal(await form.getByLabel('A passphrase for the key file').inputValue(), PASSPHRASE, 'nothing typed is lost');
    await form.getByLabel('The same passphrase again').fill(PASSPHRASE);
    await form.getByRole('button', { name: 'Make a key' }).click();
    const key = await saved(page, 'Download acme-signatory');
    const line = await saved(page, 'Download acme-signatory.pub');
    const request = await saved(page, 'Download acme-signatory.request.json');
    spawnSync('chmod', ['600', key.path]);
    assert.equal(good(['-y', '-P', PASSPHRASE, '-f', key.path]), line.text);
    assert.notEqual(keygen(['-y', '-P', 'wrong', '-f', key.path]).status, 0);
    assert.match(good(['-l', '-f', line.path]), new RegExp((await form.locator('.digest').textContent()).replace(/[+/]/g, '\\$&')));
    const [{ document, signature, old_signature: none }] = JSON.parse(request.text).requests;
    assert.equal(none, undefined);
    assert.equal(JSON.parse(document).key, line.text.split(' ').slice(0, 2).join(' '));
    assert.ok(verified(line.text.trim(), 'new', `enrolment@${REGISTRY}`, signature, document));
    if (FILES) writeFileSync(join(FILES, 'made.request.json'), request.text);
    // Protected as well as ssh-keygen itself would: it can take the passphrase off and sign.
    good(['-p', '-P', PASSPHRASE, '-N', '', '-f', key.path]);
    assert.equal(signedByKeygen(key.path, `enrolment@${REGISTRY}`, document), signature);
  });
});

await check('a key that takes the place of another has that one sign the request too', async () => {
  const old = newKey('old', '-N', PASSPHRASE);
  await onDisk(async page => {
    await open(page, golden);
    await page.getByText('Make a key and its request to the Department').click();
    const form = page.locator('#make-key');
    assert.equal(await form.getByLabel('The supplier’s id').inputValue(), lms.supplier);
    await form.getByLabel('Vouching for them as senior official').check();
    for (const label of ['A passphrase for the key file', 'The same passphrase again']) await form.getByLabel(label).fill(PASSPHRASE);
    await page.getByText('It takes the place of an older key').click();
    await form.getByLabel('The older private key file').setInputFiles(old);
    await form.getByLabel('The older key’s passphrase').fill('wrong');
    await form.getByRole('button', { name: 'Make a key' }).click();
    assert.match(await told(page), /The old key: The passphrase does not open this key/);
    await form.getByLabel('The older key’s passphrase').fill(PASSPHRASE);
    await form.getByRole('button', { name: 'Make a key' }).click();
    const request = await saved(page, `Download ${lms.supplier}-official.request.json`);
    const [{ document, old_signature }] = JSON.parse(request.text).requests;
    assert.equal(JSON.parse(document).role, 'official');
    assert.ok(verified(readFileSync(`${old}.pub`, 'utf8').trim(), 'old', `enrolment@${REGISTRY}`, old_signature, document));
  });
});

await check('what is shown is everything that the document says', async () => {
  await onDisk(async page => {
    await open(page, golden);
    await page.getByRole('heading', { name: '2. Read what you would sign' }).waitFor();
    const shown = await shownOf(page);
    const texts = value => typeof value === 'object' ? Object.values(value).flatMap(texts) : [value];
    for (const text of texts(lms)) if (typeof text === 'string' && !['green', 'amber', 'black', 'update', lms.edition.digest].includes(text)) assert.ok(shown.includes(text), `“${text}” is not shown`);
    for (const words of ['Green: supplier says it fully meets this', 'Amber: supplier cannot fully confirm this', 'Black: supplier says this does not apply', `${lms.version}, an update`]) assert.ok(shown.includes(words), words);
    assert.equal(await page.locator('#content-of article').count(), 44);
    // Question 4.1 is neutral: its green is no reassurance.
    const neutral = page.locator('article', { hasText: 'Q 4.1' });
    if (lms.responses['q4.1'].code === 'green') assert.match(await neutral.textContent(), /Green: read the statement/);
    // A member that nobody knows is shown too: nothing is signed unseen.
    await open(page, named('more.json', `${JSON.stringify({ ...lms, zzz: { secret_clause: ['We owe nothing.'] } }, null, 2)}\n`));
    assert.match(await shownOf(page), /zzz, secret clause\s*We owe nothing\./);
  });
});

await check('a signature made from disk is ssh-keygen\'s, byte for byte, with keys of every kind of protection', async () => {
  const [plain, sealed] = [newKey('plain', '-N', ''), newKey('sealed', '-N', '', '-a', '16')];
  const bare = file('sealed-bare');
  writeFileSync(bare, readFileSync(sealed), { mode: 0o600 });
  good(['-p', '-P', '', '-N', PASSPHRASE, '-a', '16', '-f', sealed]);
  for (const [key, passphrase, keygens] of [[plain, '', plain], [sealed, PASSPHRASE, bare]]) {
    await onDisk(async page => {
      await open(page, golden);
      await page.getByLabel('As signatory').check();
      await sign(page, key, passphrase);
      const made = await saved(page, 'Download lms.json.sig');
      assert.equal(made.text, signedByKeygen(keygens, `certification@${REGISTRY}`, document));
      assert.ok(verified(readFileSync(`${key}.pub`, 'utf8').trim(), 'signatory@acme', `certification@${REGISTRY}`, made.text, document));
      assert.equal(await page.getByLabel('Its passphrase').inputValue(), '', 'the passphrase is not kept');
      const envelope = await saved(page, `Download ${lms.service}.envelope.json`);
      assert.deepEqual(JSON.parse(envelope.text), { document: document.toString(), signature: made.text });
    });
  }
});

await check('the official ticks every commitment, then countersigns the envelope of the officer', async () => {
  const [officer, official] = [newKey('officer', '-N', ''), newKey('official', '-N', PASSPHRASE)];
  const signature = signedByKeygen(officer, `certification@${REGISTRY}`, document);
  const envelope = JSON.stringify({ document: document.toString(), signature });
  await onDisk(async page => {
    await open(page, named('handover.json', envelope));
    assert.match(await shownOf(page), /Signature of the signatory: fits these bytes/);
    await page.getByLabel('As senior official:').check();
    await sign(page, official, PASSPHRASE);
    assert.match(await told(page), /Tick each of the commitments/);
    const ticks = page.locator('#ticks input');
    assert.equal(await ticks.count(), 5);
    for (const tick of await ticks.all()) await tick.check();
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    const made = await saved(page, `Download ${lms.service}.json.countersig`);
    const publicKey = readFileSync(`${official}.pub`, 'utf8').trim();
    assert.ok(verified(publicKey, 'official@acme', `countersignature@${REGISTRY}`, made.text, document));
    const whole = await saved(page, 'Download handover.json');
    assert.deepEqual(JSON.parse(whole.text), { document: document.toString(), signature, countersignature: made.text });
    // The same person twice is one person.
    await sign(page, officer);
    assert.match(await told(page), /The other signature is by the same key/);
  });
  const other = signedByKeygen(officer, `certification@${REGISTRY}`, `${document} `);
  await onDisk(async page => {
    await open(page, named('handover.json', JSON.stringify({ document: document.toString(), signature: other })));
    assert.match(await shownOf(page), /Signature of the signatory: The signature does not fit the document/);
    await page.getByLabel('As senior official:').check();
    for (const tick of await page.locator('#ticks input').all()) await tick.check();
    await sign(page, official, PASSPHRASE);
    assert.match(await told(page), /The signatory's signature in the envelope is not good/);
  });
});

await check('a key that cannot sign is named as what it is, and nothing typed is lost', async () => {
  const key = newKey('trouble', '-N', PASSPHRASE);
  good(['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file('rsa')]);
  good(['-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', file('pem')]);
  good(['-q', '-t', 'ed25519', '-Z', 'aes256-gcm@openssh.com', '-N', PASSPHRASE, '-f', file('gcm')]);
  const text = readFileSync(key, 'utf8');
  const cases = [
    [key, 'wrong passphrase', /The passphrase does not open this key/],
    [key, '', /protected by a passphrase\. Type it/],
    [`${key}.pub`, '', /public half of a key/],
    [file('rsa'), '', /key of another type \(ssh-rsa\)/],
    [file('pem'), '', /key of another type \(RSA, PEM\)/],
    [file('gcm'), PASSPHRASE, /ssh-keygen -p -Z aes256-ctr/],
    [named('cut', text.slice(0, 200)), PASSPHRASE, /damaged or cut short/],
    [named('cut', text.replace(/\n.{70}\n/, '\n')), PASSPHRASE, /damaged or cut short/],
    [named('key.ppk', 'PuTTY-User-Key-File-3: ssh-ed25519\n'), '', /PuTTY key/],
    [named('key.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'), '', /PEM key/],
    [golden, '', /JSON file/],
    [named('empty', ''), '', /not an OpenSSH private key/],
  ];
  await onDisk(async page => {
    await open(page, golden);
    await page.getByLabel('As senior official:').check();
    for (const tick of await page.locator('#ticks input').all()) await tick.check();
    for (const [given, passphrase, message] of cases) {
      await sign(page, given, passphrase);
      await page.locator('#sign [role=alert]', { hasText: message }).waitFor({ timeout: 20_000 });
      assert.equal(await page.getByLabel('Its passphrase').inputValue(), passphrase);
      assert.ok(await page.getByLabel('As senior official:').isChecked());
      assert.equal(await page.locator('#ticks input:checked').count(), 5);
      assert.equal(await page.locator('#result a').count(), 0, 'nothing was signed');
    }
    // Files that Windows has been at are good all the same.
    await sign(page, named('crlf', text.replaceAll('\n', '\r\n')), PASSPHRASE);
    await page.getByRole('link', { name: 'Download lms.json.countersig' }).waitFor();
  });
});

await check('a document that was altered on its way is refused with the next step', async () => {
  const text = document.toString();
  const changed = (change, value = structuredClone(lms)) => { change(value); return `${JSON.stringify(value, null, 2)}\n`; };
  const cases = [
    [text.replaceAll('\n', '\r\n'), /end with CR LF/],
    [`\uFEFF${text}`, /byte order mark/],
    [Buffer.from(`\uFEFF${text}`, 'utf16le'), /UTF-16/],
    [text.slice(0, 3000), /no whole JSON/],
    [text.trimEnd(), /not in the one form .*at its end/],
    [text.replace('  "supplier": "acme"', '  "supplier": "evil",\n  "supplier": "acme"'), /not in the one form .*from line/],
    [text.replace('"version": ', '"version":  '), /not in the one form/],
    [changed(value => { value.supplier_name += '\u202E'; }), /turn the order of others round/],
    [changed(value => { value.supplier_name += ' '; }), /begins or ends with a space/],
    [changed(value => { value.service_url = null; }), /leave it out/],
    [changed(value => { value.version = 2.5; }), /not a whole number/],
    [changed(value => { value.edition.id = 'dfe-2031'; }), /an edition of the checklist that this page does not know/],
    [changed(value => { value.edition.digest = `sha256:${'0'.repeat(64)}`; }), /an edition of the checklist that this page does not know/],
    [changed(value => { value.format = 'certreg/certification@2'; }), /a format that this page does not know/],
    [changed(value => { value.format = 'certreg/case@1'; }), /case statement/],
    [changed(value => { value.change.kind = 'transcription'; }), /transcription/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
    ['', /The file is empty/],
    [`{"document": ${JSON.stringify(`{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`)}}`, /a format that this page does not know/],
    [changed(value => { value.zzz = [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]; }), /nested more than 16 deep/],
    ['['.repeat(100_000), /no whole JSON/],
    ['[]', /neither a document|one object/],
    ['{"requests": []}', /key request/],
    [JSON.stringify({ document: text, signatur: 'x' }), /a part that is not known/],
    [JSON.stringify({ document: text.replaceAll('\n', '\r\n') }), /end with CR LF/],
    [readFileSync(newKey('not-a-document', '-N', '')), /This is a private key/],
  ];
  await onDisk(async page => {
    for (const [given, message] of cases) {
      await open(page, named('given.json', given));
      const words = await told(page);
      assert.match(words, message);
      assert.equal(await page.locator('#signing').isVisible(), false, `nothing can be signed: ${message}`);
    }
    for (const [given, message] of [
      [changed(value => { delete value.responses['q5.7']; }), /Not answered: Q 5\.7/],
      [changed(value => { value.responses['q5.7'].code = 'blue'; }), /Without a colour: Q 5\.7/],
      [changed(value => { delete value.commitments.update_promptly; }), /1 of the commitments are not made/],
      [changed(value => { delete value.previous; }), /does not name the version before it/],
    ]) {
      await open(page, named('given.json', given));
      await page.locator('#content-of .alert', { hasText: message }).waitFor();
      assert.equal(await page.locator('#signing').isVisible(), false);
    }
    await open(page, golden);
    await page.getByLabel('As signatory').waitFor();
  });
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 320]) {
    await check(`the signing page, ${colorScheme}, ${width} px`, async () => {
      await within({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async page => {
        await page.goto(`file://${PAGE}`);
        await open(page, golden);
        await page.getByLabel('As senior official:').check();
        await page.getByText('Make a key and its request to the Department').click();
        await page.getByText('It takes the place of an older key').click();
        await sign(page, named('cut', 'ssh-ed25519 AAAA x'));
        await page.locator('#sign [role=alert]:not(:empty)').waitFor();
        await sound(page, `signing-page-${colorScheme}-${width}`, width);
      });
    });
  }
}

await finish();
