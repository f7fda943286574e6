import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { RunningConfig } from '#contract/client.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

const RULE = 'hall/line1/tank/fill';
/** A site that checks in a thread of its own, on a machine that may be busy. */
const PATIENT = { timeout: 60_000 };

/** The page asks who looks before anybody has signed in. */
const BEFORE_SIGN_IN = /401 .*\/api\/access\/me$/;

let site: DemoSite;
let engineer: Window;
let viewer: Window;
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    const [eng, view] = [await site.addUser('anna', 'engineer'), await site.addUser('vera', 'viewer')];
    engineer = await site.signedIn('anna', eng);
    viewer = await site.signedIn('vera', view);
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

const running = () => site.api.get<RunningConfig>('/api/config');
const problems = (page: Page) => page.getByRole('region', { name: 'Problems' });
const hasNone = (page: Page) => problems(page).getByText('none').waitFor(PATIENT);

/** Opens the file with the cursor on the line of a key, and waits until what is there has been checked. */
async function openAt(window: Window, ...keys: readonly string[]): Promise<Page> {
  const { page } = window;
  await window.go('/#/decisions');
  // What an earlier test left must not be this one's.
  await page.evaluate(
    'for (const key of Object.keys(localStorage)) if (key.startsWith("holdfast.draft")) localStorage.removeItem(key)',
  );
  await window.go(`/#/decisions/file?at=${encodeURIComponent(keys.join('\n'))}`);
  await page.locator('.cm-editor.cm-focused').waitFor(PATIENT);
  await hasNone(page);
  return page;
}

/** Replaces the end of the line that the cursor is in. */
async function retype(page: Page, letters: number, text: string): Promise<void> {
  await page.keyboard.press('End');
  for (let i = 0; i < letters; i++) await page.keyboard.press('Backspace');
  await page.keyboard.insertText(text);
}

async function dropDraft(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Drop draft …' }).click();
  await page.getByRole('button', { name: 'Drop it' }).click();
  await page.getByText('What runs since').waitFor();
}

test('a viewer sees rules with their states and inputs, and no editor', browser, async () => {
  const { page } = viewer;
  await viewer.go('/#/decisions');
  const rows = page.getByRole('table', { name: 'Rules' });
  await rows.getByRole('link', { name: RULE }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Site file' }).count(), 0);
  await page.getByLabel('Search rules').fill('shakes');
  await page.getByText('6 of 25').waitFor();
  assert.deepEqual(await viewer.barriers(), []);
  await page.getByLabel('Asset').selectOption('hall/line2/pump');
  await page.getByText('2 of 25').waitFor();
  await viewer.go('/#/decisions/file');
  await page.getByText('There is nothing here for you').waitFor();
  await viewer.go('/#/decisions/alarms');
  await page.getByText('air-pressure-low').waitFor();
  await viewer.go(`/#/decisions/rule/${RULE}`);
  const inputs = page.getByRole('table', { name: 'Inputs now' });
  await inputs.getByRole('row', { name: /^level \d.*%/ }).waitFor();
  assert.deepEqual(await viewer.barriers(), []);
  viewer.assertQuiet(BEFORE_SIGN_IN);
});

test('an error is told at its line, and completion offers the keys of its place', browser, async () => {
  const page = await openAt(engineer, 'types', 'feed-tank', 'rules', 'fill', 'when');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('onB');
  await page.getByRole('option', { name: /onBad/ }).waitFor(PATIENT);
  await page.keyboard.press('Escape');
  await page.keyboard.insertText('d: hold');
  const line = await page.locator('.cm-activeLineGutter').first().innerText();
  await problems(page)
    .getByRole('button', { name: new RegExp(`^${line.trim()}:\\d+ .*onBd`) })
    .waitFor(PATIENT);
  await page.locator('.cm-lintRange-error').getByText('onBd').waitFor();
  assert.equal(await page.locator('.cm-problem-mark[data-severity="error"]').count(), 1);
  assert.ok(await page.getByRole('button', { name: 'Apply …' }).isDisabled());
  assert.deepEqual(await engineer.barriers(), []);
  await dropDraft(page);
  engineer.assertQuiet(BEFORE_SIGN_IN);
});

test('tags of the site are offered inside an expression', browser, async () => {
  const page = await openAt(engineer, 'alarms', 'chilled-water-warm', 'when');
  await retype(page, 0, ' || tag("');
  await page.keyboard.type('dew_po');
  await page.getByRole('option', { name: /utilities\/air\/dryer\/dew_point/ }).waitFor(PATIENT);
  await page.keyboard.press('Escape');
  await dropDraft(page);
});

test(
  'a draft is tried on the past, applied with a reason, seen by others at once, and undone',
  browser,
  async () => {
    const before = await running();
    await viewer.go(`/#/decisions/rule/${RULE}`);
    const page = await openAt(engineer, 'types', 'feed-tank', 'rules', 'fill', 'when');
    await retype(page, 2, '101');
    const changes = page.getByRole('region', { name: 'What would change' });
    await changes.getByText(`rule ${RULE}: when`).waitFor(PATIENT);
    await page.getByLabel('The last').selectOption({ label: '15 minutes' });
    await page.getByRole('button', { name: 'Try the draft' }).click(PATIENT);
    await page.getByRole('heading', { name: 'What it would have done' }).waitFor({ timeout: 120_000 });
    const tried = page.getByRole('row', { name: new RegExp(`^rule ${RULE} 1×`) });
    await tried.waitFor();
    assert.deepEqual(await engineer.barriers(), []);
    await page.getByRole('button', { name: 'Close' }).click();

    await page.getByRole('button', { name: 'Apply …' }).click(PATIENT);
    const apply = page.getByRole('dialog').getByRole('button', { name: 'Apply' });
    await page.getByLabel('Reason').fill('the tanks shall be fuller');
    await apply.click();
    await page.getByRole('heading', { name: 'The site file has taken effect' }).waitFor(PATIENT);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('What runs since').waitFor(PATIENT);
    assert.match((await running()).text, /mean\(level, "2s"\) < 101/);
    await viewer.page.locator('.rule-head [data-state="on"]').waitFor(PATIENT);
    await viewer.page
      .getByText(/inflow_setpoint = 70 (under way|confirmed|refused)/)
      .first()
      .waitFor(PATIENT);

    await engineer.go('/#/decisions/versions');
    const entry = page.getByRole('row', { name: /the tanks shall be fuller/ });
    await entry.getByText('anna').waitFor(PATIENT);
    await page.getByRole('button', { name: 'Go back to it …' }).first().click();
    await page.getByLabel('Reason').fill('they run over');
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
    await page.getByRole('heading', { name: 'The site file has taken effect' }).waitFor(PATIENT);
    await page.getByRole('button', { name: 'Close' }).click();
    assert.equal((await running()).digest, before.digest);
    await page.getByText('anna, went back').waitFor(PATIENT);
    engineer.assertQuiet(BEFORE_SIGN_IN);
  },
);

test('an alarm that a draft would raise shows in its report', browser, async () => {
  const page = await openAt(engineer, 'alarms', 'air-pressure-low', 'when');
  await retype(page, 3, '99.0');
  await page.getByLabel('The last').selectOption({ label: '15 minutes' });
  await page
    .getByRole('region', { name: 'What would change' })
    .getByText('air-pressure-low')
    .waitFor(PATIENT);
  await page.getByRole('button', { name: 'Try the draft' }).click(PATIENT);
  await page.getByRole('row', { name: /^alarm air-pressure-low 1×/ }).waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Close' }).click();
  await dropDraft(page);
});

test('a draft survives a reload, is told of another change, and fits together with it', browser, async () => {
  const page = await openAt(engineer, 'alarms', 'air-pressure-low', 'when');
  await retype(page, 3, '5.7');
  await page.getByText('kept in this browser').waitFor();
  await page.reload();
  await page.getByText('kept in this browser').waitFor(PATIENT);
  const { text } = await running();
  const theirs = text.replace('site: riverside', 'site: riverside # by somebody else');
  const reply = await site.api.post(
    '/api/config/apply',
    JSON.stringify({ text: theirs, by: 'bob', why: 'a note' }),
  );
  assert.equal(reply.status, 200, await reply.text());
  const notice = page.getByRole('region', { name: 'Changed meanwhile' });
  await notice.getByText('a note').waitFor(PATIENT);
  assert.ok(await page.getByRole('button', { name: 'Apply …' }).isDisabled());
  await notice.getByRole('button', { name: 'Show both sides' }).click();
  await notice.getByRole('region', { name: 'Theirs' }).getByText('by somebody else').waitFor(PATIENT);
  await notice.getByRole('region', { name: 'Yours' }).getByText('5.7').first().waitFor(PATIENT);
  await notice.getByRole('button', { name: 'Put both together' }).click();
  await notice.waitFor({ state: 'detached' });
  // Of the text only what is in sight is in the page.
  const kept = String(await page.evaluate('Object.values(localStorage).join()'));
  assert.match(kept, /by somebody else/);
  assert.match(kept, /< 5\.7/);
  await page
    .getByRole('region', { name: 'What would change' })
    .getByText('air-pressure-low')
    .waitFor(PATIENT);
  await hasNone(page);
  await dropDraft(page);
  engineer.assertQuiet(BEFORE_SIGN_IN);
});

test('the site refuses a text that was held against another file than runs', browser, async () => {
  const { text } = await running();
  const body = JSON.stringify({ text: `${text}\n# late`, expects: '0'.repeat(64), by: 'bob' });
  const reply = await site.api.post('/api/config/apply', body);
  assert.equal(reply.status, 409);
  assert.equal(((await reply.json()) as { title: string }).title, 'config.changed-meanwhile');
  assert.equal((await running()).text, text);
});
