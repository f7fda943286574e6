import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AlarmStatus, AppliedConfig, EventView, TagValue } from '#contract/client.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/* The panel beside the machine: whoever stands there acknowledges and stops without a password, and does nothing else. */

const RUN = 'hall/line1/pump/run';
const SUCTION = 'hall/line1/pump/suction-low';
/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;
/** What is refused is told by the browser, too. */
const REFUSED = [/40[13] /];

let site: DemoSite;
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    const { text } = await site.api.get<{ readonly text: string }>('/api/config');
    const body = {
      text: `${text}\nsettings:\n  panel:\n    from: [local]\n    stop: { ${RUN}: false }\n`,
      why: 'a panel',
    };
    const applied = (await (
      await site.api.post('/api/config/apply', JSON.stringify(body))
    ).json()) as AppliedConfig;
    assert.equal(applied.state, 'applied', JSON.stringify(applied));
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

async function panel(view: View = {}, place = '/'): Promise<Window> {
  const window = await site.chromium.open(site.origin, view);
  window.page.setDefaultTimeout(SLOW_MS);
  await window.go(place);
  await window.page.getByRole('heading', { name: 'Alarms', level: 1 }).waitFor();
  return window;
}

const alarm = () => site.api.get<AlarmStatus>(`/api/alarms/${encodeURIComponent(SUCTION)}`);
const named = async (name: string) =>
  await site.api.get<readonly EventView[]>(`/api/events?name=${name}&limit=20`);

test('an alarm comes to the panel by itself and is acknowledged there, as the panel', browser, async () => {
  await using window = await panel();
  const { page } = window;
  await page.getByText('No alarm stands').waitFor();
  await site.box.run('plant', 'fault', 'cavitation', '--line', '1');
  const row = page.getByRole('listitem').filter({ hasText: 'suction low' });
  await row.getByText('Clean the suction strainer').waitFor();
  await row.getByRole('button', { name: 'Acknowledge' }).focus();
  await page.keyboard.press('Enter');
  await until('it is acknowledged', async () => (await alarm()).state === 'acknowledged', SLOW_MS);
  await row.getByRole('button', { name: 'Acknowledge' }).waitFor({ state: 'detached' });
  assert.equal((await named('alarm.acknowledge')).at(-1)?.by, 'panel');
  window.assertQuiet(...REFUSED);
});

test('there is nothing else, at no address, and what asks for more is refused', browser, async () => {
  for (const place of ['/', '/#/tags', '/#/administration', '/#/decisions/file']) {
    await using window = await panel({}, place);
    const { page } = window;
    // Those of the design system are elements with a button inside.
    const names = await page.evaluate<string[]>(
      "[...document.querySelectorAll('ix-button, button, a, input, select')].map((at) => at.textContent.trim())",
    );
    const others = names.filter((name) => !['Stop …', 'Sign in', 'Acknowledge'].includes(name));
    assert.deepEqual(others, [], place);
    assert.ok(names.includes('Stop …'), place);
    assert.equal(await page.getByRole('navigation').count(), 0, place);
  }
  await using window = await panel();
  const ask = async (path: string, body?: object): Promise<number> =>
    await window.page.evaluate(
      `fetch(${JSON.stringify(path)}, ${JSON.stringify(
        body
          ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
          : {},
      )}).then(({ status }) => status)`,
    );
  for (const path of [
    '/api/tags',
    '/api/status',
    '/api/config',
    '/api/access/users',
    '/api/events',
    '/api/notices',
  ])
    assert.equal(await ask(path), 401, path);
  assert.equal(await ask('/api/writes', { tag: RUN, value: true, why: 'no' }), 401);
  for (const act of ['shelve', 'outOfService', 'comment', 'reset'])
    assert.equal(await ask('/api/alarms', { id: SUCTION, act, forMin: 10, comment: 'no' }), 403, act);
});

test('nothing keeps people out of the panel, and it fits into a narrow window', browser, async () => {
  for (const theme of ['light', 'dark'] as const)
    for (const width of [1440, 390]) {
      await using window = await panel({ theme, width, height: 844 });
      const { page } = window;
      await page.getByRole('listitem').first().waitFor();
      assert.deepEqual(await window.barriers(), [], `${theme}, ${width} wide`);
      await page.getByRole('button', { name: 'Stop …' }).click();
      await page.getByRole('dialog').waitFor();
      assert.deepEqual(await window.barriers(), [], `the question, ${theme}, ${width} wide`);
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) <= 0);
    }
});

// Last: a pump that stands does not suck, and its alarm is suppressed.
test(
  'stopping asks once more, gives the focus back when it is called off, and says what was written',
  browser,
  async () => {
    await using window = await panel();
    const { page } = window;
    const stop = page.getByRole('button', { name: 'Stop …' });
    const dialog = page.getByRole('dialog');
    const hasFocus = () => stop.evaluate((button) => button.matches(':focus, :focus-within'));
    await stop.focus();
    await page.keyboard.press('Enter');
    await dialog.getByText('This is no emergency stop').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await until('the focus is back', hasFocus);
    assert.equal((await named('security.panel-stop')).length, 0, 'nothing was stopped');

    await stop.click();
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.getByText('What was written').waitFor();
    await dialog
      .getByRole('listitem')
      .filter({ hasText: RUN })
      .getByText('Confirmed by the feedback tag')
      .waitFor();
    assert.equal((await site.api.get<TagValue>(`/api/tags/${RUN}`)).value, false);
    assert.equal((await named('security.panel-stop')).at(-1)?.by, 'panel');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
  },
);
