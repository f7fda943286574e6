import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertOpen, barriersOf } from './barriers.ts';
import { NO_BROWSER } from './browser.ts';
import { DemoSite } from './demo-site.ts';
import { furnish } from './furnished-site.ts';
import { menuScenes } from './scenes.ts';

/* The menu is made of the console's registry of pages: one that is added later is looked at by itself. */

let site: DemoSite;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    site = await DemoSite.start();
    password = await site.addUser('ann', 'administrator');
    await furnish(site);
  });
  after(() => site?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

test('nothing keeps people out of any page of the menu', browser, async () => {
  await assertOpen(site, password, async (window) => {
    const scenes = await menuScenes(window);
    assert.ok(scenes.length >= 11, `${scenes.length} pages`);
    return scenes;
  });
});

test('the sign-in has no barriers either', browser, async () => {
  await using stranger = await site.chromium.open(site.origin);
  await stranger.go('/');
  await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await barriersOf(stranger), []);
});
