// What the scripts for a real Chromium share: the browser, stock ssh-keygen, and what a sound page is.
//
// Environment: OUT (where files and screenshots go), CHROMIUM (the browser's path), ONLY (checks with this in their name).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { OUT, CHROMIUM = '/usr/bin/chromium', ONLY = '' } = process.env;
export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const REGISTRY = 'certreg.example';
export const PASSPHRASE = 'four words and a café';

mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(join(OUT, 'files-'));
export const file = name => join(folder, name);
export const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
});
// Whatever hangs, the browser ends with this process.
setTimeout(() => { console.error('The browser took longer than ten minutes.'); process.exit(1); }, 600_000).unref();

const faults = [];
export async function check(name, run) {
  if (!name.includes(ONLY)) return;
  try {
    await run();
    console.log(`ok      ${name}`);
  } catch (error) {
    faults.push(name);
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

export function keygen(args, input) {
  const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

export function good(args, input) {
  const { status, stdout, stderr } = keygen(args, input);
  assert.equal(status, 0, `ssh-keygen ${args.join(' ')}: ${stderr}`);
  return stdout;
}

export function newKey(name, ...args) {
  good(['-q', '-t', 'ed25519', '-C', name, '-f', file(name), ...args]);
  return file(name);
}

// What ssh-keygen writes for the same key, namespace and bytes.
export function signedByKeygen(key, namespace, bytes) {
  const path = file('to-sign');
  writeFileSync(path, bytes);
  rmSync(`${path}.sig`, { force: true });
  good(['-Y', 'sign', '-f', key, '-n', namespace, path]);
  return readFileSync(`${path}.sig`, 'utf8');
}

export function verified(publicKey, principal, namespace, signature, bytes) {
  writeFileSync(file('ring'), `${principal} namespaces="${namespace}" ${publicKey}\n`);
  writeFileSync(file('sig'), signature);
  return keygen(['-Y', 'verify', '-f', file('ring'), '-I', principal, '-n', namespace, '-s', file('sig')], bytes).status === 0;
}

export async function within(options, run) {
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

export async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
  const path = file(download.suggestedFilename());
  await download.saveAs(path);
  return { path, name: download.suggestedFilename(), text: readFileSync(path, 'utf8') };
}

export const named = (name, content) => ({ name, mimeType: 'application/json', buffer: Buffer.from(content) });

export async function sign(page, key, passphrase = '') {
  await page.getByLabel('Your private key file').setInputFiles(key);
  await page.getByLabel('Its passphrase').fill(passphrase);
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
}

// What a place of the page says. A click ends when the next page begins to come: it is whole before it is read.
export async function said(page, place = 'main') {
  await page.waitForLoadState();
  return page.textContent(place);
}

// A link to a place in the page gives it the focus a moment after the click, once the address has changed.
export const focused = (page, id) => page.locator(`[id="${id}"]:focus`).waitFor();

// The message in an alert; the page has said nothing before.
export async function told(page, within = 'body') {
  const alert = page.locator(`${within} [role=alert]:not(:empty)`);
  await alert.waitFor();
  return alert.textContent();
}

// What axe-core finds nothing wrong with, and what fits the screen.
export async function sound(page, name, width) {
  await page.waitForLoadState();
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `the page is ${wide} px wide`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}\n${v.nodes[0].failureSummary}`), []);
}

// Ends the browser, and the process with what was found.
export async function finish() {
  await browser.close();
  rmSync(folder, { recursive: true });
  if (faults.length) console.error(`${faults.length} checks failed`);
  process.exit(faults.length ? 1 : 0);
}
