import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AppliedConfig, NoticesStatus } from '#contract/api.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/** Asked before anybody is signed in, and what an older site does not have: told by the browser as errors. */
const EXPECTED = [/401 \(Unauthorized\)/];
const SLOW_MS = 60_000;

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('olga', 'operator');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

const status = () => site.api.get<NoticesStatus>('/api/notices');

async function noticesOf(view: View = {}): Promise<Window> {
  const window = await site.signedIn('olga', password, view);
  window.page.setDefaultTimeout(SLOW_MS);
  await window.go('/#/notices');
  await window.page.getByRole('heading', { name: 'Notices', level: 1 }).waitFor();
  return window;
}

/** Tells by MQTT at once, by a pager that nobody answers too, and once more if nobody acknowledges. */
async function tell(): Promise<void> {
  const text = readFileSync(site.box.path('holdfast', 'demo', 'site.yaml'), 'utf8');
  const told = text
    // Every pump is above it: what a fault raises, a rule of the demo mends by itself.
    .replace('bearing_temperature > 65', 'bearing_temperature > 30')
    .replace('\nactuators:\n', '\nactuators:\n  pager: { kind: webhook, url: "http://127.0.0.1:9/alarm" }\n')
    .replace(
      '\nalarms:\n',
      '\nnotices:\n  bearings:\n    alarms: ["*/bearing-hot"]\n    steps:\n' +
        '      - { to: notices, topic: alarms/told }\n      - { to: pager }\n' +
        '      - { to: notices, topic: alarms/boss, afterMin: 60 }\n\nalarms:\n',
    );
  const reply = await site.api.post(
    '/api/config/apply',
    JSON.stringify({ text: told, why: 'tell somebody' }),
  );
  const applied = (await reply.json()) as AppliedConfig;
  assert.equal(applied.state, 'applied', JSON.stringify(applied.problems));
}

test('says that nobody is told, then who was, who was not and why, and who is next', browser, async () => {
  await using window = await noticesOf();
  const { page } = window;
  await page.getByText('This site tells nobody of alarms.').waitFor();
  await tell();
  await until('both are told', async () => (await status()).waiting.some(({ problem }) => problem), 180_000);
  const told = page.getByRole('region', { name: 'Told' });
  await told
    .getByRole('row', { name: /bearing hot.*notices.*told/ })
    .first()
    .waitFor();
  const waiting = page.getByRole('region', { name: 'On their way' });
  await waiting
    .getByRole('row', { name: /bearing hot hall\/line\d\/pump pager/ })
    .first()
    .waitFor();
  await waiting
    .getByText(/ECONNREFUSED|refused|failed/i)
    .first()
    .waitFor();
  const coming = page.getByRole('region', { name: 'Next, if nobody acknowledges' });
  await coming
    .getByRole('row', { name: /notices 3 of bearings.*in \d+ min/ })
    .first()
    .waitFor();
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});

test('holds back the notices of an asset for a while, with a reason, and ends it', browser, async () => {
  await using window = await noticesOf({ theme: 'dark' });
  const { page } = window;
  await page.getByRole('button', { name: 'Begin maintenance …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Begin maintenance' });
  await dialog.getByLabel('Asset, line or area').selectOption('hall');
  await dialog.getByLabel('How long').selectOption({ label: '4 h' });
  await dialog.getByLabel('Reason').fill('new bearings');
  await dialog.getByRole('button', { name: 'Begin', exact: true }).click();
  const under = page.getByRole('region', { name: 'Under maintenance' });
  // Late in the evening it ends tomorrow, and the day stands before the time.
  await under.getByText(/until (.+ )?\d\d:\d\d:\d\d.* by olga: new bearings/).waitFor();
  assert.deepEqual(
    (await status()).maintenance.map(({ asset, by }) => [asset, by]),
    [['hall', 'olga']],
  );
  await page.getByRole('region', { name: /^Next/ }).getByText('held back by maintenance').first().waitFor();
  assert.deepEqual(await window.barriers(), []);
  await under.getByRole('button', { name: 'End maintenance of hall' }).click();
  await under.getByText('Nothing. While something is').waitFor();
  assert.deepEqual((await status()).maintenance, []);
  window.assertQuiet(...EXPECTED);
});

test('is whole on a phone', browser, async () => {
  await using window = await noticesOf({ width: 390, height: 844 });
  await window.page.getByRole('region', { name: 'Told' }).getByText('bearing hot').first().waitFor();
  const width = await window.page.evaluate<number>('document.querySelector(".area")?.scrollWidth ?? 0');
  assert.ok(width <= 390, `${width} px`);
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});
