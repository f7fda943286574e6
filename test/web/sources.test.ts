import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Api } from '#test/e2e/sandbox.ts';
import { until } from '../until.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/* Sources of a site: how they do, whom they trust, and what is taken from a device by hand. */

/** Machines are slow to come back, and so is a busy box. */
const PATIENCE = { timeout: 60_000 };

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('eva', 'engineer');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };
const eva = (view = {}): Promise<Window> => site.signedIn('eva', password, view);

test('a source that dies says why and what to do, and comes back by itself', browser, async () => {
  await using window = await eva();
  const { page } = window;
  await page.goto(`${site.origin}/#/sources`);
  const sources = page.getByRole('region', { name: 'Sources', exact: true });
  const row = sources.getByRole('row').filter({ has: page.getByRole('link', { name: 'bottling' }) });
  await row.getByText('running').waitFor();
  await until('its rate', async () => /\d\s*\/s/.test(await row.innerText()), 30_000);
  assert.match(await row.innerText(), /of 40/, 'what its device bears stands beside what it is asked');

  await site.box.run('plant', 'fault', 'device-restarting', '--device', 'bottling');
  // It is down for some seconds at a time: what is seen then has to be there together.
  await sources.getByText('4 of 5 running').waitFor(PATIENCE);
  await Promise.all([
    row.getByText(/tries again soon|connecting/).waitFor(PATIENCE),
    sources.getByText('refused the connection').waitFor(PATIENCE),
    sources.getByText('nothing listens on this port').waitFor(PATIENCE),
  ]);
  await site.box.run('plant', 'fault', 'device-restarting', '--off', '--device', 'bottling');
  await sources.getByText('5 of 5 running').waitFor(PATIENCE);
  await row.getByRole('link', { name: 'bottling' }).click();
  await page.getByRole('heading', { name: 'bottling', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Gaps' }).getByText('device silent').first().waitFor(PATIENCE);
  window.assertQuiet();
});

test('one source shows its tags with values and the certificate of its peer', browser, async () => {
  await using window = await eva();
  const { page } = window;
  await page.goto(`${site.origin}/#/sources/utilities`);
  const tags = page.getByRole('table', { name: 'Tags of utilities' });
  await tags.getByRole('link').first().waitFor();
  await until('a value', async () => /\d/.test(await tags.locator('.value').first().innerText()));
  const peer = page.getByRole('region', { name: 'Certificates of its peer' });
  await peer.getByText('Trusted').waitFor();
  const [{ fingerprint } = { fingerprint: '' }] =
    await site.api.get<readonly { readonly fingerprint: string }[]>('/api/certificates');
  const shown = (await peer.locator('.fingerprint code').innerText()).replaceAll(/[^0-9A-F]/g, '');
  assert.equal(shown.toLowerCase(), fingerprint);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    peer.getByRole('button', { name: 'Download as PEM' }).click(),
  ]);
  assert.match(file.suggestedFilename(), new RegExp(`^${fingerprint.slice(0, 16)}\\.pem$`));
  window.assertQuiet();
});

test('on a phone a long value leaves room for the name of what has it', browser, async () => {
  await using window = await eva({ width: 390, height: 844 });
  const { page } = window;
  await page.goto(`${site.origin}/#/sources/utilities?view=browse`);
  await page.getByRole('button', { name: 'Look into the device' }).click();
  await page.getByLabel('Search in what was found').fill('LastReport');
  const name = page.getByRole('cell', { name: 'Utilities / Cip / LastReport' });
  await name.waitFor(PATIENCE);
  const value = page.getByRole('cell', { name: '"Recipe"' });
  const [ofName, ofValue] = await Promise.all([name.boundingBox(), value.boundingBox()]);
  assert.ok(ofName && ofValue && ofName.width > ofValue.width, JSON.stringify({ ofName, ofValue }));
  window.assertQuiet();
});

test('what a device offers is chosen by hand, reviewed, applied, and has a value', browser, async () => {
  await using window = await eva();
  const { page } = window;
  await page.goto(`${site.origin}/#/sources/utilities?view=browse`);
  await page.getByRole('button', { name: 'Look into the device' }).click();
  await page.getByText(/\d+ found, \d+ read by tags already/).waitFor(PATIENCE);
  await page.getByLabel('Search in what was found').fill('ChilledWater / Flow');
  await page.getByLabel('Choose Utilities / ChilledWater / Flow').check();
  await page.getByRole('button', { name: 'Add as tags' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add 1 tag to the site file' });
  await dialog.getByLabel('Put them below').fill('hall/cooling');
  await dialog.getByRole('button', { name: 'Use this path' }).click();
  const path = 'hall/cooling/utilities/chilled_water/flow';
  await dialog.getByRole('region', { name: 'Entries' }).getByText(path).waitFor(PATIENCE);
  await dialog.getByRole('region', { name: 'What it changes' }).getByText(`tag ${path}`).waitFor(PATIENCE);
  assert.deepEqual(await window.barriers(), []);
  const before = (await site.api.get<{ readonly text: string }>('/api/config')).text;
  await dialog.getByLabel('Reason').fill('the chiller is to be watched');
  await dialog.getByRole('button', { name: 'Add 1 tag' }).click();
  const done = page.getByRole('dialog', { name: '1 tag added' });
  await done.getByRole('link', { name: path }).click(PATIENCE);
  const value = page.locator('.tag-value .value');
  await until('a value', async () => /\d/.test(await value.innerText()), 30_000);
  const { text } = await site.api.get<{ readonly text: string }>('/api/config');
  const added = text.split('\n').filter((line) => !before.split('\n').includes(line));
  assert.ok(added[0]?.includes(path) && text.length > before.length, 'comments and all the rest have stayed');
  for (const line of before.split('\n')) assert.ok(text.includes(line));
  window.assertQuiet();
});

test('a certificate is compared and trusted by a click, and the source runs', browser, async () => {
  const { text } = await site.api.get<{ readonly text: string }>('/api/config');
  const [url] = /opc\.tcp:\/\/[\w.:]+/.exec(text) ?? [];
  assert.ok(url, 'the demo reads an OPC UA server');
  const [file, data] = [site.box.path('second.yaml'), site.box.path('second')];
  writeFileSync(
    file,
    `site: second
settings: { api: { port: 0 } }
sources:
  chillers: { kind: opcua, url: '${url}' }
tags:
  hall/cooling/flow: { unit: m3/h, source: chillers, address: { node: nsu=urn:holdfast:plant:utilities;s=ChilledWater.Flow } }
`,
  );
  const edge = await site.box.startEdge(file, data);
  const api = new Api(data);
  const user = JSON.stringify({ name: 'eva', password, role: 'engineer' });
  assert.equal((await api.post('/api/access/users', user)).status, 200);
  await using window = await site.chromium.open(api.address.url);
  const { page } = window;
  await window.go('/');
  await page.getByLabel('Name').fill('eva');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.goto(`${api.address.url}/#/certificates`);
  const waiting = page.getByRole('region', { name: 'Waiting for a decision' });
  await waiting.getByText('Waits for a decision').waitFor(PATIENCE);
  assert.deepEqual(await window.barriers(), []);
  assert.notEqual((await api.status()).sources.chillers?.state, 'running');
  await waiting.getByRole('button', { name: 'Trust …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Trust this certificate?' });
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  assert.equal(await dialog.count(), 1, 'nothing is trusted that nobody says to have compared');
  await dialog.getByLabel('I have compared it').check();
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click();
  await page.getByRole('region', { name: 'Decided' }).getByText('Trusted').waitFor(PATIENCE);
  await page.goto(`${api.address.url}/#/sources/chillers`);
  await page.getByRole('region', { name: 'State' }).getByText('running').waitFor(PATIENCE);
  window.assertQuiet();
  await edge.stop();
});
