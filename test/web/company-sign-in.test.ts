import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { companyHub } from '../hub/company.ts';
import { Chromium, NO_BROWSER } from './browser.ts';

const PATIENCE = { timeout: 60_000 };

/** As the provider asks: who he is, and whether the hub may know. */
async function atTheCompany(page: Page, subject: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(subject);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('people sign in at their company in the browser, and out; whom it does not let in is told why', {
  skip: NO_BROWSER,
}, async (t) => {
  const { idp, address } = await companyHub(t);
  await using chromium = await Chromium.start();
  await using window = await chromium.open(address);
  const { page } = window;
  page.setDefaultTimeout(PATIENCE.timeout);
  const enter = page.getByRole('link', { name: 'Sign in with Company' });

  const why = page.getByRole('alert');

  await idp.away();
  await window.go('/#/sites?state=online');
  await enter.click();
  await why.getByText('who has a password here signs in with it meanwhile').waitFor();
  await idp.listens();
  await window.go('/#/sites?state=online');
  await enter.click();
  await atTheCompany(page, '2');
  await page.getByRole('heading', { name: 'Sites', level: 1 }).waitFor();
  assert.equal(page.url(), `${address}/#/sites?state=online`, 'he is where he wanted to go');
  await page.getByRole('button', { name: /^oidc:ben, operator/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await enter.waitFor();
  assert.equal((await page.request.get(`${address}/api/access/me`)).status(), 401);

  // The provider remembers him, and the hub asks his groups anew.
  const ben = idp.people.get('2');
  assert.ok(ben);
  ben.groups = ['canteen'];
  await enter.click();
  await why.getByText('none of your groups may do anything here').waitFor();
  await why.getByText('access.no-group').waitFor();
  assert.equal(new URL(page.url()).search, '', 'the next load does not tell it again');

  await page.reload();
  await enter.waitFor();
  assert.equal(await why.count(), 0);
});
