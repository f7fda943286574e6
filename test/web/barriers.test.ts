// Runs alone: a browser before a whole plant takes both cores.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';

/* What axe-core finds on each page, and whether it fits into the window. */

const FLOW = 'hall/line1/pump/flow';
const SETPOINT = 'hall/line1/pump/speed_setpoint';

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('mia', 'operator');
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };
const mia = (view = {}): Promise<Window> => site.signedIn('mia', password, view);

for (const theme of ['light', 'dark'] as const) {
  test(`nothing keeps people out of a page, in ${theme} colours, wide and narrow`, browser, async () => {
    for (const width of [1440, 390]) {
      await using window = await mia({ theme, width, height: 844 });
      const { page } = window;
      const look = async (what: string) => {
        assert.deepEqual(await window.barriers(), [], `${what}, ${width} wide`);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(overflow) <= 0, `${what} is ${overflow} pixels too wide at ${width}`);
      };
      await page.getByRole('region', { name: 'Sources' }).first().waitFor();
      await look('the overview');
      await page.goto(`${site.origin}/#/tags`);
      await page.getByRole('link', { name: 'humidity' }).first().waitFor();
      await look('the list of tags');
      await page.goto(`${site.origin}/#/tags/${FLOW}`);
      await page.getByRole('img', { name: /^flow: from/ }).waitFor();
      await look('one tag');
      window.assertQuiet();
    }
  });
}

test('the sign-in has no barriers either, and neither has the dialog of a write', browser, async () => {
  await using stranger = await site.chromium.open(site.origin);
  await stranger.go('/');
  await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await stranger.barriers(), []);
  await using window = await mia();
  await window.page.goto(`${site.origin}/#/tags/${SETPOINT}`);
  await window.page.getByRole('button', { name: 'Write …' }).click();
  await window.page.getByRole('dialog').getByLabel('Value').waitFor();
  assert.deepEqual(await window.barriers(), []);
});
