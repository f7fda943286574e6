import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { EventView } from '#contract/api.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { BEARING, DetectorSite } from './detector-site.ts';

/*
 * Detectors as people use them: an engineer has one learn, an operator is told what it finds and why, and says what it was.
 * Each test goes on where the one before it ended.
 */

const SLOW_MS = 90_000;
const EXPECTED = [/401 \(Unauthorized\)/];

let site: DetectorSite;
if (!NO_BROWSER) {
  before(async () => {
    site = await DetectorSite.start();
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };
const passwords = new Map<string, string>();

async function windowOf(role: string, hash: string, view: View = {}): Promise<Window> {
  const window = await site.signedIn(`${role}-${passwords.size}`, role, view);
  passwords.set(`${role}-${passwords.size}`, '');
  await window.go(`/${hash}`);
  return window;
}

const region = (page: Page, name: string) => page.getByRole('region', { name });
const isWhole = (page: Page) =>
  page.evaluate('(document.querySelector(".area")?.scrollWidth ?? 0) <= innerWidth');

test(
  'an engineer asks whether a period is fit, has a detector learn from it, and sees it watch',
  browser,
  async () => {
    await using window = await windowOf('engineer', '#/detectors');
    const { page } = window;
    const row = page
      .getByRole('table', { name: 'Detectors' })
      .getByRole('row')
      .filter({ hasText: 'bearing' });
    await row.getByText('not learned').waitFor();
    assert.deepEqual(await window.barriers(), []);
    await row.getByRole('link', { name: 'bearing', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: /^bearing/ }).waitFor();
    const card = region(page, 'Learned');
    await card.getByRole('button', { name: 'Learn from a period …' }).click();
    await card.getByRole('button', { name: '1 h' }).click();
    await card.getByRole('button', { name: 'Is it fit?' }).click();
    await card.getByText('Nothing was kept: this was a question.').waitFor({ timeout: SLOW_MS });
    await card.getByRole('row').filter({ hasText: 'bearing_temperature' }).getByText('100 %').waitFor();
    assert.equal((await site.detector(BEARING)).state, 'not-learned');
    assert.deepEqual(await window.barriers(), []);
    await card.getByRole('button', { name: 'Learn', exact: true }).click();
    await card.getByText('It has learned, and goes by it now.').waitFor({ timeout: SLOW_MS });
    await card.getByRole('button', { name: 'Close' }).click();
    await card.getByText(/by engineer-/).waitFor();
    await page.locator('.detector-head').getByText('watching').waitFor({ timeout: SLOW_MS });
    await page.getByRole('application', { name: /^figure: from/ }).waitFor({ timeout: SLOW_MS });
    assert.deepEqual(await window.barriers(), []);
    window.assertQuiet(...EXPECTED);
  },
);

test('one that has not seen enough yet warms up, quietly, and says for what it waits', browser, async () => {
  await using window = await windowOf('viewer', '#/detectors');
  const { page } = window;
  const row = page.getByRole('table', { name: 'Detectors' }).getByRole('row').filter({ hasText: 'heat' });
  const state = row.getByText('warming up');
  await state.waitFor();
  const needs = /needs \d+ hours more of its window/;
  await row.getByText(needs).waitFor();
  const colourOf = (one: typeof state) => one.evaluate('(of) => getComputedStyle(of).color');
  assert.equal(await colourOf(state), await colourOf(row.getByText(needs)), 'as grey as what is beside it');
  assert.deepEqual(await window.barriers(), []);
  await row.getByRole('link', { name: 'heat', exact: true }).click();
  await page.locator('.detector-head').getByText(needs).waitFor();
  assert.equal(await page.locator('.detector-head .abnormal').count(), 0);
  window.assertQuiet(...EXPECTED);
});

test(
  'a period of which it learns nothing is refused with what is wrong; a shadow stands beside the live one',
  browser,
  async () => {
    await using window = await windowOf('engineer', '#/detectors/hall/pump/strict');
    const { page } = window;
    const card = region(page, 'Learned');
    await card.getByRole('button', { name: 'Learn from a period …' }).click();
    const now = Date.now();
    const field = (ms: number) => new Date(ms).toISOString().slice(0, 19);
    await card.getByRole('textbox', { name: 'From' }).fill(field(now - 86_400_000));
    await card.getByRole('textbox', { name: 'To' }).fill(field(now - 80_000_000));
    await card.getByRole('button', { name: 'Show' }).click();
    await card.getByRole('button', { name: 'Learn', exact: true }).click();
    await card.getByText('It learns nothing from this period').waitFor({ timeout: SLOW_MS });
    await card.getByText('unfit to learn from').waitFor();
    await card.getByLabel('Why it shall learn all the same').waitFor();
    assert.deepEqual(await window.barriers(), []);
    const beside = region(page, 'Shadow and live');
    await beside.getByRole('row').filter({ hasText: 'strict' }).getByText('shadow').waitFor();
    await beside.getByRole('row').filter({ hasText: 'bearing' }).getByText('live').waitFor();
    await page.getByRole('link', { name: /try that on the past/ }).click();
    const trial = region(page, 'Try it on the past');
    await trial.getByRole('combobox').first().selectOption('4 weeks');
    await trial.getByRole('button', { name: 'Try the running file' }).waitFor();
    window.assertQuiet(...EXPECTED);
  },
);

test('a period that is unfit is learned all the same by who says why', browser, async () => {
  await using window = await windowOf('engineer', '#/detectors/hall/pump/strict');
  const { page } = window;
  const card = region(page, 'Learned');
  await card.getByRole('button', { name: 'Learn from a period …' }).click();
  // Of it the site has twenty minutes, and this detector never rests.
  await card.getByRole('button', { name: '1 h' }).click();
  await card.getByRole('button', { name: 'Learn', exact: true }).click();
  await card.getByText('It learns nothing from this period').waitFor({ timeout: SLOW_MS });
  await card
    .getByText(/vibration is not known in [5-7]\d % of the time/)
    .first()
    .waitFor();
  assert.equal((await site.detector('hall/pump/strict')).state, 'not-learned');
  await card.getByLabel('Why it shall learn all the same').fill('the rest was before it was built');
  await card.getByRole('button', { name: 'Learn all the same' }).click();
  await card.getByText('It has learned, and goes by it now.').waitFor({ timeout: SLOW_MS });
  await page.locator('.detector-head').getByText('watching').waitFor({ timeout: SLOW_MS });
  assert.deepEqual(await window.barriers(), []);
  const { learned } = await site.detector('hall/pump/strict');
  assert.partialDeepStrictEqual(learned?.report, { fit: 'unfit' }, 'what was wrong stays with it');
  const events = await site.api.get<readonly EventView[]>('/api/events?limit=500');
  const whys = events.map(({ detail }) => detail?.why);
  assert.ok(whys.includes('the rest was before it was built'), `${whys}`);
  window.assertQuiet(...EXPECTED);
});

test(
  'a finding comes by itself with why, its trend is one press away, and it is judged by keys',
  browser,
  async () => {
    await using window = await windowOf('operator', '#/alarms?list=alerts');
    const { page } = window;
    const now = region(page, 'Standing alerts');
    await now.getByText('No alert stands.').waitFor();
    site.worn = 0.5;
    const alert = now.getByRole('listitem').filter({ hasText: 'detector bearing' }).first();
    await until('found', async () => (await site.detector(BEARING)).state === 'found', SLOW_MS);
    await alert.waitFor({ timeout: SLOW_MS });
    assert.match(await alert.innerText(), /drift, \d+ % sure/);
    const why = alert.getByRole('list', { name: /^Why: / });
    await until('the vibration', async () => /vibration/.test(await why.innerText()), SLOW_MS);
    await why
      .getByText(/usual deviation above/)
      .first()
      .waitFor();
    const shows = alert.getByRole('button', { name: 'Show the trend' });
    await shows.focus();
    await page.keyboard.press('Enter');
    await alert.getByRole('application', { name: /^vibration: from/ }).waitFor();
    await alert.getByText('expected').first().waitFor();
    assert.deepEqual(await window.barriers(), []);
    await alert.getByRole('button', { name: 'Hide the trend' }).focus();
    await page.keyboard.press('f');
    const dialog = page.getByRole('dialog', { name: /^False: / });
    await dialog.getByLabel('Reason').fill('the pump was turned by hand');
    assert.deepEqual(await window.barriers(), []);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await alert.getByRole('button', { name: 'False', pressed: true }).waitFor();
    const { figures } = await site.detector(BEARING);
    assert.deepEqual([figures.findings, figures.false, figures.falsePerWeek], [1, 1, 1]);
    await alert.getByRole('button', { name: 'Known' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'It was known' }).click();
    await alert.getByRole('button', { name: 'Known', pressed: true }).waitFor();
    assert.equal((await site.detector(BEARING)).figures.false, 0, 'the newest word counts');
    window.assertQuiet(...EXPECTED);
  },
);

test('what is over is judged on the page of the detector, in the dark and on a phone', browser, async () => {
  site.worn = 0;
  await using window = await windowOf('operator', `#/detectors/${BEARING}`, {
    ...{ theme: 'dark', width: 390, height: 844 },
  });
  const { page } = window;
  const findings = region(page, 'Findings');
  const over = findings
    .getByRole('listitem')
    .filter({ hasText: /lasted/ })
    .first();
  await over.waitFor({ timeout: SLOW_MS });
  await over.getByRole('button', { name: 'True' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('the bearing was changed');
  await page.getByRole('dialog').getByRole('button', { name: 'It was true' }).click();
  await over.getByRole('button', { name: 'True', pressed: true }).waitFor();
  assert.equal((await site.detector(BEARING)).figures.true, 1);
  assert.equal(
    await page.getByRole('button', { name: /^Learn/ }).count(),
    0,
    'engineers alone have it learn',
  );
  assert.deepEqual(await window.barriers(), []);
  assert.ok(await isWhole(page), 'nothing is wider than the screen');
  await window.go('/#/alarms?list=alerts');
  const ended = region(page, 'Ended alerts').getByRole('listitem').filter({ hasText: 'detector bearing' });
  await ended.first().getByRole('button', { name: 'True', pressed: true }).waitFor();
  await ended.first().getByText('at its worst').waitFor();
  await ended.first().getByText('As it ended: ').waitFor();
  assert.deepEqual(await window.barriers(), []);
  assert.ok(await isWhole(page), 'nor are the alerts');
  await window.go('/#/detectors');
  await page.getByRole('table', { name: 'Detectors' }).getByText('bearing').first().waitFor();
  assert.deepEqual(await window.barriers(), []);
  assert.ok(await isWhole(page), 'nor is the list');
  window.assertQuiet(...EXPECTED);
});

test('it rests while its condition holds, and who only looks is offered nothing', browser, async () => {
  site.state = 1;
  await using window = await windowOf('viewer', `#/detectors/${BEARING}`);
  const { page } = window;
  await page.locator('.detector-head').getByText('resting').waitFor({ timeout: SLOW_MS });
  await region(page, 'About').getByText('state != 2.0').waitFor();
  await region(page, 'Findings').getByText('true', { exact: true }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'False' }).count(), 0);
  assert.equal(await page.getByRole('link', { name: /site file/ }).count(), 0);
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});
