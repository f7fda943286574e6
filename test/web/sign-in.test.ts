import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER } from './browser.ts';
import { DemoSite } from './demo-site.ts';

let site: DemoSite;
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

test('the printed link signs in, shows live values, and its code stays in no address', browser, async () => {
  await using window = await site.chromium.open(site.origin);
  const { page } = window;
  await page.goto(site.takeLink());
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  assert.doesNotMatch(page.url(), /sign-in|#[\w-]{8}/);
  await page.getByText('riverside').first().waitFor();
  window.assertQuiet();
});
