/*
 * Pictures of every page and dialog of the console, wide and narrow, in both themes: node tools/screenshots.ts [folder].
 * With --docs those of the README alone, into docs/console/; with --fleet those that a hub serves. Starts the demo, or a hub
 * with its sites, and needs a Chromium (/usr/bin/chromium, or CHROMIUM).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Window } from '#test/web/browser.ts';
import { DemoSite } from '#test/web/demo-site.ts';
import { FleetHub } from '#test/web/fleet-hub.ts';
import { FLEET_PLACES } from '#test/web/fleet-scenes.ts';
import { furnish } from '#test/web/furnished-site.ts';
import { DIALOGS, menuScenes, PLACES, type Scene, show } from '#test/web/scenes.ts';
import { buildConsole } from './console/build.ts';

const SIZES = [
  [1440, 900],
  [390, 844],
] as const;
/** Until values, trends and small lines are there. */
const SETTLE_MS = 3000;
/** A day of two lines, the bearing that wore among it. */
const DAY: Scene = {
  name: 'trends',
  hash: `#/trends?${['line2/pump/vibration', 'line2/pump/bearing_temperature', 'line2/pump/speed']
    .map((path) => `tag=hall/${path}`)
    .join('&')}&last=86400`,
  open: (page) => page.locator('.trends-plot canvas').waitFor(),
};

const { values, positionals } = parseArgs({
  options: { docs: { type: 'boolean' }, fleet: { type: 'boolean' } },
  allowPositionals: true,
});
const root = join(import.meta.dirname, '..');
await buildConsole(join(root, 'dist/console'));
const folder = resolve(positionals[0] ?? join(root, values.docs ? 'docs/console' : 'dist/screenshots'));
mkdirSync(folder, { recursive: true });
await (values.fleet ? ofFleet() : ofSite());
process.stdout.write(`${folder}\n`);

async function ofSite(): Promise<void> {
  await using site = await DemoSite.start();
  const password = await site.addUser('ann', 'administrator');
  await furnish(site, { day: true });
  await (values.docs ? forReadme(site, password) : ofEverything(site, password, [...PLACES, ...DIALOGS]));
}

async function ofFleet(): Promise<void> {
  await using hub = await FleetHub.start();
  const password = await hub.administrator('ann');
  await hub.furnish();
  await hub.alarm();
  await ofEverything(hub, password, FLEET_PLACES);
}

async function ofEverything(
  site: DemoSite | FleetHub,
  password: string,
  places: readonly Scene[],
): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await using stranger = await site.chromium.open(site.origin, { theme });
    await stranger.go('/');
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await using window = await site.signedIn('ann', password, { theme });
    const scenes = [...(await menuScenes(window)), ...places];
    for (const [width, height] of SIZES) {
      const file = (name: string) => join(folder, `${name}-${theme}-${width}.png`);
      await stranger.page.setViewportSize({ width, height });
      await stranger.page.screenshot({ path: file('sign-in') });
      await window.page.setViewportSize({ width, height });
      for (const scene of scenes) {
        await show(window, site.origin, scene);
        await window.page.waitForTimeout(SETTLE_MS);
        await window.page.screenshot({ path: file(scene.name) });
      }
    }
  }
}

async function forReadme(site: DemoSite, password: string): Promise<void> {
  await using window = await site.signedIn('ann', password, { width: 1280, height: 800 });
  const wanted = (await menuScenes(window)).filter(({ name }) => name === 'overview');
  for (const scene of [...wanted, ...PLACES.filter(({ name }) => name === 'picture'), DAY]) {
    await show(window, site.origin, scene);
    await window.page.waitForTimeout(SETTLE_MS);
    const png = await window.page.screenshot();
    writeFileSync(join(folder, `${scene.name}.webp`), await webpOf(window, png));
  }
}

/** A third of the size, and no other look; the browser has the codec. */
async function webpOf({ page }: Window, png: Buffer): Promise<Buffer> {
  await page.goto('about:blank'); // the console's policy lets no script make pictures
  const bytes = await page.evaluate<number[]>(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  })()`);
  return Buffer.from(bytes);
}
