import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addSites } from '../hub/many-sites.ts';
import { reports } from '../hub/reported-site.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { FleetHub } from './fleet-hub.ts';

/* The console of a fleet as people use it: a real browser before a real hub that real sites have joined. */

/** What a first visit may take over the wire, in bytes, as at a site. */
const FIRST_LOAD = 350_000;
const MOST_SCRIPTS = 8;
/** Stretching a password, and a database beside a browser, take a while on a busy box. */
const PATIENCE = { timeout: 60_000 };

let hub: FleetHub;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    hub = await FleetHub.start();
  });
  after(() => hub?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

async function ann(hash = '#/', view = {}): Promise<Window> {
  const window = await hub.signedIn('ann', password, view);
  window.page.setDefaultTimeout(PATIENCE.timeout);
  await window.go(`/${hash}`);
  return window;
}

test(
  'whoever has the code of a new hub becomes its first administrator in the browser',
  browser,
  async () => {
    const code = await hub.rig.hub.people.people.firstCode();
    assert.ok(code);
    await using window = await hub.chromium.open(hub.origin);
    const { page } = window;
    await window.go('/');
    await page.getByRole('button', { name: 'First administrator' }).click();
    password = 'seven green valves hum';
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill(password);
    await page.getByLabel('Code').fill('AAAA-AAAA-AAAA-AAAA');
    await page.getByRole('button', { name: 'Make the administrator' }).click();
    await page.getByRole('alert').getByText('the code is wrong').waitFor(PATIENCE);
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Make the administrator' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor(PATIENCE);
    await page.getByText('no site has joined yet').waitFor();
    window.assertQuiet(/401/);
  },
);

test(
  'a join token is made in the browser, its command lets a box in, and the site is there',
  browser,
  async () => {
    await using window = await ann('#/identities');
    const { page } = window;
    await page.getByRole('button', { name: 'Let a site in …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Let a site in' });
    await dialog.getByLabel('Site').fill('North');
    await dialog.getByLabel('Labels').fill('region=north, line=1');
    await dialog.getByRole('button', { name: 'Make a token' }).click();
    await dialog.getByText('North is no name of a site').waitFor();
    await dialog.getByLabel('Site').fill('joined-1');
    await dialog.getByRole('button', { name: 'Make a token' }).click();
    const shown = page.getByRole('dialog', { name: 'At the box' });
    const command = await shown.getByLabel('Shown once').inputValue();
    await shown.getByRole('button', { name: 'I have it' }).click();
    const tokens = page.getByRole('region', { name: 'Join tokens', exact: true });
    await tokens.getByRole('row').filter({ hasText: 'joined-1' }).waitFor();
    const [, address, token = ''] = /^holdfast edge join (\S+) (hfj1\.\S+)$/.exec(command) ?? [];
    assert.equal(address, hub.origin);
    assert.ok(!(await page.content()).includes(token), 'it stands nowhere on the page any more');
    await hub.joinWith('joined-1', token);
    await tokens.getByText('None waits.').waitFor();
    await page.goto(`${hub.origin}/#/sites/joined-1`);
    await page.getByText('never came').first().waitFor();
    await page.getByRole('link', { name: 'region north' }).click();
    await page.getByRole('table', { name: 'Sites' }).getByRole('link', { name: 'joined-1' }).waitFor();
    window.assertQuiet(/400/);
  },
);

/** As a picture says it in words. */
const holesIn = (label: string | null): number =>
  Number(/, (\d+) stretch(es)? without values/.exec(label ?? '')?.[1] ?? 0);

test('sites come and go by themselves, with values, a picture of the past, and events', browser, async () => {
  await hub.furnish();
  await using window = await ann();
  const { page } = window;
  const wanting = page.getByRole('region', { name: 'What wants somebody' });
  await wanting.getByRole('listitem').filter({ hasText: 'south-2' }).getByText('offline').waitFor();
  await page.getByRole('link', { name: '3 of 6 online' }).waitFor();
  await page.goto(`${hub.origin}/#/sites/north-1?show=values`);
  await page.getByRole('link', { name: 'hall/pump/flow' }).click();
  const value = page.getByRole('row').filter({ hasText: 'hall/pump/flow' }).locator('.value');
  const first = await value.innerText();
  await until('another value', async () => (await value.innerText()) !== first, PATIENCE.timeout);
  await page.getByRole('application', { name: /flow: from .* to .*, last .* L\/min/ }).waitFor();
  const holes = () => page.getByRole('application').getAttribute('aria-label').then(holesIn);
  const before = await holes(); // before it joined nothing is known
  await hub.lose('north-1', 7);
  await until('one more hole', async () => (await holes()) > before, PATIENCE.timeout);
  await page.getByRole('link', { name: 'hall/tank/level' }).click();
  await page.getByRole('region', { name: 'Past' }).getByText('level –').waitFor();
  await page.getByRole('searchbox').fill('what the pump moves');
  await until('only that', async () => (await page.getByRole('row').count()) === 2, PATIENCE.timeout);
  await page.getByRole('link', { name: 'Events', exact: true }).last().click();
  await page
    .getByRole('button', { name: /system started/ })
    .first()
    .click();
  await page.getByText('told by the site').waitFor();
  // Of what a site has not told yet nothing is known, whatever it said last.
  await page.goto(`${hub.origin}/#/sites/south-2?show=values&tag=hall/pump/flow`);
  await page.getByRole('region', { name: 'Past' }).getByText('flow –').waitFor();
  await hub.stop('north-2');
  await page.goto(`${hub.origin}/#/sites?state=offline`);
  const rows = page.getByRole('table', { name: 'Sites' }).getByRole('row');
  await rows.filter({ hasText: 'north-2' }).waitFor();
  window.assertQuiet();
});

test('a first visit takes at most 350 kB, and all of it comes from the hub', browser, async () => {
  await using window = await ann();
  await window.page.getByRole('region', { name: 'Groups' }).waitFor();
  const asked = await window.asked();
  const bytes = asked.filter(({ url }) => /assets|\/$/.test(url)).reduce((sum, one) => sum + one.bytes, 0);
  assert.ok(bytes > 50_000 && bytes <= FIRST_LOAD, `${bytes} bytes`);
  const scripts = new Set(asked.filter(({ url }) => url.endsWith('.js')).map(({ url }) => url));
  assert.ok(scripts.size <= MOST_SCRIPTS, `${scripts.size} scripts`);
  const page = await window.page.request.get(hub.origin);
  assert.match(page.headers()['content-security-policy'] ?? '', /default-src 'none'.*frame-ancestors 'none'/);
  assert.match(page.headers()['strict-transport-security'] ?? '', /max-age/);
  assert.equal(page.headers()['x-content-type-options'], 'nosniff');
  window.assertQuiet();
});

test('an identity is revoked with a reason, and the site is cut off at once', browser, async () => {
  await using window = await ann('#/sites/south-1?show=identity');
  const { page } = window;
  await page.getByRole('button', { name: 'Revoke …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke the identity of south-1?' });
  await dialog.getByLabel('Reason').fill('the cabinet was broken open');
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page
    .getByRole('row')
    .filter({ hasText: 'the cabinet was broken open' })
    .getByText('by ann')
    .waitFor();
  await page.getByText('offline', { exact: true }).waitFor();
  await page.goto(`${hub.origin}/#/identities`);
  const look = page.getByRole('region', { name: 'What wants a look' });
  await look.getByRole('row').filter({ hasText: 'south-1' }).getByText('revoked').waitFor();
  window.assertQuiet();
});

test(
  'alarms of several sites are acknowledged together, and shown as pending until their sites answer',
  browser,
  async () => {
    const { pool } = hub.rig.hub.database;
    await hub.alarm();
    await hub.join('west-3', { region: 'west', line: '3' });
    await reports(pool, 'west-3', [{ id: 'hall/tank/level-low', priority: 'medium' }], {
      acknowledge: false,
    });
    await using window = await ann();
    await window.page
      .getByRole('region', { name: 'With problems' })
      .getByText(/^[1-9]\d*$/)
      .waitFor();
    await window.go('/#/alarms');
    const { page } = window;
    const banner = page.getByRole('region', { name: 'Alarms' }).first();
    await banner.getByText('1 critical not acknowledged').waitFor();
    await banner.getByText('pressure high').waitFor();
    const table = page.getByRole('table', { name: 'Alarms' });
    await until('three rows and the head', async () => (await table.getByRole('row').count()) === 4);
    assert.match(await table.getByRole('row').nth(1).innerText(), /pressure high/, 'the worst stands first');
    for (const name of ['pressure high of west-1', 'level high of west-2', 'level low of west-3'])
      await page.getByLabel(`Choose ${name}`).check();
    await page.getByRole('button', { name: 'Acknowledge 3 …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Acknowledge 3 alarms of 3 sites' });
    await dialog.getByText(/are not connected: it waits/).waitFor();
    await dialog.getByLabel('Comment').fill('on my way');
    await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    const refused = page.getByRole('dialog', { name: 'Not all were acknowledged' });
    await refused.getByRole('region', { name: 'west-3' }).getByText('hub.no-acknowledge').waitFor();
    await refused.getByRole('button', { name: 'Close' }).click();
    const pending = table.getByRole('row').filter({ hasText: 'pressure high' });
    await pending.getByText('acknowledged by ann: waits for the site').waitFor();
    assert.equal(await pending.getByRole('checkbox').count(), 0, 'it is not asked for twice');
    await banner.getByText('2 acknowledged and not yet done by their sites').waitFor();
    await page.getByRole('button', { name: 'On the way to their site' }).click();
    await until('two rows and the head', async () => (await table.getByRole('row').count()) === 3);
    await page.goto(`${hub.origin}/#/sites/west-1`);
    const health = page.getByRole('region', { name: 'Health' });
    await health.getByText('nobody answers at 10.0.0.7:502').waitFor();
    await health.getByText('1 min 30 s behind').waitFor();
    window.assertQuiet(/409/);
  },
);

test(
  'who is limited to a group sees that alone, and is offered nothing that he may not',
  browser,
  async () => {
    const grants = [{ role: 'viewer' as const, sites: 'region=west' }];
    await hub.rig.hub.people.people.add({ name: 'vic', password, grants }, 'test');
    await using window = await hub.signedIn('vic', password);
    const { page } = window;
    page.setDefaultTimeout(PATIENCE.timeout);
    await page.getByRole('link', { name: /of 3 online/ }).waitFor();
    assert.equal(await page.getByText('Identities', { exact: true }).count(), 0);
    await window.go('/#/administration');
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await window.go('/#/alarms?view=standing');
    await page.getByText('flow low').first().waitFor();
    assert.equal(await page.getByRole('checkbox').count(), 0);
    await window.go('/#/sites/north-1');
    await page.getByText('in none of your groups').waitFor();
    window.assertQuiet(/404/);
  },
);

test(
  'of ten thousand sites only those in sight are there; filters and order stand in the address',
  browser,
  async () => {
    await addSites(hub.rig.hub.database.pool, 10_000);
    await using window = await ann('#/sites?sort=id');
    const { page } = window;
    const table = page.getByRole('table', { name: 'Sites' });
    await page.getByText(/10.009 sites/).waitFor();
    await table.getByRole('link', { name: 'east-1' }).waitFor();
    assert.ok((await table.getByRole('row').count()) < 60);
    await table.evaluate((list) => list.scrollTo(0, list.scrollHeight / 2));
    await table.getByRole('link', { name: 'many-05003', exact: true }).waitFor();
    assert.ok((await table.getByRole('row').count()) < 60);
    await page.keyboard.press('/');
    await page.keyboard.type('delta');
    await page.getByText('1 000 sites').or(page.getByText('1\u202f000 sites')).first().waitFor();
    await page.getByRole('button', { name: /^in doubt/ }).click();
    await until('in the address', () => /search=delta&state=stale/.test(page.url()));
    await table.getByRole('button', { name: /^Since/ }).click();
    await until('the order, too', () => /sort=since/.test(page.url()));
    await page.reload();
    await page.getByRole('button', { name: /^in doubt/, pressed: true }).waitFor();
    const shown = await table.getByRole('row').allInnerTexts();
    assert.ok(shown.slice(1).every((text) => /in doubt/.test(text)));
    window.assertQuiet();
  },
);
