import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertOpen, barriersOf } from './barriers.ts';
import { NO_BROWSER } from './browser.ts';
import { FleetHub } from './fleet-hub.ts';
import { FLEET_PLACES } from './fleet-scenes.ts';
import { menuScenes } from './scenes.ts';

/* The menu is made of the registry of pages of the fleet: one that is added later is looked at by itself. */

let hub: FleetHub;
let password = '';
if (!NO_BROWSER) {
  before(async () => {
    hub = await FleetHub.start();
    password = await hub.administrator('ann');
    await hub.furnish();
    await hub.alarm();
  });
  after(() => hub?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

test('nothing keeps people out of any page of the fleet', browser, async () => {
  await assertOpen(hub, password, async (window) => {
    const scenes = await menuScenes(window);
    assert.ok(scenes.length >= 7, `${scenes.length} pages`);
    return scenes;
  });
});

test('nothing keeps people out of the places and dialogs of the fleet', browser, () =>
  assertOpen(hub, password, () => FLEET_PLACES),
);

test('the first administrator of a hub meets no barriers', browser, async () => {
  await using stranger = await hub.chromium.open(hub.origin);
  await stranger.go('/');
  await stranger.page.getByRole('button', { name: 'First administrator' }).click();
  assert.deepEqual(await barriersOf(stranger), []);
});

test(
  'a dialog of the fleet keeps the focus, ends with Escape, and gives the focus back',
  browser,
  async () => {
    await using window = await hub.signedIn('ann', password);
    const { page } = window;
    await window.go('/#/identities');
    const button = page.getByRole('button', { name: 'Let a site in …' });
    await button.waitFor();
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Let a site in' }).waitFor();
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const isInside = await page.evaluate(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      );
      assert.ok(isInside, 'the focus stays in the dialog');
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const isBack = await page.evaluate('document.activeElement?.textContent?.includes("Let a site in")');
    assert.equal(isBack, true);
    window.assertQuiet();
  },
);
