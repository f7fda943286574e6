import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { EventView } from '#contract/api.ts';
import type { WriteResult } from '#contract/client.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/** Asked before anybody is signed in, and what an older site does not have: told by the browser as errors. */
const EXPECTED = [/401 \(Unauthorized\)/];
const SLOW_MS = 60_000;
const TAG = 'hall/line1/pump/speed_setpoint';

let site: DemoSite;
const passwords = new Map<string, string>();
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    for (const [name, role] of [
      ['eva', 'engineer'],
      ['olga', 'operator'],
    ] as const)
      passwords.set(name, await site.addUser(name, role));
    await act();
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

/** What an audit has to tell: a refused write, an act on an alarm, a changed file, wrong passwords. */
async function act(): Promise<void> {
  const { api, box } = site;
  const write = { tag: TAG, value: 99_999, why: '=HYPERLINK("x"), to see it refused', by: 'local' };
  const refused = (await (await api.post('/api/writes', JSON.stringify(write))).json()) as WriteResult;
  assert.equal(refused.state, 'refused');
  const comment = { id: 'hall/line1/pump/bearing-hot', act: 'comment', comment: 'seen to', by: 'local' };
  assert.equal((await api.post('/api/alarms', JSON.stringify(comment))).status, 200);
  const text = readFileSync(box.path('holdfast', 'demo', 'site.yaml'), 'utf8');
  const changed = text.replace('when: bearing_temperature > 65', 'when: bearing_temperature > 66');
  assert.notEqual(changed, text);
  await api.post('/api/config/apply', JSON.stringify({ text: changed, why: 'a warmer summer' }));
  for (let i = 0; i < 3; i++) {
    const body = JSON.stringify({ name: 'intruder', password: `a guess, number ${i}` });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${api.address.url}/api/access/sign-in`, { method: 'POST', headers, body });
  }
}

async function auditOf(name: string, place = '#/audit', view: View = {}): Promise<Window> {
  const window = await site.signedIn(name, passwords.get(name) ?? '', view);
  window.page.setDefaultTimeout(SLOW_MS);
  await window.go(`/${place}`);
  await window.page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  await window.page.locator('.audit-entry').first().waitFor();
  return window;
}

test('tells who did what and why; wrong passwords and refused writes stand out', browser, async () => {
  await using window = await auditOf('eva');
  const { page } = window;
  const entry = (text: RegExp) => page.locator('.audit-entry').filter({ hasText: text });
  const refused = entry(/write refused hall\/line1\/pump\/speed_setpoint to 99999/).first();
  await refused.waitFor();
  assert.equal(await refused.getAttribute('data-severity'), 'odd');
  await entry(/alarm comment hall\/line1\/pump\/bearing-hot seen to/)
    .first()
    .waitFor();
  const wrong = entry(/sign in failed/).first();
  await wrong.waitFor();
  assert.match((await wrong.getAttribute('data-severity')) ?? '', /threat|odd/);
  const changed = entry(/config changed/).first();
  await changed.getByRole('button').first().click();
  await changed.getByRole('button', { name: 'Difference of the site files' }).click();
  await changed.locator('[data-diff="+"]', { hasText: 'bearing_temperature > 66' }).waitFor();
  await changed.locator('[data-diff="-"]', { hasText: 'bearing_temperature > 65' }).waitFor();
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});

test('finds by kind, person and subject, and the address says so', browser, async () => {
  await using window = await auditOf('eva');
  const { page } = window;
  await page.getByRole('button', { name: 'Writes', exact: true }).click();
  await page.getByLabel('Subject').fill('hall/line1/pump/');
  await page.waitForURL(/group=writes.*subject=hall/);
  await page.locator('.audit-entry').filter({ hasText: 'write refused' }).first().waitFor();
  assert.equal(await page.locator('.audit-entry').filter({ hasText: 'signed in' }).count(), 0);
  await page.getByLabel('Person').fill('nobody of this name');
  await page.getByText('Nothing that the journal still holds is as you ask.').waitFor();
  window.assertQuiet(...EXPECTED);
});

test(
  'times are written in one form, whatever the browser speaks, and are those of the site',
  browser,
  async () => {
    await using window = await auditOf('eva', '#/audit?from=11%2F12%2F2026');
    const { page } = window;
    const from = page.getByRole('textbox', { name: 'From' });
    assert.equal(await from.getAttribute('aria-invalid'), 'true', 'that day is another one elsewhere');
    const { nowUs, timeZone } = await site.api.status();
    const tomorrow = Temporal.Instant.fromEpochMilliseconds(nowUs / 1000 + 86_400_000).toZonedDateTimeISO(
      timeZone,
    );
    const written = tomorrow.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ');
    await from.fill(written);
    await page.getByText('Nothing that the journal still holds is as you ask.').waitFor();
    assert.equal(new URL(page.url().replace('#/', '')).searchParams.get('from'), written);
    assert.deepEqual(await window.barriers(), []);
    await from.fill(tomorrow.subtract({ days: 2 }).toPlainDate().toString());
    await page.locator('.audit-entry').first().waitFor();
    window.assertQuiet(...EXPECTED);
  },
);

test('exports what is shown as a table and as JSON; a reason is no formula', browser, async () => {
  await using window = await auditOf('eva', '#/audit?group=writes');
  const { page } = window;
  const fileOf = async (button: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^audit-riverside-\d{8}T\d{4}\.(csv|json)$/);
    return readFileSync(await download.path(), 'utf8');
  };
  const csv = await fileOf('Export as CSV');
  assert.match(csv, /^id,time,kind,name,subject,by,detail\r\n/);
  assert.match(csv, /security\.write-refused,hall\/line1\/pump\/speed_setpoint/);
  const json = JSON.parse(await fileOf('Export as JSON')) as readonly EventView[];
  assert.ok(json.some(({ name, subject }) => name === 'security.write-refused' && subject === TAG));
  assert.ok(json.every(({ kind, name }) => kind === 'write' || name === 'security.write-refused'));
  window.assertQuiet(...EXPECTED);
});

test('checks the chain and explains what it found; only engineers may', browser, async () => {
  await using window = await auditOf('eva', '#/audit', { theme: 'dark' });
  const { page } = window;
  await page.getByRole('button', { name: 'Check the chain' }).click();
  await page.getByText('The chain holds.').waitFor();
  assert.deepEqual(await window.barriers(), []);
  await using other = await auditOf('olga');
  assert.equal(await other.page.getByRole('button', { name: 'Check the chain' }).count(), 0);
  await other.page.getByText('are for engineers').waitFor();
  assert.equal(await other.page.locator('.audit-entry').filter({ hasText: 'sign in failed' }).count(), 0);
  window.assertQuiet(...EXPECTED);
});

test(
  'goes back through everything with what rules did, and says when new events have come',
  browser,
  async () => {
    await using window = await auditOf('eva', '#/audit?group=writes,other&whole=yes');
    const { page } = window;
    const older = page.getByRole('button', { name: 'Older' });
    for (let i = 0; i < 50 && (await page.getByText('That is all the journal holds.').count()) === 0; i++) {
      await page.getByText('Going through the journal').waitFor({ state: 'detached' });
      if (await older.count()) await older.click();
    }
    await page.getByText('That is all the journal holds.').waitFor();
    const { id } = (await site.api.get<readonly EventView[]>('/api/events?after=0&limit=1'))[0] ?? {};
    const shown = await page.locator('.audit-entry').count();
    assert.ok(shown > 20 && id !== undefined, `${shown} entries`);
    const write = { tag: TAG, value: 99_998, why: 'once more', by: 'local' };
    await site.api.post('/api/writes', JSON.stringify(write));
    await page.getByRole('button', { name: /new: show/ }).click();
    await page
      .locator('.audit-entry')
      .filter({ hasText: /to 99998/ })
      .waitFor();
    window.assertQuiet(...EXPECTED);
  },
);

test('is whole on a phone', browser, async () => {
  await using window = await auditOf('eva', '#/audit', { width: 390, height: 844 });
  const width = await window.page.evaluate<number>('document.querySelector(".area")?.scrollWidth ?? 0');
  assert.ok(width <= 390, `${width} px`);
  assert.deepEqual(await window.barriers(), []);
  window.assertQuiet(...EXPECTED);
});
