import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../until.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/*
 * The console as people use it: a real browser before a real site that reads the real plant.
 */

const SETPOINT = 'hall/line1/pump/speed_setpoint';
/** What a first visit may take over the wire, in bytes; a page more is loaded when it is opened. */
const FIRST_LOAD = 350_000;
/** Each is a way there and back over a slow link, several at a time. */
const MOST_SCRIPTS = 8;

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('mia', 'operator');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };
const mia = (view = {}): Promise<Window> => site.signedIn('mia', password, view);

test('the printed link signs in, shows live values, and its code stays in no address', browser, async () => {
  await using window = await site.chromium.open(site.origin);
  const { page } = window;
  await page.goto(site.takeLink());
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  assert.doesNotMatch(page.url(), /sign-in|#[\w-]{8}/);
  await page.getByText('riverside').first().waitFor();
  window.assertQuiet();
});

test('a first visit takes at most 350 kB, and all of it comes from the site', browser, async () => {
  await using window = await mia();
  await window.page.getByRole('region', { name: 'Sources' }).first().waitFor();
  const asked = await window.asked();
  const bytes = asked.filter(({ url }) => /assets|\/$/.test(url)).reduce((sum, one) => sum + one.bytes, 0);
  assert.ok(bytes > 50_000 && bytes <= FIRST_LOAD, `${bytes} bytes`);
  const scripts = asked.filter(({ url }) => url.endsWith('.js'));
  assert.ok(scripts.length <= MOST_SCRIPTS, `${scripts.length} scripts`);
  const whoLooks = asked.filter(({ url }) => url.endsWith('/api/access/me'));
  assert.equal(whoLooks.length, 1, 'what was asked before the program was there is not asked again');
  window.assertQuiet();
});

test('a wrong password is told with its reason, and nothing is shown of the site', browser, async () => {
  await using window = await site.chromium.open(site.origin);
  const { page } = window;
  await window.go('/');
  await page.getByLabel('Name').fill('mia');
  await page.getByLabel('Password').fill('not hers, for sure');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('name or password is wrong').waitFor();
  assert.equal(await page.getByText('Overview').count(), 0);
  window.assertQuiet(/401/);
});

test('a value on the page follows the machine', browser, async () => {
  await using window = await mia();
  await window.page.goto(`${site.origin}/#/tags/hall/line1/filler/fill_weight`);
  const value = window.page.locator('.tag-value .value');
  await until('a value', async () => /\d/.test(await value.innerText()));
  const first = await value.innerText();
  await until('another value', async () => (await value.innerText()) !== first, 30_000);
  window.assertQuiet();
});

test('the past of a tag is moved as trends are, and goes on when a length is chosen', browser, async () => {
  await using window = await mia();
  const { page } = window;
  await page.goto(`${site.origin}/#/tags/hall/line1/filler/fill_weight`);
  const past = page.getByRole('region', { name: 'Past' });
  const lines = past.locator('.trend-plot:not([data-asking]) .u-over');
  await lines.waitFor({ timeout: 60_000 });
  await past.getByRole('application', { name: /fill_weight: from .* to .*, last / }).waitFor();
  const hour = past.getByRole('button', { name: '1 h', exact: true });
  assert.equal(await hour.getAttribute('aria-pressed'), 'true');
  const box = await lines.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 3, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + box.width / 3, y, { steps: 5 });
  await page.mouse.up();
  await until('it stands still', async () => (await hour.getAttribute('aria-pressed')) === 'false');
  await hour.click();
  assert.equal(await hour.getAttribute('aria-pressed'), 'true');
  window.assertQuiet();
});

test(
  'what is typed finds tags by path and description, and the list holds only rows in sight',
  browser,
  async () => {
    await using window = await mia();
    const { page } = window;
    await page.goto(`${site.origin}/#/tags`);
    await page.getByRole('link', { name: 'humidity' }).first().waitFor();
    const rows = await page.getByRole('row').count();
    assert.ok(rows < 60, `${rows} rows`);
    await page.keyboard.press('/');
    await page.keyboard.type('speed that the pump');
    await until('only those', async () => (await page.getByRole('row').count()) === 4);
    await page.getByRole('link', { name: 'speed_setpoint' }).first().click();
    await page.getByRole('heading', { name: 'speed_setpoint' }).waitFor();
    window.assertQuiet();
  },
);

test('an operator writes with a reason; what the guard refuses is told with its limit', browser, async () => {
  await using window = await mia();
  const { page } = window;
  await page.goto(`${site.origin}/#/tags/${SETPOINT}`);
  await page.getByRole('button', { name: 'Write …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Value').fill('2900000');
  await dialog.getByLabel('Reason').fill('a finger too many');
  await dialog.getByRole('button', { name: 'Write' }).click();
  await dialog.getByText('Refused: nothing was written').waitFor({ timeout: 30_000 });
  await dialog.getByText('range').first().waitFor();
  assert.equal(await dialog.getByLabel('Reason').inputValue(), 'a finger too many');
  window.assertQuiet();
});

test(
  'a session that ends asks for the password above the page, and nothing typed is lost',
  browser,
  async () => {
    await using window = await mia();
    const { page } = window;
    await page.goto(`${site.origin}/#/tags`);
    await page.getByRole('searchbox').fill('pump');
    const sessions =
      await site.api.get<readonly { readonly id: string; readonly name: string }[]>('/api/access/sessions');
    for (const { id } of sessions.filter(({ name }) => name === 'mia'))
      await site.api.post('/api/access/sessions/end', JSON.stringify({ id }));
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor({ timeout: 30_000 });
    await dialog.getByLabel('Password').fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('searchbox').inputValue(), 'pump');
    await page.getByRole('link', { name: 'flow', exact: false }).first().waitFor();
    window.assertQuiet(/401/);
  },
);

test('the theme is remembered, and the keyboard reaches everything', browser, async () => {
  await using window = await mia({ theme: 'light' });
  const { page } = window;
  const theme = () => page.evaluate('document.documentElement.dataset.ixColorSchema');
  assert.equal(await theme(), 'light');
  await page.getByRole('button', { name: 'Show dark colours' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Show light colours' }).waitFor();
  assert.equal(await theme(), 'dark');
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard' });
  const digit = await keys.locator('.key', { hasText: 'Tags' }).locator('kbd').innerText();
  await page.keyboard.press('Escape');
  await keys.waitFor({ state: 'detached' });
  await page.keyboard.press(digit);
  await page.getByRole('heading', { name: 'Tags', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'mia, operator' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  window.assertQuiet(/401/);
});

test('a phone shows the state of the site, and lets people sign out', browser, async () => {
  await using window = await mia({ width: 390, height: 844 });
  const { page } = window;
  await page.getByRole('button', { name: 'State of the site' }).click();
  await page.locator('.site-clock').waitFor();
  await page.getByRole('button', { name: 'mia, operator' }).click();
  const signOut = page.getByRole('button', { name: 'Sign out' });
  const { x, y } = (await signOut.boundingBox()) ?? assert.fail('there is no such button');
  const seen = await page.evaluate(`document.elementFromPoint(${x + 20}, ${y + 10})?.textContent`);
  assert.equal(seen, 'Sign out', 'nothing lies above it, and nothing cuts it off');
  await signOut.click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  window.assertQuiet(/401/);
});

test('an alarm comes to every page by itself, with its priority', browser, async () => {
  await using window = await mia();
  const banner = window.page.getByRole('region', { name: 'Alarms' }).first();
  await banner.getByText('No alarm stands').waitFor();
  await site.box.run('plant', 'fault', 'worn-bearing');
  await banner.getByText('vibration high').waitFor({ timeout: 60_000 });
  await banner.getByText(/1 (critical|high|medium|low), not all acknowledged/).waitFor();
  window.assertQuiet();
});
