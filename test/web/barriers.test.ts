// Runs alone: a browser before a whole plant takes both cores.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';
import { furnish } from './furnished-site.ts';
import { menuScenes, SCENES, type Scene, show } from './scenes.ts';

/*
 * What axe-core finds on every page and dialog, in both themes, wide and narrow, and whether it fits into the window. The
 * pages are those of the menu: one that is added later is looked at by itself.
 */

/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;
const THEMES = ['light', 'dark'] as const;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

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

async function ann(): Promise<Window> {
  const window = await site.signedIn('ann', password);
  window.page.setDefaultTimeout(SLOW_MS);
  return window;
}

/** What is shown now, in each theme and size. */
async function barriersOf(window: Window): Promise<readonly string[]> {
  const { page } = window;
  const found: string[] = [];
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const theme of THEMES) {
      await page.evaluate(`document.documentElement.dataset.ixColorSchema = '${theme}'`);
      const at = `${theme}, ${size.width} wide`;
      for (const one of await window.barriers()) found.push(`${at}: ${one}`);
    }
    const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    if (overflow > 0) found.push(`${overflow} pixels too wide at ${size.width}`);
  }
  return found;
}

async function assertOpen(scenes: readonly Scene[]): Promise<void> {
  await using window = await ann();
  const found: { [scene: string]: readonly string[] } = {};
  for (const scene of scenes) {
    await window.page.setViewportSize(SIZES[0]);
    await show(window, site.origin, scene);
    const barriers = await barriersOf(window);
    if (barriers.length > 0) found[scene.name] = barriers;
  }
  assert.deepEqual(found, {});
  window.assertQuiet(/ERR_ABORTED/);
}

test('nothing keeps people out of any page of the menu', browser, async () => {
  await using window = await ann();
  const scenes = await menuScenes(window);
  assert.ok(scenes.length >= 11, `${scenes.length} pages`);
  await assertOpen(scenes);
});

const HANDS = 3;
for (let hand = 0; hand < HANDS; hand++)
  test(`nor out of what they lead to and ask: ${hand + 1} of ${HANDS}`, browser, async () => {
    await assertOpen(SCENES.filter((_, i) => i % HANDS === hand));
  });

test('the sign-in has no barriers either', browser, async () => {
  await using stranger = await site.chromium.open(site.origin);
  await stranger.go('/');
  await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await barriersOf(stranger), []);
});
