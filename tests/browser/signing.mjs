// Signs in a real Chromium as suppliers' people do, and asks stock ssh-keygen what it thinks of the result. Run by
// `cargo test --features browser`, which starts the registry and writes the signing page to a file.
//
// Environment: BASE (the registry's address), PAGE (the signing page's file), FILES (a folder with keys and documents),
// OUT (where files and screenshots go), CHROMIUM (the browser's path), ONLY (checks with this in their name).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { BASE, PAGE, FILES, OUT, CHROMIUM = '/usr/bin/chromium', ONLY = '' } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const golden = new URL('../golden/version/lms.json', import.meta.url).pathname;
const REGISTRY = 'certreg.example';
const PASSPHRASE = 'four words and a café';

mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(join(OUT, 'signing-'));
const file = name => join(folder, name);
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
});
setTimeout(() => { console.error('The browser took longer than ten minutes.'); process.exit(1); }, 600_000).unref();

const faults = [];
async function check(name, run) {
  if (!name.includes(ONLY)) return;
  try {
    await run();
    console.log(`ok      ${name}`);
  } catch (error) {
    faults.push(name);
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

function keygen(args, input) {
  const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function good(args, input) {
  const { status, stdout, stderr } = keygen(args, input);
  assert.equal(status, 0, `ssh-keygen ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function newKey(name, ...args) {
  good(['-q', '-t', 'ed25519', '-C', name, '-f', file(name), ...args]);
  return file(name);
}

// What ssh-keygen writes for the same key, namespace and bytes.
function signedByKeygen(key, namespace, bytes) {
  const path = file('to-sign');
  writeFileSync(path, bytes);
  rmSync(`${path}.sig`, { force: true });
  good(['-Y', 'sign', '-f', key, '-n', namespace, path]);
  return readFileSync(`${path}.sig`, 'utf8');
}

function verified(publicKey, principal, namespace, signature, bytes) {
  writeFileSync(file('ring'), `${principal} namespaces="${namespace}" ${publicKey}\n`);
  writeFileSync(file('sig'), signature);
  return keygen(['-Y', 'verify', '-f', file('ring'), '-I', principal, '-n', namespace, '-s', file('sig')], bytes).status === 0;
}

async function within(options, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const asked = [];
  context.on('request', request => { if (!/^(file|blob|data):/.test(request.url())) asked.push(request.url()); });
  try {
    const page = await context.newPage();
    const violations = [];
    page.on('console', message => { if (/Content Security Policy/.test(message.text())) violations.push(message.text()); });
    page.on('pageerror', error => violations.push(String(error)));
    await run(page, asked);
    assert.deepEqual(violations, [], 'nothing was stopped by the page\'s policy, and nothing failed');
  } finally {
    await context.close();
  }
}

const onDisk = (run, options = {}) => within(options, async (page, asked) => {
  await page.goto(`file://${PAGE}`);
  await run(page);
  assert.deepEqual(asked, [], 'nothing left this computer');
});

async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
  const path = file(download.suggestedFilename());
  await download.saveAs(path);
  return { path, name: download.suggestedFilename(), text: readFileSync(path, 'utf8') };
}

const named = (name, content) => ({ name, mimeType: 'application/json', buffer: Buffer.from(content) });

async function open(page, what) {
  await page.getByLabel('The document or its envelope').setInputFiles(what);
}

async function sign(page, key, passphrase = '') {
  await page.getByLabel('Your private key file').setInputFiles(key);
  await page.getByLabel('Its passphrase').fill(passphrase);
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
}

// The message in an alert; the page has said nothing before.
async function told(page, within = 'body') {
  const alert = page.locator(`${within} [role=alert]:not(:empty)`);
  await alert.waitFor();
  return alert.textContent();
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
    const shown = await page.locator('#content-of').textContent();
    const texts = value => typeof value === 'object' ? Object.values(value).flatMap(texts) : [value];
    for (const text of texts(lms)) if (typeof text === 'string' && !['green', 'amber', 'black', 'update', lms.edition.digest].includes(text)) assert.ok(shown.includes(text), `“${text}” is not shown`);
    for (const words of ['Green: supplier says it fully meets this', 'Amber: supplier cannot fully confirm this', 'Black: supplier says this does not apply', `${lms.version}, an update`]) assert.ok(shown.includes(words), words);
    assert.equal(await page.locator('#content-of article').count(), 44);
    // Question 4.1 is neutral: its green is no reassurance.
    const neutral = page.locator('article', { hasText: 'Q 4.1' });
    if (lms.responses['q4.1'].code === 'green') assert.match(await neutral.textContent(), /Green: read the statement/);
    // A member that nobody knows is shown too: nothing is signed unseen.
    await open(page, named('more.json', `${JSON.stringify({ ...lms, zzz: { secret_clause: ['We owe nothing.'] } }, null, 2)}\n`));
    assert.match(await page.locator('#content-of').textContent(), /zzz, secret clause\s*We owe nothing\./);
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
    assert.match(await page.locator('#content-of').textContent(), /Signature of the signatory: fits these bytes/);
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
    assert.match(await page.locator('#content-of').textContent(), /Signature of the signatory: The signature does not fit the document/);
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

// ---- On the registry's own pages -----------------------------------------------------------------------------------------

const CLOUD = 'example-learning/example-cloud';

async function handedOver(page, envelope = join(FILES, 'handover.json')) {
  await page.goto('/suppliers/official');
  await page.getByLabel('The envelope that the officer handed you').setInputFiles(envelope);
  await page.getByRole('button', { name: 'Show me what I am asked to vouch for' }).click();
}

async function tickAll(page) {
  for (const tick of await page.locator('#ticks input').all()) await tick.check();
}

// The context for the registry's pages: they may ask this server, and nobody else.
const online = (run, options = {}) => within({ baseURL: BASE, ...options }, async (page, asked) => {
  await run(page);
  assert.deepEqual(asked.filter(url => !url.startsWith(BASE)), [], 'nothing is asked of any other host');
});

if (BASE) {
  await check('the official sees what changed since they last vouched', async () => {
    await online(async page => {
      await handedOver(page);
      const words = await page.textContent('main');
      assert.match(words, /What changed since you last vouched/);
      assert.match(words, /You vouched for version 3/);
      assert.match(words, /\[removed: 30 days\] \[added: 14 days\]/);
      assert.match(words, /Signed with a key that is enrolled for the supplier's signatory; the signature holds/);
      assert.equal(await page.locator('#ticks input').count(), 5);
    });
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 320]) {
      await check(`the pages for those who sign, ${colorScheme}, ${width} px`, async () => {
        await within({ baseURL: BASE, colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async page => {
          await page.goto('/suppliers/keys');
          await sound(page, `keys-${colorScheme}-${width}`, width);
          await page.goto('/suppliers/official');
          await sound(page, `official-${colorScheme}-${width}`, width);
          await handedOver(page, named('broken.json', document.toString().slice(0, 3000)));
          await sound(page, `official-refused-${colorScheme}-${width}`, width);
          await handedOver(page);
          await page.locator('summary', { hasText: 'Read all 44 answers' }).click();
          await page.getByRole('button', { name: 'Sign', exact: true }).click();
          await page.locator('#sign [role=alert]:not(:empty)').waitFor();
          await sound(page, `official-review-${colorScheme}-${width}`, width);
        });
      });
    }
  }

  await check('what the officer hands over wrongly is refused in words', async () => {
    await online(async page => {
      for (const [given, message] of [
        ['{}', /this holds nothing/],
        ['{"document": "{}"}', /format|whole file|document/i],
        [document.toString().replaceAll('\n', '\r\n'), /line/i],
        [readFileSync(join(FILES, 'official')), /That was a private key, and it was forgotten at once/],
        [JSON.stringify({ signature: 'x' }), /The envelope holds no document/],
      ]) {
        await handedOver(page, named('given.json', given));
        assert.match(await page.textContent('.alert'), message);
      }
    });
  });

  await check('the official refuses, and the officer gets the reasons as a file', async () => {
    await online(async page => {
      await handedOver(page);
      await page.getByRole('button', { name: 'Make the file' }).click();
      assert.match(await told(page), /Write your reasons first/);
      await page.getByLabel('Your reasons, for the officer').fill('Q 5.7: who decided on 14 days?');
      await page.getByRole('button', { name: 'Make the file' }).click();
      const back = await saved(page, 'Download example-cloud-4.sent-back.txt');
      assert.match(back.text, /Version: 4\nDocument: sha256:[0-9a-f]{64}\n\nReasons:\n\nQ 5\.7: who decided on 14 days\?/);
    });
  });

  await check('a signature that ssh-keygen made is taken, and one that does not fit is not', async () => {
    const official = file('official-bare');
    writeFileSync(official, readFileSync(join(FILES, 'official')), { mode: 0o600 });
    good(['-p', '-P', PASSPHRASE, '-N', '', '-f', official]);
    await online(async page => {
      await handedOver(page);
      const { path, text } = await saved(page, 'Download example-cloud-4.json');
      const command = await page.locator('pre', { hasText: 'ssh-keygen -Y sign' }).textContent();
      assert.equal(command, `ssh-keygen -Y sign -f official_key -n countersignature@${REGISTRY} example-cloud-4.json`);
      await tickAll(page);
      const upload = page.locator('#upload');
      await upload.getByLabel("Your signature's file").setInputFiles(named('x.sig', signedByKeygen(official, `certification@${REGISTRY}`, text)));
      await upload.getByRole('button', { name: 'Take this signature' }).click();
      assert.match(await told(page), /made for another purpose/);
      rmSync(`${path}.sig`, { force: true });
      good(['-Y', 'sign', '-f', official, '-n', `countersignature@${REGISTRY}`, path]);
      await upload.getByLabel("Your signature's file").setInputFiles(`${path}.sig`);
      await upload.getByRole('button', { name: 'Take this signature' }).click();
      await page.getByRole('heading', { name: 'Publish it' }).waitFor();
      const whole = await saved(page, 'Download example-cloud-4.envelope.json');
      assert.equal(JSON.parse(whole.text).countersignature, readFileSync(`${path}.sig`, 'utf8'));
    });
  });

  await check('countersigned in the browser, published, and verified by stock ssh-keygen', async () => {
    await online(async page => {
      await handedOver(page);
      await sign(page, join(FILES, 'official'), PASSPHRASE);
      assert.match(await told(page), /Tick each of the commitments/);
      assert.equal(await page.getByLabel('Its passphrase').inputValue(), PASSPHRASE, 'nothing typed is lost');
      await tickAll(page);
      await sign(page, join(FILES, 'signatory'), PASSPHRASE);
      assert.match(await told(page), /The first signature is by the same key/);
      await sign(page, join(FILES, 'official'), PASSPHRASE);
      await page.getByRole('heading', { name: 'Publish it' }).waitFor();
      await page.getByRole('button', { name: 'Publish version 4' }).click();
      await page.getByText('Published: version 4.').waitFor();
      const receipt = JSON.parse((await saved(page, 'Download example-cloud-4.receipt.json')).text);
      assert.equal(receipt.version, 4);
      assert.ok(receipt.receipt.proof.startsWith('c2sp.org/tlog-proof@v1'));
      await page.getByRole('button', { name: 'Publish version 4' }).click();
      await page.getByText('It was published already: version 4.').waitFor();
      await page.getByRole('link', { name: 'Read it as schools do' }).click();
      assert.match(await page.textContent('main'), /Data is kept for 14 days/);
      await handedOver(page);
      assert.match(await page.textContent('main'), /This version is published already/);
    });
    const text = async path => (await fetch(`${BASE}${path}`)).text();
    const version = `/v1/certifications/${CLOUD}/versions/4`;
    const published = await text(`${version}/document`);
    for (const [role, purpose] of [['signatory', 'certification'], ['official', 'countersignature']]) {
      writeFileSync(file('allowed_signers'), await text('/v1/suppliers/example-learning/allowed_signers'));
      writeFileSync(file('signature'), await text(`${version}/signatures/${role}`));
      good(['-Y', 'verify', '-f', file('allowed_signers'), '-I', `${role}@example-learning`, '-n', `${purpose}@${REGISTRY}`, '-s', file('signature'), '-Overify-time=20250115120000Z'], published);
    }
  });

  await check('the signing page is served as a file to keep, the same that is opened here', async () => {
    await online(async page => {
      await page.goto('/suppliers/official');
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the signing page' }).click()]);
      await download.saveAs(file('sign.html'));
      assert.equal(readFileSync(file('sign.html'), 'utf8'), readFileSync(PAGE, 'utf8'));
      const { stdout } = spawnSync('sha256sum', [file('sign.html')], { encoding: 'utf8' });
      assert.equal(await page.locator('.digest').textContent(), stdout.split(' ')[0]);
    });
  });

  await check('without script the pages say how to sign all the same', async () => {
    await online(async page => {
      await page.goto('/suppliers/keys');
      assert.match(await page.textContent('main'), /certreg keygen --supplier/);
      await handedOver(page);
      assert.match(await page.textContent('main'), /certreg sign FILE --role official/);
    }, { javaScriptEnabled: false });
  });
}

// What axe-core finds nothing wrong with, and what fits the screen.
async function sound(page, name, width) {
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `the page is ${wide} px wide`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}\n${v.nodes[0].failureSummary}`), []);
}

await browser.close();
rmSync(folder, { recursive: true });
if (faults.length) {
  console.error(`${faults.length} checks failed`);
  process.exit(1);
}
