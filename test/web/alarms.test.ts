import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { AlarmStatus, AppliedConfig, EventView } from '#contract/api.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

const PUMP = 'hall/line1/pump';
const HOT = `${PUMP}/bearing-hot`;
/** Asked before anybody is signed in, and what an older site does not have: told by the browser as errors. */
const EXPECTED = [/401 \(Unauthorized\)/];
/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;

let site: DemoSite;
const passwords = new Map<string, string>();
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    for (const [name, role] of [
      ['eva', 'engineer'],
      ['olga', 'operator'],
      ['vera', 'viewer'],
    ] as const)
      passwords.set(name, await site.addUser(name, role));
    // A limit that every pump is above: what a fault raises, a rule of the demo mends by itself.
    await apply((text) => text.replace('bearing_temperature > 65', 'bearing_temperature > 30'));
    await until('the alarm', async () => (await alarm(HOT)).state === 'unacknowledged', 120_000);
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

const alarm = (id: string) => site.api.get<AlarmStatus>(`/api/alarms/${encodeURIComponent(id)}`);
const operate = (act: object) => site.api.post('/api/alarms', JSON.stringify({ by: 'site', ...act }));

async function alarmsOf(name: string, view: View = {}, place = '#/alarms'): Promise<Window> {
  const window = await site.signedIn(name, passwords.get(name) ?? '', view);
  window.page.setDefaultTimeout(SLOW_MS);
  await window.go(`/${place}`);
  await window.page.getByRole('heading', { name: 'Alarms', level: 1 }).waitFor();
  await window.page.getByRole('treegrid', { name: 'Alarms' }).waitFor();
  return window;
}

/** Changes the site file while the site runs. */
async function apply(change: (text: string) => string): Promise<void> {
  const text = change(readFileSync(site.box.path('holdfast', 'demo', 'site.yaml'), 'utf8'));
  const reply = await site.api.post('/api/config/apply', JSON.stringify({ text, why: 'a test' }));
  const { state, problems } = (await reply.json()) as AppliedConfig;
  assert.notEqual(state, 'refused', JSON.stringify(problems));
}

const row = (page: Page, id: string) => page.locator(`.alarm-row[data-key="${id}"]`);

/** Puts the alarm back to where the demo raised it: the bearing stays hot. */
async function raiseAgain(id: string): Promise<void> {
  await operate({ id, act: 'acknowledge' });
  await operate({ id, act: 'outOfService', comment: 'test' });
  await operate({ id, act: 'returnToService', comment: 'test' });
}

/** Alarms of types that a changed site file adds, all raised by a speed that the pump has. */
async function flood(count: number): Promise<void> {
  const priorities = ['high', 'medium', 'low'];
  const rows = Array.from(
    { length: 25 },
    (_, i) =>
      `      fault-${i}: { when: 'tag("${PUMP}/speed") > ${i}', priority: ${i === 3 ? 'critical' : priorities[i % 3]}, ` +
      'consequence: More fails., response: Look at what came first. }\n',
  );
  const assets = Array.from({ length: count / 25 }, (_, i) => `  hall/line2/drive${i}: { type: flooding }\n`);
  await apply((text) =>
    text
      .replace('\ntypes:\n', `\ntypes:\n  flooding:\n    alarms:\n${rows.join('')}`)
      .replace('\nassets:\n', `\nassets:\n${assets.join('')}`),
  );
}

test('shows what stands, what to do, the value and its past; a viewer may do nothing', browser, async () => {
  await using window = await alarmsOf('vera');
  const { page } = window;
  const hot = row(page, HOT);
  await hot.waitFor();
  assert.match(await hot.innerText(), /bearing hot/);
  assert.match(await hot.innerText(), /Stop the pump and switch the line/);
  await hot.locator('.value').filter({ hasText: '°C' }).waitFor();
  await hot.click();
  const details = page.getByRole('complementary', { name: 'Alarm bearing hot' });
  await details.getByText('The bearing seizes within minutes.').waitFor();
  await details.getByText('Viewers see alarms').waitFor();
  await details.locator('.trend-plot canvas').waitFor();
  await details.getByRole('region', { name: 'History' }).getByText('unacknowledged').waitFor();
  assert.match(page.url(), /#\/alarms\/hall\/line1\/pump\/bearing-hot/);
  assert.equal(await page.getByRole('checkbox').count(), 0);
  assert.equal(await details.getByRole('button', { name: /Acknowledge|Shelve/ }).count(), 0);
  await page.locator('.alarm-row').first().focus();
  await page.keyboard.press('a');
  assert.equal((await alarm(HOT)).state, 'unacknowledged', 'the key does nothing either');
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});

test(
  'two acknowledge the same alarm at the same moment: both see its end and who was first',
  browser,
  async () => {
    await using eva = await alarmsOf('eva');
    await using olga = await alarmsOf('olga');
    await row(eva.page, HOT).click();
    await row(olga.page, HOT).click();
    // What the site says reaches the second window only after it has asked.
    const held = Promise.withResolvers<void>();
    await olga.page.route('**/api/alarms?active=true', async (route) => {
      await held.promise;
      await route.continue();
    });
    const button = (page: Page) => page.getByRole('button', { name: 'Acknowledge', exact: true });
    await button(olga.page).waitFor();
    await button(eva.page).click();
    await until('acknowledged', async () => (await alarm(HOT)).state === 'acknowledged', SLOW_MS);
    await button(olga.page).click();
    await olga.page.getByText('eva was first: bearing hot of hall/line1/pump is acknowledged').waitFor();
    held.resolve();
    for (const { page } of [eva, olga]) {
      await row(page, HOT).getByText('acknowledged', { exact: true }).waitFor();
      await row(page, HOT).getByText('by eva').waitFor();
    }
    assert.equal(await olga.page.getByRole('alert').count(), 0, 'no error for what is none');
    const events = await site.api.get<readonly EventView[]>(`/api/events?kind=alarm&subject=${HOT}`);
    const acts = events.filter(
      ({ name, detail }) => name === 'alarm.acknowledge' && detail?.to === undefined,
    );
    assert.deepEqual(
      new Set(acts.map(({ by }) => by)),
      new Set(['eva', 'olga']),
      'both acts are on the record',
    );
    eva.assertQuiet(...EXPECTED);
    olga.assertQuiet(...EXPECTED);
  },
);

test(
  'goes through the list, selects, shelves and unshelves by keys; a shelf has a reason and an end',
  browser,
  async () => {
    await using window = await alarmsOf('olga');
    const { page } = window;
    await row(page, HOT).waitFor();
    await page.locator('.alarm-row').first().focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.locator('.alarm-row[aria-selected="true"]').waitFor();
    await page.getByRole('button', { name: 'Shelve 1 …' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.alarm-row[aria-selected="true"]').count(), 0);
    while ((await page.evaluate('document.activeElement?.getAttribute("data-key")')) !== HOT)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Shelve: bearing hot' });
    await dialog.getByLabel('Minutes').fill('20');
    await dialog.getByRole('button', { name: 'Shelve', exact: true }).click();
    assert.equal(
      await dialog
        .getByLabel('Reason')
        .evaluate((field: { readonly validity: { readonly valid: boolean } }) => field.validity.valid),
      false,
    );
    await dialog.getByLabel('Reason').fill('bearing is ordered');
    await dialog.getByRole('button', { name: 'Shelve', exact: true }).click();
    await until('shelved', async () => (await alarm(HOT)).state === 'shelved', SLOW_MS);
    await page.getByRole('button', { name: /^Shelved/ }).click();
    const shelved = row(page, HOT);
    await shelved.getByText(/until (.+ )?\d\d:\d\d:\d\d by olga.*bearing is ordered/).waitFor();
    assert.deepEqual(await window.barriers(), []);
    await shelved.click();
    await page.getByRole('button', { name: 'Unshelve' }).click();
    await until('unshelved', async () => (await alarm(HOT)).state !== 'shelved', SLOW_MS);
    window.assertQuiet(...EXPECTED);
  },
);

test('an alarm of the plant comes into the list by itself, and tells what it did', browser, async () => {
  const vibration = `${PUMP}/vibration-high`;
  await using window = await alarmsOf('olga', {}, `#/alarms/${vibration}`);
  const { page } = window;
  const fault = await site.box.run('plant', 'fault', 'worn-bearing');
  assert.equal(fault.status, 0, fault.stderr);
  await row(page, vibration)
    .getByText(/unacknowledged/)
    .waitFor();
  const history = page.getByRole('region', { name: 'History' });
  await history.getByText('unacknowledged', { exact: true }).first().waitFor();
  window.assertQuiet(...EXPECTED);
});

test('says why an act was refused, and who was faster', browser, async () => {
  await raiseAgain(HOT);
  await using window = await alarmsOf('olga');
  const { page } = window;
  await row(page, HOT).click();
  await page.getByRole('button', { name: 'Shelve …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('for ever');
  await dialog
    .getByLabel('Minutes')
    .evaluate((field: { removeAttribute(name: string): void }) => field.removeAttribute('max'));
  await dialog.getByLabel('Minutes').fill('100000');
  await dialog.getByRole('button', { name: 'Shelve', exact: true }).click();
  await page.getByText(/may be shelved for \d+ min at most/).waitFor();
  await page.getByText('alarm.shelved-too-long').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  assert.equal((await alarm(HOT)).state, 'acknowledged');
  window.assertQuiet(...EXPECTED, /\/api\/alarms$/);
});

test('an engineer takes out of service, and it is found in its list', browser, async () => {
  await using window = await alarmsOf('eva', {}, `#/alarms/${PUMP}/pump-tripped?list=all`);
  const { page } = window;
  await page.getByRole('button', { name: 'Out of service …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('switch is taken apart');
  await dialog.getByRole('button', { name: 'Take out of service' }).click();
  await page.getByRole('button', { name: /^Out of service 1/ }).click();
  await row(page, `${PUMP}/pump-tripped`)
    .getByText(/by eva: switch is taken apart/)
    .waitFor();
  await page.getByRole('button', { name: 'Return to service' }).click();
  // Under a pointer that stays nothing moves.
  await page.mouse.move(5, 5);
  await page.getByText('No alarm is out of service.').waitFor();
  window.assertQuiet(...EXPECTED);
});

test(
  'a flood of a thousand alarms is folded below what came first, and moves nothing under the pointer',
  browser,
  async (t) => {
    await using window = await alarmsOf('olga');
    const { page } = window;
    await row(page, HOT).waitFor();
    await row(page, HOT).hover();
    const top = async () => (await row(page, HOT).boundingBox())?.y;
    const before = await top();
    await flood(1000);
    const fresh = page.getByRole('button', { name: /new alarms: show/ });
    // A pointer that rests counts as gone after a while.
    const at = await row(page, HOT).boundingBox();
    for (let i = 0; (await fresh.count()) === 0; i = 1 - i) {
      await page.mouse.move((at?.x ?? 0) + 300 + i, (at?.y ?? 0) + 20);
      await page.waitForTimeout(200);
    }
    assert.equal(await top(), before, 'the row is where it was');
    await page
      .locator('[aria-live="assertive"]', { hasText: 'Critical alarm: fault' })
      .waitFor({ state: 'attached' });
    await fresh.click();
    await page.mouse.move(5, 5);
    const fold = page.locator('.alarm-fold').first();
    await fold.getByText(/\d+ alarms followed/).waitFor();
    const first = page.locator('.alarm-row[data-part="first"]').first();
    await first.getByText('first out').waitFor();
    const rows = await page.locator('.alarm-row').count();
    assert.ok(rows < 120, `${rows} rows are drawn of a thousand`);
    assert.equal(
      await page.locator('.alarm-row[data-part="follower"]:not([data-priority="critical"])').count(),
      0,
      'only critical ones stay beside the fold',
    );
    await fold.click();
    await page.locator('.alarm-row[data-part="follower"][data-priority="low"]').first().waitFor();
    const tookMs = await page.evaluate<number>(`(async () => {
      const begun = performance.now();
      document.querySelector('.area')?.scrollBy(0, 4000);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - begun;
    })()`);
    t.diagnostic(`two pictures after scrolling: ${tookMs.toFixed(0)} ms`);
    assert.deepEqual(await window.barriers(), []);
    await page.getByRole('searchbox', { name: 'Search alarms' }).fill('drive7 fault 3');
    const only = row(page, 'hall/line2/drive7/fault-3');
    await only.click();
    await page.getByRole('button', { name: 'Acknowledge 25 of this asset …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Acknowledge 25 alarms' });
    assert.equal(await dialog.getByRole('listitem').count(), 25, 'all of them are listed');
    await dialog.getByRole('button', { name: 'Acknowledge 25' }).click();
    const left = async () =>
      (
        await site.api.get<readonly AlarmStatus[]>(
          '/api/alarms?prefix=hall/line2/drive7/&state=unacknowledged',
        )
      ).length;
    await until('all of the asset are acknowledged', async () => (await left()) === 0, SLOW_MS);
    assert.equal((await alarm('hall/line2/drive8/fault-3')).state, 'unacknowledged', 'and nothing else');
    window.assertQuiet(...EXPECTED);
  },
);

test('is whole on a phone, in the dark', browser, async () => {
  await using window = await alarmsOf('olga', { theme: 'dark', width: 390, height: 844 });
  const { page } = window;
  await page.locator('.alarm-row').first().waitFor();
  const wide = () => page.evaluate('(document.querySelector(".area")?.scrollWidth ?? 0) <= innerWidth');
  assert.ok(await wide(), 'nothing is wider than the screen');
  await page.locator('.alarm-row').first().click();
  await page.getByRole('complementary', { name: /^Alarm/ }).waitFor();
  assert.ok(await wide(), 'details neither');
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});
