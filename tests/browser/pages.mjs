// Looks at the pages as people do, in a real Chromium: eyes of all kinds, keyboard only, no script, forced colours,
// paper, and the whole journey of a school. Run by `cargo test --features browser`, which starts the registry.
//
// Environment: BASE (the registry's address), OUT (where screenshots go), CHROMIUM (the browser's path), ONLY (checks
// with this in their name, all without it).
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { axe, browser, check, finish, focused, said } from './common.mjs';

const { BASE, OUT } = process.env;
const cloud = 'example-learning/example-cloud';
const mail = 'example-learning/example-mail';
const list = `s=${cloud}@2024~Oakfield&s=${mail}@2024-06&s=silent-supplier/old-service@2019&s=School%20Payments@2023`;

const PAGES = {
  home: '/',
  search: '/?q=cloud',
  'nothing-found': '/?q=zzz',
  said: '/?q=kept',
  find: '/find',
  'find-nothing': '/find?words=%3F',
  found: '/find?words=kept%20for%2030%20days',
  supplier: '/s/example-learning',
  certification: `/s/${cloud}`,
  'long-words': `/s/${mail}`,
  'words-found': `/s/${cloud}/history?words=${'w'.repeat(300)}`,
  'as-of': `/s/${cloud}?as_of=2024-06-01`,
  transcription: '/s/silent-supplier/old-service',
  version: `/s/${cloud}/versions/1`,
  history: `/s/${cloud}/history`,
  'ask-day': `/s/${cloud}/changes`,
  'bad-day': `/s/${cloud}/changes?since=31/6/2024`,
  since: `/s/${cloud}/changes?since=2024`,
  sides: `/s/${cloud}/changes?since=2024&view=sides`,
  all: `/s/${cloud}/changes?since=2024&view=all`,
  card: `/s/${cloud}/card`,
  'my-services-empty': '/my-services',
  'my-services': `/my-services?${list}`,
  'my-services-find': `/my-services?${list}&find=cloud`,
  'my-services-edit': `/my-services?${list}&edit=1`,
  governors: `/my-services/governors?${list}`,
  dpia: `/my-services/dpia?${list}`,
  cards: `/my-services/cards?${list}`,
  'compare-empty': '/compare',
  compare: `/compare?c=${cloud}&c=${mail}`,
  'compare-all': `/compare?c=${cloud}&c=${mail}&c=silent-supplier/old-service&show=all`,
  promptness: '/promptness',
  cases: '/cases',
  developers: '/developers',
  rules: '/how-we-sort-changes',
  accessibility: '/accessibility',
  privacy: '/privacy',
  verify: '/verify',
  'not-found': '/nothing/here',
};

async function within(options, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: BASE, ...options });
  try {
    await run(await context.newPage());
  } finally {
    await context.close();
  }
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 320]) {
    // axe-core runs inside the page, which the pages' own policy rightly forbids: it is set aside for this alone.
    await within({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async page => {
      for (const [name, path] of Object.entries(PAGES)) {
        await check(`${name}, ${colorScheme}, ${width} px`, async () => {
          await page.goto(path);
          await page.screenshot({ path: `${OUT}/${name}-${colorScheme}-${width}.png`, fullPage: true });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `the page is ${wide} px wide`);
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
          const told = violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}\n${v.nodes[0].failureSummary}`);
          assert.deepEqual(told, []);
        });
      }
    });
  }
}

await check('a keyboard alone gets everywhere, and sees where it is', async () => {
  await within({}, async page => {
    await page.goto(`/s/${cloud}`);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    const box = await page.locator('.skip').boundingBox();
    assert.ok(box.x >= 0 && box.y >= 0, 'the skip link is seen once it has the focus');
    await page.keyboard.press('Enter');
    await focused(page, 'content');
    const expected = await page.evaluate(() => document.querySelectorAll('main a[href], main input, main button, main summary').length);
    const seen = new Set();
    for (let n = 0; n < expected; n++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        return { html: element.outerHTML.slice(0, 200), outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
      });
      assert.ok(at.outlined, `no focus is seen on ${at.html}`);
      seen.add(at.html);
    }
    assert.ok(seen.size > 20, 'the focus moves on');
  });
});

await check('targets are large enough for fingers', async () => {
  await within({ viewport: { width: 320, height: 700 } }, async page => {
    await page.goto(`/my-services?${list}`);
    const small = await page.$$eval('button, select, input:not([type=hidden])', elements =>
      elements.filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML));
    assert.deepEqual(small, []);
  });
});

await check('forced colours leave every meaning', async () => {
  await within({ forcedColors: 'active' }, async page => {
    for (const name of ['since', 'certification', 'history']) {
      await page.goto(PAGES[name]);
      await page.screenshot({ path: `${OUT}/${name}-forced-colours.png` });
      const borders = await page.$$eval('.code, .tag', found => found.map(e => getComputedStyle(e).borderTopStyle));
      assert.ok(borders.length > 0 && borders.every(style => style !== 'none'), `${name}: marks keep their borders`);
    }
  });
});

await check('paper holds the text and none of the controls, with its structure', async () => {
  await within({}, async page => {
    for (const name of ['since', 'governors', 'cards']) {
      await page.goto(PAGES[name]);
      await page.emulateMedia({ media: 'print' });
      const shown = await page.$$eval('nav, form input:not([type=hidden]), form button', found => found.filter(e => e.checkVisibility()).length);
      assert.equal(shown, 0, `${name} prints controls`);
      const pdf = await page.pdf({ path: `${OUT}/${name}.pdf`, format: 'A4', tagged: true });
      assert.ok(pdf.includes('/StructTreeRoot'), `${name} is a tagged PDF`);
    }
  });
});

await check('the journey of a school, without script', async () => {
  await within({ javaScriptEnabled: false, acceptDownloads: true }, async page => {
    const left = [];
    page.on('request', request => { if (!request.url().startsWith(BASE)) left.push(request.url()); });
    await page.goto('/');
    await page.getByLabel('Search by the name of a service or supplier').fill('cloud');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: 'Example Cloud' }).click();
    await page.getByLabel('What changed since you signed up?').fill('4/1/2024');
    await page.getByRole('button', { name: 'Show what changed' }).click();
    assert.match(await said(page, 'h1'), /What changed since you signed up/);
    assert.match(await said(page, 'del'), /^\[removed: /);
    assert.match(await said(page), /not necessarily a negative/);
    await page.getByRole('link', { name: 'Before and after' }).click();
    await page.getByRole('link', { name: 'All answers' }).click();
    await page.waitForLoadState();
    assert.equal(await page.locator('article').count(), 44);
    await page.getByRole('link', { name: 'Add this service to my services' }).click();
    assert.match(page.url(), /\/my-services\?s=/);
    assert.match(await said(page), /1 of 1 service changed\. 1 needs your attention\./);
    await page.getByLabel('Search by name').fill('mail');
    await page.locator('form[role=search] button').click();
    await page.getByRole('button', { name: 'Add Example Mail (Example Learning Ltd)' }).click();
    await page.getByLabel('The day you signed up').fill('31/6/2024');
    await page.getByLabel('Your own label (optional)').fill('Oakfield');
    await page.getByRole('button', { name: 'Save to my list' }).click();
    assert.match(await said(page, '[role=alert]'), /could not read that as a day/);
    assert.equal(await page.getByLabel('Your own label (optional)').inputValue(), 'Oakfield', 'nothing typed is lost');
    await page.getByLabel('The day you signed up').fill('June 2024');
    await page.getByRole('button', { name: 'Save to my list' }).click();
    assert.match(decodeURIComponent(page.url()), /example-mail@2024-06-01~Oakfield$/);
    await page.getByRole('button', { name: 'Reviewed: compare from today entry 1' }).click();
    assert.match(await said(page), /compared from your review on/);
    await page.getByLabel('Or paste a list').fill('School Payments, 2023\nexample-learning/example-cloud, 2024-03');
    await page.locator('form[method=post] button').click();
    assert.match(await said(page), /School Payments/);
    await page.getByRole('link', { name: 'Summary for governors' }).click();
    assert.match(await said(page, 'pre'), /the governors reviewed 4 cloud services/);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Evidence pack of Example Cloud, entry 1' }).click(),
    ]);
    const pack = `${OUT}/evidence.zip`;
    await download.saveAs(pack);
    assert.ok(statSync(pack).size > 1000 && readFileSync(pack).subarray(0, 2).toString() === 'PK');
    await page.goto(`/s/${cloud}/versions/1`);
    const [document] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'The exact bytes that were signed' }).click()]);
    await document.saveAs(`${OUT}/document.json`);
    await page.goto('/verify');
    await page.getByLabel("A self-certification's file (JSON)").setInputFiles(`${OUT}/document.json`);
    await page.getByRole('button', { name: 'Look it up' }).first().click();
    assert.match(await said(page), /It is Version 1 of Example Cloud/);
    assert.deepEqual(left, [], 'nothing is asked of any other host');
    assert.deepEqual(await page.context().cookies(), [], 'no cookie is set');
  });
});

await finish();
