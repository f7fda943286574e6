import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/* Who may sign in and ask, as an administrator decides it in a browser. */

/** Stretching a password takes a while on a busy box. */
const PATIENCE = { timeout: 30_000 };

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('ada', 'administrator');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

async function ada(view = {}): Promise<Window> {
  const window = await site.signedIn('ada', password, view);
  await window.page.goto(`${site.origin}/#/administration`);
  await window.page.getByRole('heading', { name: 'Administration', level: 1 }).waitFor();
  return window;
}

test(
  'a user is made and signs in, a weak password is explained, a viewer sees no administration',
  browser,
  async () => {
    await using window = await ada();
    const { page } = window;
    await page.getByRole('button', { name: 'Add a user …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a user' });
    await dialog.getByLabel('Name').fill('vera');
    await dialog.getByLabel('Password').fill('too short');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('fewer than 15').waitFor(PATIENCE);
    await dialog.getByText('four words').waitFor();
    await dialog.getByLabel('Password').fill('vera counts grey herons');
    await dialog.getByLabel('Areas').fill('hall/line1');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.waitFor({ state: 'detached', ...PATIENCE });
    const row = page
      .getByRole('region', { name: 'Users', exact: true })
      .getByRole('row')
      .filter({ hasText: 'vera' });
    await row.getByText('hall/line1').waitFor(PATIENCE);

    await using hers = await site.signedIn('vera', 'vera counts grey herons');
    assert.equal(await hers.page.getByText('Administration').count(), 0);
    await hers.page.goto(`${site.origin}/#/administration`);
    await hers.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    hers.assertQuiet();

    await row.getByRole('button', { name: 'Remove vera' }).click();
    const removal = page.getByRole('dialog', { name: 'Remove vera?' });
    await removal.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached', ...PATIENCE });
    await hers.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor(PATIENCE);
    window.assertQuiet(/409/);
  },
);

test('a token is shown once, works, and is refused once it was revoked', browser, async () => {
  await using window = await ada();
  const { page } = window;
  await page.getByRole('button', { name: 'Create a token …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API token' });
  await dialog.getByLabel('What it is for').fill('grafana');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  const shown = page.getByRole('dialog', { name: 'The new token' });
  const token = await shown.getByLabel('Shown once').inputValue(PATIENCE);
  await shown.getByRole('button', { name: 'I have it' }).click();
  assert.ok(!(await page.content()).includes(token), 'it stands nowhere on the page any more');
  const ask = () =>
    fetch(`${site.origin}/api/tags?limit=1`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 200);
  await page.getByRole('button', { name: 'Revoke grafana' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No program has a token of its own').waitFor(PATIENCE);
  assert.equal((await ask()).status, 401);
  window.assertQuiet();
});

test('a break-glass code that was made opens once', browser, async () => {
  await using window = await ada();
  const { page } = window;
  await page.getByRole('button', { name: 'Make a new code …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
  const code = await page.getByRole('dialog').getByLabel('Shown once').inputValue(PATIENCE);
  await page.getByRole('dialog').getByRole('button', { name: 'I have it' }).click();
  await page.getByText('A code is out there, unused').waitFor(PATIENCE);
  const use = () => site.api.post('/api/access/code', JSON.stringify({ code }));
  assert.equal((await use()).status, 200);
  assert.notEqual((await use()).status, 200);
  await page.getByText(/It was used/).waitFor(PATIENCE);
  window.assertQuiet();
});

for (const theme of ['light', 'dark'] as const) {
  test(
    `nothing keeps people out of the administration, in ${theme} colours, wide and narrow`,
    browser,
    async () => {
      for (const width of [1440, 390]) {
        await using window = await ada({ theme, width, height: 844 });
        const { page } = window;
        await page.getByRole('region', { name: 'Sessions', exact: true }).getByText('this one').waitFor();
        assert.deepEqual(await window.barriers(), [], `${width} wide`);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(overflow) <= 0, `${overflow} pixels too wide at ${width}`);
        await page.getByRole('button', { name: 'Add a user …' }).click();
        assert.deepEqual(await window.barriers(), [], `the dialog, ${width} wide`);
        window.assertQuiet();
      }
    },
  );
}
