import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { freePort } from '#test/e2e/free-port.ts';
import { Sandbox } from '#test/e2e/sandbox.ts';
import { until } from '../until.ts';
import { Chromium, NO_BROWSER } from './browser.ts';

const PASSWORD = 'seven green valves hum';

test('a new site takes its first administrator; a restart is told, and nothing typed is lost', {
  skip: NO_BROWSER,
}, async () => {
  await using box = new Sandbox();
  await using chromium = await Chromium.start();
  const data = box.path('data');
  const file = box.path('site.yaml');
  const port = await freePort();
  writeFileSync(
    file,
    `site: north\nsettings: { api: { port: ${port} } }\ntags:\n  hall/line1/x: { derive: '1.0' }\n`,
  );
  const edge = await box.startEdge(file, data);
  await until('the code', () => edge.stderr().includes('with the code'));
  const [, code = ''] = /with the code ([\w-]{19})/.exec(edge.stderr()) ?? [];
  const origin = `http://127.0.0.1:${port}`;

  await using window = await chromium.open(origin);
  const { page } = window;
  await window.go('/sign-in');
  await page.getByRole('button', { name: 'First administrator' }).click();
  await page.getByLabel('Code').fill(code);
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password').fill('too short');
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();

  await page.getByRole('button', { name: 'ann, administrator' }).click();
  await page.getByRole('button', { name: 'Change password …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change your password' });
  await dialog.getByLabel('New password').fill('half typed');
  await edge.stop('SIGKILL');
  await page.getByText('The site does not answer.').waitFor({ timeout: 30_000 });
  const again = await box.startEdge(file, data);
  await page.getByText('The site does not answer.').waitFor({ state: 'detached', timeout: 60_000 });
  assert.equal(await dialog.getByLabel('New password').inputValue(), 'half typed');

  await dialog.getByLabel('Present password').fill(PASSWORD);
  await dialog.getByLabel('New password').fill(`${PASSWORD} loudly`);
  await dialog.getByRole('button', { name: 'Change' }).click();
  await page.getByRole('dialog', { name: 'Your password has been changed' }).waitFor();
  // While it was away the browser could not reach it, and a code or password that is refused is told as such.
  window.assertQuiet(/ERR_|40[19]|404/);
  await again.stop();
});
