import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { AlarmStatus, AlertStatus } from '#contract/api.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

const PUMP = 'hall/line1/pump';
const RULE = `${PUMP}/slowed`;
const TEXT = 'Runs slowly: set to 1400 rpm';
const EXPECTED = [/401 \(Unauthorized\)/];
/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('vera', 'viewer');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

const standing = () => site.api.get<readonly AlertStatus[]>('/api/alerts');

async function alertsOf(view: View = {}, place = '#/alarms?list=alerts'): Promise<Window> {
  const window = await site.signedIn('vera', password, view);
  window.page.setDefaultTimeout(SLOW_MS);
  await window.go(`/${place}`);
  return window;
}

async function setSpeed(value: number): Promise<void> {
  const body = { tag: `${PUMP}/speed_setpoint`, value, why: 'a test', by: 'site' };
  const reply = await site.api.post('/api/writes', JSON.stringify(body));
  const { state } = (await reply.json()) as { readonly state: string };
  assert.equal(state, 'confirmed');
}

const region = (page: Page, name: string) => page.getByRole('region', { name });
const tab = (page: Page, count: number) => page.getByRole('button', { name: `Alerts ${count}`, exact: true });

test('says that no alert stands; one that begins comes by itself, and is no alarm', browser, async () => {
  await using window = await alertsOf();
  const { page } = window;
  const now = region(page, 'Standing alerts');
  await now.getByText('No alert stands.').waitFor();
  await region(page, 'Ended alerts').getByText('No alert has ended lately.').waitFor();
  assert.deepEqual(await window.barriers(), []);
  const isAlarm = async () => {
    const alarms = await site.api.get<readonly AlarmStatus[]>('/api/alarms?active=true');
    return alarms.some(({ id }) => id.startsWith(PUMP));
  };
  await setSpeed(1400);
  const alert = now.getByRole('listitem').filter({ hasText: TEXT });
  await alert.waitFor();
  await tab(page, 1).waitFor();
  assert.match((await alert.innerText()).replaceAll(/\s+/g, ' '), /hall\/line1\/pump, rule slowed/);
  const inputs = alert.getByRole('list', { name: /^Inputs now/ });
  await inputs.getByRole('listitem').filter({ hasText: 'speed_setpoint' }).getByText(/1400/).waitFor();
  assert.equal(await alert.getByRole('button').count(), 0, 'there is nothing to do with it');
  assert.equal(await isAlarm(), false);
  assert.deepEqual(await window.barriers(), []);
  await page.getByRole('button', { name: /^Standing/ }).click();
  await page.getByRole('treegrid', { name: 'Alarms' }).waitFor();
  assert.equal(await page.getByText(TEXT).count(), 0, 'the alarms do not name it');
  window.assertQuiet(...EXPECTED);
});

test('is reached by keys, found, and leads to the trend around it and to its rule', browser, async () => {
  await until('the alert', async () => (await standing()).some(({ rule }) => rule === RULE), SLOW_MS);
  await using window = await alertsOf({}, '#/');
  const { page } = window;
  const count = region(page, 'Alarms').getByRole('link', { name: '1 alert', exact: true });
  await count.waitFor();
  await window.go('/#/alarms');
  await page.getByRole('button', { name: /^All alarms/ }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const now = region(page, 'Standing alerts');
  await now.getByText(TEXT).waitFor();
  assert.match(
    String(await page.evaluate('document.activeElement?.textContent')),
    /^Alerts/,
    'the keys stay where they were',
  );
  const search = page.getByRole('searchbox', { name: 'Search alerts' });
  await search.fill('cleaned');
  await now.getByText('No alert that stands is as you ask.').waitFor();
  await search.fill('slowly line1');
  await now.getByText(TEXT).waitFor();
  await now.getByRole('link', { name: 'slowed' }).click();
  await page.getByText('list of alerts').waitFor();
  await page.goBack();
  const [alert] = await standing();
  const link = now.getByRole('link', { name: 'Trend around it' });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Trends', level: 1 }).waitFor();
  const { searchParams } = new URL(page.url().replace('#/', ''));
  assert.equal(searchParams.get('at'), String(alert?.sinceUs));
  assert.deepEqual(
    new Set(searchParams.getAll('tag')),
    new Set([`${PUMP}/running`, `${PUMP}/speed_setpoint`]),
  );
  window.assertQuiet(...EXPECTED);
});

test('is whole on a phone, in the dark, and tells how long it was once it is over', browser, async () => {
  await using window = await alertsOf({ theme: 'dark', width: 390, height: 844 });
  const { page } = window;
  const wide = () => page.evaluate('(document.querySelector(".area")?.scrollWidth ?? 0) <= innerWidth');
  await region(page, 'Standing alerts').getByText(TEXT).waitFor();
  assert.ok(await wide(), 'nothing is wider than the screen');
  const shown = await tab(page, 1).boundingBox();
  assert.ok(shown && shown.x >= 0 && shown.x + shown.width <= 390, 'its list is in sight among the others');
  await setSpeed(2400);
  const over = region(page, 'Ended alerts').getByRole('listitem').filter({ hasText: TEXT });
  await over.getByText(/^lasted \d/).waitFor();
  await region(page, 'Standing alerts').getByText('No alert stands.').waitFor();
  await tab(page, 0).waitFor();
  await over.getByRole('link', { name: 'Trend around it' }).waitFor();
  assert.ok(await wide(), 'nor is what has ended');
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});
