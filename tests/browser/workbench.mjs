// The workbench in a real Chromium, as a supplier's compliance officer uses it: from a Word form to a signed, published
// version, which stock ssh-keygen then verifies. Run by `cargo test --features browser`, which starts the registry.
//
// Environment: BASE (the registry's address), FILES (a folder with the key files 'signatory' and 'official' of
// example-learning, both with the passphrase below), OUT (where screenshots and files go), CERTREG (the
// program), CHROMIUM (the browser's path), ONLY (checks with this in their name).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { PASSPHRASE, axe, browser, check, file, finish, focused, said } from './common.mjs';

const { BASE, FILES, OUT, CERTREG } = process.env;
const START = '/suppliers/start';

async function within(options, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: BASE, ...options });
  context.setDefaultTimeout(15_000);
  try {
    await run(await context.newPage());
  } finally {
    await context.close();
  }
}

// ---- A form, as Word writes it ---------------------------------------------------------------------------------------

const edition = await (await fetch(`${BASE}/v1/editions/dfe-2018-gdpr`)).json();
const { registry } = await (await fetch(`${BASE}/v1`)).json();
const xml = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const paragraph = text => `<w:p><w:r><w:t xml:space="preserve">${xml(text)}</w:t></w:r></w:p>`;
const row = cells => `<w:tr>${cells.map(cell => `<w:tc>${[cell].flat().map(paragraph).join('')}</w:tc>`).join('')}</w:tr>`;
const table = rows => `<w:tbl>${rows.join('')}</w:tbl>`;

function formXml(service) {
  const filled = words => words.replaceAll('[supplier]', 'Example Learning Ltd').replaceAll('[service]', service).replaceAll('[service_url]', 'www.example.org').replaceAll('[official]', 'Grace Smith');
  const number = id => id.slice(1);
  const parts = ['Cloud Software Services for Schools', 'Supplier self-certification statements with service and support commitments',
    'Please insert supplier details below'].map(paragraph);
  parts.push(table([['Supplier name', 'Example Learning Ltd'], ['Address', '1 High Street, Leeds, LS1 1AA'], ['Contact name', 'Ada Jones'],
    ['Contact email', 'privacy@example.org'], ['Contact telephone', '0113 496 0000']].map(row)));
  parts.push(paragraph('1. Supplier commitments'),
    paragraph(`In order that schools can be confident regarding the accuracy of the self-certification statements made in respect of the ${service} service, the supplier confirms:`),
    ...edition.commitments.map(({ text }) => paragraph(`- ${filled(text)}`)));
  for (const section of edition.sections) {
    parts.push(paragraph(`${section.number}. Supplier Response - ${section.title}`));
    const asked = edition.questions.filter(({ id }) => id.startsWith(`q${section.number}.`));
    parts.push(table([row(['Question', 'Supplier Response Code', 'Response Statement with Supporting Evidence (where applicable)']),
      ...asked.map(({ id, text }) => row([`Q ${number(id)} – ${text}`, '', [`We answer question ${number(id)} fully.`, 'See our policy, section 7.2.']]))]));
  }
  parts.push(paragraph('Appendix 1: Availability and extent of support available to schools when using cloud software services.'));
  for (const area of edition.support_areas) {
    parts.push(paragraph(`${number(area.id)} ${area.title.toUpperCase()}`), ...(area.guidance ?? []).map(paragraph),
      paragraph(area.id === 's3.1' ? 'Write to help@example.org or call 0161 496 0000, day or night.' : `Support ${number(area.id)} is in place.`));
  }
  return `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${parts.join('')}</w:body></w:document>`;
}

// A packed file with one compressed entry (PKWARE APPNOTE 4.3). Its checksum is left at 0.
function packed(name, text) {
  const content = deflateRawSync(text);
  const sizes = [content.length, Buffer.byteLength(text)];
  const head = (signature, ...numbers) => {
    const bytes = Buffer.alloc(4 + numbers.reduce((sum, [, size]) => sum + size, 0));
    bytes.writeUInt32LE(signature);
    let at = 4;
    for (const [value, size] of numbers) at = bytes.writeUIntLE(value, at, size);
    return bytes;
  };
  const common = [[0, 2], [8, 2], [0, 2], [0, 2], [0, 4], [sizes[0], 4], [sizes[1], 4], [name.length, 2], [0, 2]];
  const local = Buffer.concat([head(0x04034b50, [20, 2], ...common), Buffer.from(name), content]);
  const central = Buffer.concat([head(0x02014b50, [20, 2], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [0, 4]), Buffer.from(name)]);
  return Buffer.concat([local, central, head(0x06054b50, [0, 2], [0, 2], [1, 2], [1, 2], [central.length, 4], [local.length, 4], [0, 2])]);
}

// ---- What a person does ----------------------------------------------------------------------------------------------

const field = (page, pointer) => page.locator(`[id="${pointer}"]`);
const told = page => page.locator('#told').textContent();
const wrong = page => page.locator('#wrong').textContent();
// What the browser has kept when somebody leaves the page now.
const kept = page => page.evaluate(() => {
  dispatchEvent(new Event('pagehide'));
  return JSON.parse(localStorage.getItem('certreg-workbench'));
});
const toView = (page, view) => page.evaluate(view => { location.hash = view; }, view);
const heading = page => page.evaluate(() => document.activeElement.textContent);

async function openDraft(page, name, content) {
  await page.goto(`${START}#begin`);
  await page.getByLabel('A Word document (.docx), a text file, or a draft that you saved').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
  await page.getByRole('button', { name: 'Read it' }).click();
}

async function downloaded(page, name, act) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  await download.saveAs(file(name));
  return readFileSync(file(name), 'utf8');
}

// Everything that the form did not say.
async function fillIn(page, service) {
  await toView(page, 'details');
  await field(page, '/service').fill(service);
  await field(page, '/service_url').fill('https://www.example.org/');
  await toView(page, 'people');
  await field(page, '/signatory/person').fill('Ann Example');
  await field(page, '/signatory/title').fill('Data Protection Lead');
  await field(page, '/completed_on').fill('14/1/2025');
  await field(page, '/official/title').fill('Director');
}

async function colours(page, except = {}) {
  await toView(page, 'colours');
  for (const { id } of edition.questions) {
    await page.locator(`[data-view="colours"] input[name="grid/responses/${id}"][value="${except[id] ?? 'green'}"]`).check();
  }
}

async function accessible(page, name, width) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `${name} is ${wide} px wide`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map(v => `${name}: ${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 300)}\n${v.nodes[0].failureSummary}`), []);
}

const form = packed('word/document.xml', formXml('Example Notes'));
writeFileSync(file('form.docx'), form);

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 320]) {
    await check(`every view, ${colorScheme}, ${width} px`, async () => {
      // axe-core runs inside the page, which its policy rightly forbids: it is set aside for this alone.
      await within({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async page => {
        await page.goto(START);
        await accessible(page, 'begin', width);
        await openDraft(page, 'form.docx', form);
        await page.locator('[data-view="colours"]').waitFor();
        await toView(page, 'section-5');
        await page.locator('[data-view="section-5"] [data-add]').first().click();
        await page.locator('[data-view="section-5"] summary').first().click();
        for (const view of ['tasks', 'details', 'colours', 'section-3', 'section-5', 'support', 'commitments', 'people', 'change', 'check', 'sign']) {
          await toView(page, view);
          if (view === 'check') {
            await page.getByRole('button', { name: 'Check', exact: true }).click();
            await page.getByRole('heading', { name: /There are \d+ problems/ }).waitFor();
          }
          await page.locator(`[data-view="${view}"]`).waitFor();
          await page.screenshot({ path: `${OUT}/workbench-${view}-${colorScheme}-${width}.png`, fullPage: true });
          await accessible(page, view, width);
        }
      });
    });
  }
}

await check('the journey of a supplier: import, edit, check, preview, sign, countersign, published', async () => {
  await within({ acceptDownloads: true }, async page => {
    const left = [];
    page.on('request', request => { if (!request.url().startsWith(BASE) && !request.url().startsWith('blob:')) left.push(request.url()); });
    page.on('console', message => { if (message.type() === 'error' && !/40\d|422/.test(message.text())) left.push(message.text()); });
    await page.goto('/');
    await page.getByRole('link', { name: 'Publish your self-certification' }).click();
    await page.getByLabel('A Word document (.docx), a text file, or a draft that you saved').setInputFiles(file('form.docx'));
    await page.getByRole('button', { name: 'Read it' }).click();
    await page.locator('[data-view="colours"]').waitFor();
    await page.getByText('The form was read.').waitFor();
    assert.match(await told(page), /The form was read\. Nothing was guessed/);
    assert.equal(await heading(page), 'All colours on one page');
    await colours(page, { 'q5.7': 'amber' });
    await fillIn(page, 'example-notes');
    assert.equal(await field(page, '/official/person').inputValue(), 'Grace Smith', 'the form named the official');
    assert.equal(await field(page, '/completed_on').inputValue(), '2025-01-14', 'as it stands in the document');
    await toView(page, 'section-5');
    await field(page, '/responses/q5.7/statement').fill('Media files are not yet encrypted at rest.\r\n\r\nAll else is – by December, média too.\u200b');
    await page.locator('[data-add="/responses/q5.7/evidence"]').click();
    await field(page, '/responses/q5.7/evidence/0/title').fill('Encryption policy');
    await field(page, '/responses/q5.7/evidence/0/url').fill('example.org/policy');

    // What is wrong is listed, and each item leads to its field.
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    const problem = page.locator('#wrong a');
    await problem.first().waitFor();
    assert.deepEqual(await problem.allTextContents(), ['Q 5.7, Its address: A link begins with https:// or http://, names a host and carries no user name.']);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'wrong');
    await problem.click();
    await focused(page, '/responses/q5.7/evidence/0/url');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-invalid')), 'true');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('https://example.org/policy');
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('Nothing is wrong with the draft.').waitFor();

    // The schools' own template, in a tab of its own.
    const [preview] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Preview the whole statement' }).click()]);
    await preview.waitForURL(/preview/);
    const text = await said(preview, 'body');
    assert.match(text, /Draft: not published\./);
    assert.match(text, /Media files are not yet encrypted at rest\./);
    await preview.close();
    const [difference] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'What schools will see as changed' }).click()]);
    await difference.waitForURL(/difference/);
    assert.match(await said(difference), /This will be its first version/);
    await difference.close();

    // The exact bytes, and a signature with a key file that never leaves the page.
    await toView(page, 'sign');
    const document = await downloaded(page, 'notes.json', () => page.getByRole('link', { name: 'Download example-notes-1.json' }).click());
    assert.ok(!document.includes('\r') && document.includes('média too."') && !document.includes('TODO'), 'canonical, with what was typed');
    await page.getByLabel('Your private key file').setInputFiles(join(FILES, 'signatory'));
    await page.getByLabel('Its passphrase', { exact: true }).fill('not the passphrase');
    await page.locator('#browser-sign button').click();
    await page.locator('#wrong').getByText(/passphrase/i).waitFor();
    await page.getByLabel('Its passphrase', { exact: true }).fill(PASSPHRASE);
    await page.locator('#browser-sign button').click();
    await page.getByText('The signatory has signed.').waitFor();

    // To the official, who reads and signs on a page of their own and sends the file back.
    const handed = await downloaded(page, 'handed.json', () => page.getByRole('link', { name: 'Download the file for the official' }).click());
    assert.equal(JSON.parse(handed).document, document);
    const returned = await countersigned(page.context());
    const back = { name: 'returned.json', mimeType: 'application/json' };
    const takeBack = async envelope => {
      await page.getByLabel('The file that came back from the official').setInputFiles({ ...back, buffer: Buffer.from(envelope) });
      await page.getByRole('button', { name: 'Take it' }).click();
    };
    await takeBack(handed);
    await page.getByText('The official’s signature is not in this file yet.').waitFor();
    await takeBack(returned.replace('fully', 'nearly'));
    await page.getByText('does not fit its text').waitFor();
    await takeBack(returned);
    await page.getByText('The official has signed.').waitFor();
    await page.getByText('Everything is there.').waitFor();
    await page.reload();
    await page.getByText('Everything is there.').waitFor();
    await page.screenshot({ path: `${OUT}/workbench-signed.png`, fullPage: true });

    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByRole('heading', { name: 'Version 1 is published' }).waitFor();
    const receipt = JSON.parse(await downloaded(page, 'receipt.json', () => page.getByRole('link', { name: 'Download the receipt' }).click()));
    assert.equal(receipt.version, 1);
    await page.getByRole('link', { name: 'See version 1 as schools see it' }).click();
    assert.match(await said(page), /Media files are not yet encrypted at rest\./);
    assert.deepEqual(left, [], 'nothing is asked of any other host, and nothing went wrong unseen');
    assert.deepEqual(await page.context().cookies(), [], 'no cookie is set');
    await verified(document, receipt);
  });
});

async function countersigned(context) {
  const page = await context.newPage();
  await page.goto('/suppliers/official');
  await page.getByLabel('The envelope that the officer handed you').setInputFiles(file('handed.json'));
  await page.getByRole('button', { name: 'Show me what I am asked to vouch for' }).click();
  assert.match(await said(page), /Media files are not yet encrypted at rest\./);
  for (const tick of await page.locator('#ticks input').all()) await tick.check();
  await page.getByLabel('Your private key file').setInputFiles(join(FILES, 'official'));
  await page.getByLabel('Its passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
  const signed = await downloaded(page, 'returned.json', () => page.locator('#envelope-link a').click());
  await page.close();
  return signed;
}

function run(program, args, input) {
  const { status, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
}

// What is published is what was signed, says stock ssh-keygen with the ring that the registry serves.
async function verified(document, receipt) {
  const get = async path => (await fetch(`${BASE}${path}`)).text();
  const version = '/v1/certifications/example-learning/example-notes/versions/1';
  assert.equal(await get(`${version}/document`), document);
  writeFileSync(file('ring'), await get('/v1/suppliers/example-learning/allowed_signers'));
  for (const [role, namespace] of [['signatory', 'certification'], ['official', 'countersignature']]) {
    writeFileSync(file(`${role}.sig`), await get(`${version}/signatures/${role}`));
    const when = receipt.published_at.replace(/[-:T]/g, '').replace(/\.\d+/, '');
    run('ssh-keygen', ['-Y', 'verify', '-f', file('ring'), '-I', `${role}@example-learning`, '-n', `${namespace}@${registry}`, '-s', file(`${role}.sig`), `-Overify-time=${when}`], document);
  }
}

await check('nothing changed: confirmed in a minute, straight to signing', async () => {
  await within({}, async page => {
    await page.goto(`${START}?from=example-learning/example-cloud`);
    assert.equal(await page.locator('#from').inputValue(), 'example-learning/example-cloud');
    await page.getByRole('button', { name: 'Nothing changed: confirm it' }).click();
    await page.locator('#signing').waitFor();
    assert.match(await told(page), /Nothing is changed but the day\./);
    const { document } = await kept(page);
    assert.equal(document.change.kind, 'reaffirmation');
    await page.getByLabel('Your private key file').setInputFiles(join(FILES, 'signatory'));
    await page.getByLabel('Its passphrase', { exact: true }).fill(PASSPHRASE);
    await page.locator('#browser-sign button').click();
    await page.getByText('The signatory has signed.').waitFor();
    assert.match(await page.locator('#publish-state').textContent(), /Still missing: the official’s signature/);

    // Who signs may have changed; a changed word takes the signature back.
    await toView(page, 'people');
    await field(page, '/signatory/title').fill('Head of Compliance');
    assert.match(await told(page), /does not fit it any more/);
    const changed = await kept(page);
    assert.deepEqual([changed.document.signatory.title, changed.signed], ['Head of Compliance', null]);
  });
});

await check('a draft that something newer overtook takes its place after it', async () => {
  await within({}, async page => {
    const { document, people } = await (await fetch(`${BASE}${START}/current?from=example-learning/example-cloud&as=reaffirmation`)).json();
    const { version } = document;
    const late = { ...document, version: 1, change: { kind: 'initial' }, previous: undefined };
    await openDraft(page, 'late.json', JSON.stringify({ document: JSON.stringify(late), people: Object.values(people) }));
    await page.getByText('The draft was read.').waitFor();
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByRole('button', { name: `Make this version ${version}, after what is published` }).click();
    await page.getByRole('link', { name: /Kind of version: Nothing differs from the current version/ }).click();
    await focused(page, '/change/kind');
    await field(page, '/change/kind').selectOption('reaffirmation');
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('Nothing is wrong with the draft.').waitFor();
    assert.equal((await kept(page)).document.previous, document.previous);
  });
});

await check('what is typed is kept, and two tabs never overwrite each other', async () => {
  await within({ acceptDownloads: true }, async page => {
    await page.goto(START);
    await page.getByRole('button', { name: 'Begin with an empty form' }).click();
    await toView(page, 'details');
    await field(page, '/service_name').fill('Typed here');
    assert.equal((await kept(page)).document.service_name, 'Typed here');
    const other = await page.context().newPage();
    await other.goto(`${START}#details`);
    assert.equal(await field(other, '/service_name').inputValue(), 'Typed here', 'a reload loses nothing');
    await field(other, '/service_name').fill('Typed there');
    await page.getByText('Your draft was changed in another tab').waitFor();
    await field(page, '/supplier_name').fill('Typed here as well');
    assert.equal((await kept(page)).document.service_name, 'Typed there', 'nothing is overwritten before a person has chosen');
    const saved = await downloaded(page, 'conflict.json', () => page.getByRole('button', { name: 'Save what is here to a file' }).click());
    assert.match(saved, /Typed here as well/);
    await page.getByRole('button', { name: 'Go on with what is here' }).click();
    await other.getByText('Your draft was changed in another tab').waitFor();
    await other.getByRole('button', { name: 'Show what the other tab has' }).click();
    assert.equal(await field(other, '/service_name').inputValue(), 'Typed here');
    await toView(other, 'begin');
    await other.getByRole('button', { name: 'Put it back' }).click();
    await toView(other, 'details');
    assert.equal(await field(other, '/service_name').inputValue(), 'Typed there', 'the other one can be put back');
  });
});

await check('a saved file comes back whole, and a bad one leaves what is there', async () => {
  await within({ acceptDownloads: true }, async page => {
    await openDraft(page, 'form.docx', form);
    await page.locator('[data-view="colours"]').waitFor();
    await fillIn(page, 'example-saved');
    await toView(page, 'tasks');
    const saved = await downloaded(page, 'saved.json', () => page.getByRole('button', { name: 'Save to a file' }).click());
    const before = await kept(page);
    // The command line reads it, and finds nothing wrong but what is still to be written.
    const { stdout } = spawnSync(CERTREG, ['check', '--json', file('saved.json')], { encoding: 'utf8' });
    const checked = JSON.parse(stdout);
    assert.deepEqual(checked.faults.filter(({ code }) => code !== 'still-to-write'), []);
    assert.equal(checked.faults.filter(({ pointer }) => pointer.endsWith('/code')).length, 37);
    for (const [name, content, words] of [
      ['hostile.json', '{"document": "{\\"edition\\": {\\"id\\": \\"x\\"}"}', /cannot be read/],
      ['other.json', JSON.stringify({ document: JSON.parse(saved).document.replaceAll('dfe-2018-gdpr', 'dfe-2031-next') }), /not published here/],
      ['form.pdf', '%PDF-1.7 …', /paste it/],
      ['bomb.docx', packed('word/document.xml', '<a>'.repeat(100_000)), /cannot be read here/],
      ['picture.docx', packed('other.xml', 'x'), /no Word document/],
    ]) {
      await openDraft(page, name, content);
      await page.getByRole('heading', { name: 'That did not work' }).waitFor();
      assert.match(await wrong(page), words);
      assert.deepEqual((await kept(page)).document, before.document, `${name} changed nothing`);
    }
    await page.getByRole('button', { name: 'Begin with an empty form' }).click();
    await openDraft(page, 'saved.json', saved);
    await page.getByText('The draft was read.').waitFor();
    const after = await kept(page);
    for (const role of ['signatory', 'official', 'contact']) {
      assert.equal(after.people[role].name, before.people[role].name, role);
      delete after.document[role]?.person;
    }
    assert.deepEqual(after.document.responses, before.document.responses);
    assert.deepEqual(after.document.signatory, before.document.signatory);

    // The older wording has its own page, to which its draft leads.
    const older = JSON.parse(JSON.parse(saved).document);
    const digest = (await (await fetch(`${BASE}/v1/editions`)).json()).items.find(item => item.id === 'dfe-2016-dpa').digest;
    older.edition = { id: 'dfe-2016-dpa', digest };
    await openDraft(page, 'older.json', JSON.stringify(older));
    await page.waitForURL(/edition=dfe-2016-dpa/);
    assert.equal((await kept(page)).document.edition.id, 'dfe-2016-dpa');
    await page.getByRole('button', { name: 'Move my answers to the newer wording' }).click();
    await page.waitForURL(/edition=dfe-2018-gdpr/);
    assert.deepEqual((await kept(page)).document.responses, before.document.responses);
  });
});

await check('hostile words stay words, and impossible days are told', async () => {
  await within({}, async page => {
    const ran = [];
    page.on('dialog', dialog => { ran.push(dialog.message()); dialog.dismiss(); });
    await page.goto(START);
    await page.getByRole('button', { name: 'Begin with an empty form' }).click();
    await toView(page, 'section-3');
    const hostile = '<img src=x onerror=alert(1)> </script><script>alert(2)</script> ' + 'w'.repeat(10_000);
    await field(page, '/responses/q3.1/statement').fill(hostile);
    await field(page, '/responses/q3.2/statement').fill('a\u202eb');
    await toView(page, 'people');
    await field(page, '/completed_on').fill('31/2/2025');
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('#wrong a').first().waitFor();
    assert.match(await wrong(page), /Q 3\.2, Your statement/, 'what no document can hold is told with its place');
    await page.locator('#wrong a').first().click();
    await focused(page, '/responses/q3.2/statement');
    await field(page, '/responses/q3.2/statement').fill('ab');
    await toView(page, 'check');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByRole('link', { name: /The day on which the answers were completed/ }).waitFor();
    assert.equal(await field(page, '/completed_on').inputValue(), '31/2/2025', 'what was typed stays');
    await page.reload();
    await toView(page, 'section-3');
    assert.equal(await field(page, '/responses/q3.1/statement').inputValue(), hostile.trim());
    assert.deepEqual(ran, []);
  });
});

await check('a keyboard alone goes through the tasks', async () => {
  await within({}, async page => {
    await page.goto(START);
    await page.locator('#from-nothing button').focus();
    await page.keyboard.press('Enter');
    await page.locator('[data-view="tasks"]').waitFor();
    assert.equal(await heading(page), 'What there is to do');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('[data-view="details"]').waitFor();
    assert.equal(await heading(page), 'Your company and the service');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Example Learning Ltd');
    assert.equal(await field(page, '/supplier_name').inputValue(), 'Example Learning Ltd');
  });
});

await check('only the page’s own script runs, and without script the page says what to do', async () => {
  await within({}, async page => {
    const response = await page.goto(START);
    const policy = response.headers()['content-security-policy'];
    assert.match(policy, /script-src 'sha256-/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return window.injected ?? false;
    });
    assert.equal(ran, false);
    const home = await page.goto('/');
    assert.doesNotMatch(home.headers()['content-security-policy'], /script-src/);
  });
  await within({ javaScriptEnabled: false }, async page => {
    await page.goto(START);
    assert.match(await said(page), /certreg import form\.txt --own/);
    assert.equal(await page.locator('#app').isVisible(), false);
  });
});

await finish();
