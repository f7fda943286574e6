import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Download, Locator, Page } from 'playwright-core';
import { until } from '../until.ts';
import { NO_BROWSER, type View, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

let site: DemoSite;
let password: string;
/** Half an hour of one tag, a sample a second; nothing is known of the ten minutes in its middle. */
const TAG = 'lab/bench/cell/voltage';
const FROM_S = Math.floor(Date.now() / 1000) - 86_400;
const [LENGTH_S, HOLE_FROM_S, HOLE_TO_S] = [1800, 600, 1200];

if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('olga', 'operator');
    await importPast();
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

async function importPast(): Promise<void> {
  const rows = ['time,tag,value,quality'];
  for (let s = 0; s < LENGTH_S; s++) {
    if (s > HOLE_FROM_S && s < HOLE_TO_S) continue;
    const isBad = s === HOLE_FROM_S;
    rows.push(`${FROM_S + s},${TAG},${10 + Math.sin(s / 60)},${isBad ? 'badNoCommunication' : 'good'}`);
  }
  const query = 'timeFormat=s&form=long&undeclared=true&name=cell.csv';
  const reply = await site.api.fetch(`/api/history/import?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: rows.join('\n'),
  });
  const said = await reply.text();
  assert.equal(reply.status, 200, said);
  assert.doesNotMatch(said, /"fault"/, said);
}

/** These tests look at pixels. */
const EXPECTED = [/willReadFrequently/];

const iso = (second: number): string => new Date((FROM_S + second) * 1000).toISOString();
const PAST = `/#/trends?tag=${TAG}&from=${iso(0)}&to=${iso(LENGTH_S)}`;

async function opened(path: string, view: View = {}): Promise<Window> {
  const window = await site.signedIn('olga', password, view);
  await window.go(path);
  await settled(window.page);
  return window;
}

/** Until the page has all that it asked for. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Trends', level: 1 }).waitFor();
  await page.locator('.trends-plot').waitFor();
  await until(
    'the picture has what it needs',
    async () => (await page.locator('.trends-plot[data-asking]').count()) === 0 && (await hasLine(page)),
    60_000,
  );
}

const hasLine = async (page: Page): Promise<boolean> => (await columnsWithTrace(page)).some(Boolean);

/** Of each column of pixels of the picture, from left to right, whether the line's colour is in it. */
async function columnsWithTrace(page: Page): Promise<readonly boolean[]> {
  return await page.evaluate<readonly boolean[]>(COLUMNS_WITH_TRACE);
}

/** Runs in the page, whose words this program does not know. */
const COLUMNS_WITH_TRACE = `(() => {
  const canvas = document.querySelector('.chart canvas');
  const over = document.querySelector('.chart .u-over');
  if (!canvas || !over) return [];
  const hex = getComputedStyle(over).getPropertyValue('--trace').trim();
  const trace = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  const ratio = canvas.width / canvas.clientWidth;
  const width = Math.floor(over.clientWidth * ratio);
  const height = Math.floor(over.clientHeight * ratio);
  const { data } = canvas.getContext('2d').getImageData(over.offsetLeft * ratio, over.offsetTop * ratio, width, height);
  const isTrace = (at) =>
    data[at + 3] > 200 && trace.reduce((sum, one, i) => sum + Math.abs(data[at + i] - one), 0) < 24;
  return Array.from({ length: width }, (_, x) =>
    Array.from({ length: height }, (_, y) => 4 * (y * width + x)).some(isTrace));
})()`;

async function pointAt(page: Page, share: number): Promise<void> {
  const over = page.locator('.chart .u-over');
  const box = await over.boundingBox();
  assert.ok(box);
  await over.hover({ position: { x: share * box.width, y: box.height / 2 } });
}

const endsOf = async (page: Page): Promise<readonly string[]> =>
  await Promise.all(['From', 'To'].map((end) => page.getByLabel(end, { exact: true }).inputValue()));

const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name });

test('no line crosses a hole, and the cursor tells why', browser, async () => {
  await using window = await opened(PAST);
  const { page } = window;
  const columns = await columnsWithTrace(page);
  const share = (from: number, to: number) => {
    const part = columns.slice(
      Math.round((from / LENGTH_S) * columns.length),
      Math.round((to / LENGTH_S) * columns.length),
    );
    return part.filter(Boolean).length / part.length;
  };
  assert.equal(share(HOLE_FROM_S + 15, HOLE_TO_S - 15), 0, 'nothing is drawn where nothing is known');
  assert.ok(share(20, HOLE_FROM_S - 20) > 0.9, 'before it');
  assert.ok(share(HOLE_TO_S + 20, LENGTH_S - 20) > 0.9, 'behind it');

  await pointAt(page, 0.5);
  await row(page, 'voltage').getByText('bad: no communication').first().waitFor();
  await pointAt(page, 0.2);
  const value = 10 + Math.sin((0.2 * LENGTH_S) / 60);
  await until('the value under the pointer', async () => {
    const text = await row(page, 'voltage').last().locator('.trends-now').innerText();
    return Math.abs(Number.parseFloat(text) - value) < 0.1;
  });
  assert.equal(
    (await row(page, 'voltage').last().locator('[data-label="Quality"]').innerText()).startsWith('good'),
    true,
  );
  window.assertQuiet(...EXPECTED, /404 .*\/api\/tags/); // the past alone knows this tag
});

test('statistics are those of what is seen', browser, async () => {
  await using window = await opened(PAST);
  const cell = (label: string) =>
    row(window.page, 'voltage').last().locator(`[data-label="${label}"]`).innerText();
  await until('the statistics', async () => (await cell('Max')) !== '–', 30_000);
  assert.equal(Number(await cell('Min')).toFixed(2), '9.00');
  assert.equal(Number(await cell('Max')).toFixed(2), '11.00');
});

test('wheel and keys zoom and pan, the address follows, and a link shows the same', browser, async () => {
  await using window = await opened(PAST);
  const { page } = window;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const before = page.url();
  await pointAt(page, 0.25);
  await page.mouse.wheel(0, -600);
  await until('the address has the zoomed span', () => page.url() !== before);
  const zoomed = page.url();
  await page.locator('.chart').focus();
  await page.keyboard.press('ArrowLeft');
  await until('the address has the panned span', () => page.url() !== zoomed);
  await settled(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied').waitFor();
  const link = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.equal(link, page.url());
  const shown = await endsOf(page);

  await using other = await opened(link.slice(site.origin.length));
  const again = await endsOf(other.page);
  assert.deepEqual(again, shown);
});

test('a drag shows what is at the new place, holes too, and the address follows', browser, async () => {
  await using window = await opened(PAST);
  const { page } = window;
  const before = page.url();
  const box = await page.locator('.chart .u-over').boundingBox();
  assert.ok(box);
  const [y, byShare] = [box.y + box.height / 2, 0.25];
  await page.mouse.move(box.x + box.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + (0.5 + byShare) * box.width, y, { steps: 25 });
  const byS = byShare * LENGTH_S;
  const shareWithLine = async (fromS: number, toS: number) => {
    const columns = await columnsWithTrace(page);
    const at = (second: number) => Math.round(((second + byS) / LENGTH_S) * columns.length);
    const part = columns.slice(at(fromS), at(toS));
    return part.filter(Boolean).length / part.length;
  };
  const check = async (when: string) => {
    assert.equal(await shareWithLine(-byS, -10), 0, `nothing before the first sample, ${when}`);
    assert.ok((await shareWithLine(20, HOLE_FROM_S - 20)) > 0.9, `a line before the hole, ${when}`);
    assert.equal(await shareWithLine(HOLE_FROM_S + 15, HOLE_TO_S - 15), 0, `none across it, ${when}`);
    assert.ok((await shareWithLine(HOLE_TO_S + 20, LENGTH_S - byS)) > 0.9, `one behind it, ${when}`);
  };
  await check('while the button is down');
  await page.mouse.up();
  await until('the address has the new place', () => page.url() !== before);
  const from = new URLSearchParams(page.url().split('?')[1]).get('from') ?? '';
  assert.ok(
    Math.abs(Date.parse(from) / 1000 - (FROM_S - byS)) < LENGTH_S / 200,
    `${from} is a quarter before`,
  );
  await settled(page);
  await check('at rest');
  window.assertQuiet(...EXPECTED, /404 .*\/api\/tags/);
});

test('live goes on by itself, pauses when it is moved back, and comes back', browser, async () => {
  await using window = await opened('/#/trends?tag=hall/line1/pump/flow&last=900');
  const { page } = window;
  const live = page.getByRole('button', { name: 'Live', exact: true });
  assert.equal(await live.getAttribute('aria-pressed'), 'true');
  const now = row(page, 'flow').last().locator('.trends-now');
  const first = await now.innerText();
  await until('another value comes', async () => (await now.innerText()) !== first, 60_000);
  await page.locator('.chart').focus();
  await page.keyboard.press('ArrowLeft');
  const back = page.getByRole('button', { name: 'Go live' });
  await back.waitFor();
  assert.match(page.url(), /from=.*to=/);
  await back.click();
  await live.waitFor();
  assert.match(page.url(), /last=900(&|$)/);
  window.assertQuiet(...EXPECTED);
});

test('tags are found among all and added, with steps for states', browser, async () => {
  await using window = await opened('/#/trends?tag=hall/line1/pump/flow&last=900');
  const { page } = window;
  await page.getByRole('combobox', { name: 'Add a tag' }).fill('line1/filler/state');
  await page.getByRole('option', { name: /hall\/line1\/filler\/state/ }).click();
  await row(page, 'state').first().waitFor();
  await until(
    'its state',
    async () =>
      /running|stopped|starting|fault/.test(
        await row(page, 'state').last().locator('.trends-now').innerText(),
      ),
    60_000,
  );
  assert.match(page.url(), /filler%2Fstate/);
  await page.getByRole('button', { name: 'Hide state' }).click();
  await page.getByRole('button', { name: 'Show state' }).waitFor();
  await page.getByRole('button', { name: 'Remove state' }).click();
  await until('it is gone', async () => !page.url().includes('filler'));
});

test('writes are marks above the lines, and are told in words', browser, async () => {
  const write = { tag: 'hall/line1/pump/valve_setpoint', value: 71, why: 'trial of the valve' };
  const reply = await site.api.post('/api/writes', JSON.stringify(write));
  assert.equal(reply.status, 200, await reply.text());
  const [event] = await (async () => {
    const found = () =>
      site.api.get<readonly { timeUs: number; name: string }[]>(
        `/api/events?kind=write&subject=${write.tag}&limit=1`,
      );
    await until(
      'the write has ended',
      async () => (await found()).some(({ name }) => name !== 'write.intent'),
      60_000,
    );
    return await found();
  })();
  assert.ok(event);
  const at = event.timeUs / 1000;
  const span = `from=${new Date(at - 60_000).toISOString()}&to=${new Date(at + 20_000).toISOString()}`;
  await until('that time is over', () => Date.now() > at + 20_000, 60_000);
  await using window = await opened(`/#/trends?tag=${write.tag}&${span}`);
  const { page } = window;
  await page.getByText('Alarms and writes').click();
  await page.getByRole('row').filter({ hasText: 'Write valve_setpoint = 71' }).first().waitFor();
  await page.getByText('trial of the valve').first().waitFor();
  await pointAt(page, 0.75);
  await page.locator('.trends-tip').getByText('Write valve_setpoint = 71').waitFor();
  window.assertQuiet(...EXPECTED);
});

test('a calculation is one more line, and one that cannot be is refused with why', browser, async () => {
  await using window = await opened('/#/trends?tag=hall/line1/pump/flow&last=900');
  const { page } = window;
  await page.getByRole('button', { name: 'Calculate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Expression').fill('power / nothing');
  await dialog.getByLabel('Asset').fill('hall/line1/pump');
  await dialog.getByRole('button', { name: 'Draw it' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Expression').fill('power / flow');
  await dialog.getByRole('button', { name: 'Draw it' }).click();
  await dialog.waitFor({ state: 'detached' });
  const now = row(page, 'power / flow').last().locator('.trends-now');
  await until('its value', async () => Number.parseFloat(await now.innerText()) > 0, 60_000);
  assert.match(page.url(), /calc=/);
  window.assertQuiet(...EXPECTED, /history\/calculated/);
});

test('a view that somebody saves is there for others', browser, async () => {
  await using window = await opened(
    '/#/trends?tag=hall/line1/pump/flow&tag=hall/line1/pump/speed;3&last=900',
  );
  const { page } = window;
  await page.getByRole('button', { name: 'Saved views' }).click();
  await page.getByLabel('Save what is shown as').fill('The pump');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'The pump', exact: true }).waitFor();
  const saved = page.url();

  const secret = await site.addUser('vera', 'viewer');
  await using other = await site.signedIn('vera', secret);
  await other.go('/#/trends');
  await other.page.getByRole('button', { name: 'saved views', exact: true }).click();
  assert.equal(await other.page.getByLabel('Save what is shown as').count(), 0, 'a viewer saves none');
  await other.page.getByRole('button', { name: 'The pump', exact: true }).click();
  await settled(other.page);
  assert.equal(decodeURIComponent(other.page.url()), decodeURIComponent(saved));

  await page.getByRole('button', { name: 'Remove The pump' }).click();
  await page.getByText('Nobody has saved a view yet.').waitFor();
});

test('what is seen is taken out as CSV, Parquet and a picture', browser, async () => {
  await using window = await opened(PAST);
  const { page } = window;
  await page.getByRole('button', { name: 'Export' }).click();
  const taken = async (role: 'link' | 'button', name: string): Promise<Buffer> => {
    const [download] = await Promise.all([
      page.waitForEvent('download') as Promise<Download>,
      page.getByRole('dialog').getByRole(role, { name, exact: true }).click(),
    ]);
    return readFileSync(await download.path());
  };
  const csv = (await taken('link', 'CSV')).toString();
  assert.match(csv, /^tag,time,value,quality\r?\n/);
  assert.ok(csv.split('\n').length > LENGTH_S - (HOLE_TO_S - HOLE_FROM_S), 'every sample');
  assert.equal((await taken('link', 'Parquet')).subarray(0, 4).toString(), 'PAR1');
  const png = await taken('button', 'PNG');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.length > 5000, `${png.length} bytes`);
});

for (const theme of ['light', 'dark'] as const) {
  test(`nothing keeps anybody out, ${theme}, and a phone is wide enough`, browser, async () => {
    const path = '/#/trends?tag=hall/line1/pump/flow&tag=hall/line1/filler/state&last=900&earlier=86400';
    await using window = await opened(path, { theme });
    assert.deepEqual(await window.barriers(), []);
    await window.page.getByRole('combobox', { name: 'Add a tag' }).fill('level');
    await window.page.getByRole('option').first().waitFor();
    assert.deepEqual(await window.barriers(), []);
    await window.page.keyboard.press('Escape');
    await window.page.getByRole('button', { name: 'Saved views' }).click();
    assert.deepEqual(await window.barriers(), []);
    window.assertQuiet(...EXPECTED);
    await using phone = await opened(path, { theme, width: 390, height: 844 });
    const beyond = Number(await phone.page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    assert.ok(beyond <= 0, `${beyond} px beyond the edge`);
    assert.deepEqual(await phone.barriers(), []);
    phone.assertQuiet(...EXPECTED);
  });
}
