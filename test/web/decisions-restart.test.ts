import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api, Sandbox } from '#test/e2e/sandbox.ts';
import { smallSite } from '#test/e2e/small-site.ts';
import { freePort } from '#test/interop/mosquitto.ts';
import { Chromium, NO_BROWSER } from './browser.ts';

const PATIENT = { timeout: 60_000 };
const PASSWORD = 'anna keeps seven green valves';

test('a draft survives a restart of the site', { skip: NO_BROWSER }, async () => {
  await using box = new Sandbox();
  await using chromium = await Chromium.start();
  const { file, data } = smallSite(box, { modbus: 1, mqtt: 1, api: await freePort() });
  const first = await box.startEdge(file, data);
  const user = JSON.stringify({ name: 'anna', password: PASSWORD, role: 'engineer' });
  const made = await new Api(data).post('/api/access/users', user);
  assert.equal(made.status, 200, await made.text());

  await using window = await chromium.open(new Api(data).address.url);
  const { page } = window;
  await window.go('/');
  await page.getByLabel('Name').fill('anna');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor(PATIENT);
  await window.go('/#/decisions/file?at=alarms%0Apressure-high%0Awhen');
  await page.locator('.cm-editor.cm-focused').waitFor(PATIENT);
  await page.keyboard.press('End');
  await page.keyboard.insertText('.25');
  await page.getByText('kept in this browser').waitFor();

  await first.stop();
  await page.getByText('not connected').waitFor(PATIENT);
  await page.locator('.cm-editor').getByText('6.25').waitFor();
  await box.startEdge(file, data);
  await page.getByText('not connected').waitFor({ state: 'detached', ...PATIENT });
  await page.getByRole('region', { name: 'What would change' }).getByText('pressure-high').waitFor(PATIENT);
  await page.reload();
  await page.locator('.cm-editor').getByText('6.25').waitFor(PATIENT);
  await page.getByRole('button', { name: 'Apply …' }).click(PATIENT);
  await page.getByLabel('Reason').fill('a better limit');
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('heading', { name: 'The site file has taken effect' }).waitFor(PATIENT);
});
