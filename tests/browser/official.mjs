// Goes through the registry's pages for those who sign: what the official sees, signs, publishes or sends back; then
// stock ssh-keygen verifies what was published. Run by `cargo test --features browser`, which starts the registry.
//
// Environment: BASE (the registry's address), PAGE (the signing page's file), FILES (a folder with the envelope that the
// officer hands over, and both keys), and that of common.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PASSPHRASE, REGISTRY, check, file, finish, good, named, said, saved, sign, signedByKeygen, sound, told, within } from './common.mjs';

const { BASE, PAGE, FILES } = process.env;
const document = readFileSync(new URL('../golden/version/lms.json', import.meta.url));
const CLOUD = 'example-learning/example-cloud';

async function handedOver(page, envelope = join(FILES, 'handover.json')) {
  await page.goto('/suppliers/official');
  await page.getByLabel('The envelope that the officer handed you').setInputFiles(envelope);
  await page.getByRole('button', { name: 'Show me what I am asked to vouch for' }).click();
  await page.waitForLoadState();
}

async function tickAll(page) {
  for (const tick of await page.locator('#ticks input').all()) await tick.check();
}

// The context for the registry's pages: they may ask this server, and nobody else.
const online = (run, options = {}) => within({ baseURL: BASE, ...options }, async (page, asked) => {
  await run(page);
  assert.deepEqual(asked.filter(url => !url.startsWith(BASE)), [], 'nothing is asked of any other host');
});

await check('the official sees what changed since they last vouched', async () => {
  await online(async page => {
    await handedOver(page);
    const words = await said(page);
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
      ['{"document": "{}"}', /this holds nothing/],
      [document.toString().replaceAll('\n', '\r\n'), /line/i],
      [readFileSync(join(FILES, 'official')), /That was a private key, and it was forgotten at once/],
      [JSON.stringify({ signature: 'x' }), /The envelope holds no document/],
    ]) {
      await handedOver(page, named('given.json', given));
      assert.match(await said(page, '.alert'), message);
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
    assert.match(await said(page), /Data is kept for 14 days/);
    await handedOver(page);
    assert.match(await said(page), /This version is published already/);
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
    assert.match(await said(page), /certreg keygen --supplier/);
    await handedOver(page);
    assert.match(await said(page), /certreg sign FILE --role official/);
  }, { javaScriptEnabled: false });
});

await finish();
