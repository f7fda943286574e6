import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../until.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

const WAIT_MS = 30_000;

let site: DemoSite;
const passwords = new Map<string, string>();
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    for (const [name, role] of [
      ['eva', 'engineer'],
      ['otto', 'operator'],
      ['vera', 'viewer'],
    ] as const)
      passwords.set(name, await site.addUser(name, role));
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };
/** The site does not know a browser that has not signed in, and the browser writes down that it was told so. */
const UNKNOWN_FIRST = /401/;

const signedIn = (name: string, view = {}): Promise<Window> =>
  site.signedIn(name, passwords.get(name) ?? '', view);

async function at(window: Window, place: string): Promise<Page> {
  await window.go(`/#/pictures${place}`);
  return window.page;
}

const target = (page: Page, id: string): Locator => page.locator(`g[data-of="${id}"] .target`);

async function press(of: Locator): Promise<void> {
  await of.waitFor({ state: 'attached' });
  await of.focus();
  await of.press('Enter');
}

const SHOWN = { line1: 'flow', packaging: 'air-value', utilities: 'air-pressure' };

test('each picture of the demo shows live values, with their units, and they change', browser, async () => {
  await using window = await signedIn('vera');
  for (const [name, id] of Object.entries(SHOWN)) {
    const page = await at(window, `/${name}`);
    const text = page.locator(`#${id}`);
    await until(
      `a value in ${name}`,
      async () => /^[\d.]+\s\S+/.test((await text.textContent()) ?? ''),
      WAIT_MS,
    );
    const first = await text.textContent();
    await until(`another value in ${name}`, async () => (await text.textContent()) !== first, 60_000);
    assert.equal(await page.getByRole('alert').count(), 0);
  }
  window.assertQuiet(UNKNOWN_FIRST);
});

test(
  'the keyboard reaches what is bound, by name; a faceplate writes, is confirmed, and is told limits',
  browser,
  async () => {
    await using window = await signedIn('otto');
    const page = await at(window, '/line1');
    await page.getByRole('button', { name: /^pump speed, \d+/ }).waitFor({ state: 'attached' });
    await press(target(page, 'discharge-valve'));
    const face = page.getByRole('complementary', { name: 'Faceplate of hall/line1/pump/valve_setpoint' });
    await face.getByRole('definition').filter({ hasText: '20 to 100 %' }).waitFor();
    await face.getByRole('textbox', { name: 'Value' }).fill('5');
    await face.getByLabel('Reason').fill('tried');
    await face.getByRole('button', { name: 'Write' }).click();
    await face.getByText('Refused: nothing was written').waitFor({ timeout: WAIT_MS });
    assert.match((await face.getByRole('status').last().textContent()) ?? '', /Limit: range/);
    await face.getByRole('textbox', { name: 'Value' }).fill('64');
    await face.getByRole('button', { name: 'Write' }).click();
    await face.getByText('Confirmed by the feedback tag').waitFor({ timeout: WAIT_MS });
    const position = page.locator('#valve-position');
    await until(
      'the valve in the picture',
      async () => /^6[345]/.test((await position.textContent()) ?? ''),
      WAIT_MS,
    );
    await face.getByText('Mode').waitFor();
    await page.keyboard.press('Escape');
    await face.waitFor({ state: 'detached' });
    window.assertQuiet(UNKNOWN_FIRST);
  },
);

test('what is bad is shown as unknown, and never as the value of before', browser, async () => {
  await using window = await signedIn('vera');
  const page = await at(window, '/line1');
  const speed = page.locator('#pump-speed');
  await until('a speed', async () => /^\d/.test((await speed.textContent()) ?? ''), WAIT_MS);
  const { stderr, status } = await site.box.run('plant', 'fault', 'device-silent', '--device', 'pumps');
  assert.equal(status, 0, stderr);
  await until('nothing known', async () => (await speed.textContent()) === '?', 60_000);
  await page.getByRole('button', { name: /^pump speed, not known, bad/ }).waitFor({ state: 'attached' });
  assert.equal(await page.locator('g[data-of="pump-speed"] .doubt').getAttribute('data-doubt'), 'unknown');
  await site.box.run('plant', 'fault', 'device-silent', '--off', '--device', 'pumps');
  await until('a speed again', async () => /^\d/.test((await speed.textContent()) ?? ''), 60_000);
});

const HOSTILE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" onload="window.ran = 1">
<script>window.ran = 2</script><foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
<rect id="bar" x="20" y="20" width="60" height="160" fill="#888888" onclick="window.ran = 3"/>
<text id="reading" x="200" y="100" font-size="24">0</text></svg>`;

test(
  'a dropped drawing is shown without what would run, and is bound by pointing at it',
  browser,
  async () => {
    await using window = await signedIn('eva');
    const page = await at(window, '');
    const buffer = Buffer.from(HOSTILE);
    await page
      .getByLabel('Drawing')
      .setInputFiles({ name: 'Mixer 2.svg', mimeType: 'image/svg+xml', buffer });
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('heading', { name: 'Edit Mixer 2' }).waitFor({ timeout: WAIT_MS });
    const told = page.getByLabel('What was taken out');
    for (const what of ['element script', 'element foreignObject', 'attribute onclick', 'attribute onload'])
      await told.getByText(what).waitFor();
    await page.locator('#reading').click();
    const form = page.getByLabel('What reading shows');
    await form.getByLabel('Tag').fill('tank/level');
    await form.getByRole('button', { name: /hall\/line1\/tank\/level / }).click();
    const reading = page.locator('#reading');
    const live = async () => /^[\d.]+\s%$/.test((await reading.textContent()) ?? '');
    await until('the value in the preview', live, WAIT_MS);
    await page.reload();
    await until('the edit after a reload', live, WAIT_MS);
    await page.getByLabel('Reason').fill('shown at the mixer');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved, and in effect.').waitFor({ timeout: WAIT_MS });
    await at(window, '/mixer-2');
    await until('the value in the picture', live, WAIT_MS);
    assert.equal(await page.locator('svg script, svg foreignObject').count(), 0);
    assert.equal(await page.evaluate('window.ran'), undefined);
    window.assertQuiet(UNKNOWN_FIRST);
  },
);

test('who may not draw is offered no editor, not by its address either', browser, async () => {
  await using window = await signedIn('vera');
  const page = await at(window, '/line1?edit');
  await target(page, 'tank').waitFor({ state: 'attached' });
  assert.equal(await page.getByRole('button', { name: 'Edit' }).count(), 0);
  assert.equal(await page.getByLabel('Elements', { exact: true }).count(), 0);
  await at(window, '');
  await page.getByRole('heading', { name: 'Pictures', level: 1 }).waitFor();
  assert.equal(await page.getByText('New picture').count(), 0);
});

test('a narrow window shows a readable part, and nothing sticks out', browser, async () => {
  await using window = await signedIn('otto', { width: 390, height: 844 });
  const page = await at(window, '/line1');
  const text = page.locator('#inflow-position');
  await until('a value', async () => /^\d/.test((await text.textContent()) ?? ''), WAIT_MS);
  const box = await text.boundingBox();
  assert.ok(box && box.height >= 12 && box.x < 390, JSON.stringify(box));
  await press(target(page, 'inflow-valve'));
  await page.getByRole('complementary').getByRole('textbox', { name: 'Value' }).waitFor();
  assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 390);
  window.assertQuiet(UNKNOWN_FIRST);
});

test('what is only written is listed without a value, and is not called bad', browser, async () => {
  await using window = await signedIn('otto');
  const page = await at(window, '/line1');
  await press(target(page, 'pump'));
  const row = page.getByRole('complementary').getByRole('listitem').filter({ hasText: 'heartbeat' });
  await until('its value', async () => ((await row.textContent()) ?? '').endsWith('–'), WAIT_MS);
  assert.doesNotMatch((await row.textContent()) ?? '', /bad/);
  // The pump's controller tells a wave of many values, too.
  const wide = await page
    .getByRole('complementary', { name: /^Faceplate/ })
    .evaluate(
      (face: { readonly scrollWidth: number; readonly clientWidth: number }) =>
        face.scrollWidth - face.clientWidth,
    );
  assert.equal(wide, 0, 'no value pushes others out of sight');
});
