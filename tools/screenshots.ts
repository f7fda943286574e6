/*
 * Pictures of every page of the console, wide and narrow, in both themes: node tools/screenshots.ts [folder]. Starts the
 * demo and needs a Chromium (/usr/bin/chromium, or CHROMIUM).
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DemoSite } from '#test/web/demo-site.ts';

/** A place each; further ones of a page that show something else. */
const PLACES: readonly (readonly [name: string, hash: string])[] = [
  ['overview', '#/'],
  ['tags', '#/tags'],
  ['tag', '#/tags/hall/line1/pump/vibration'],
  ['tag-write', '#/tags/hall/line1/pump/speed_setpoint'],
  ['trends', '#/trends?tag=hall/line1/pump/vibration&tag=hall/line1/pump/speed'],
  ['alarms', '#/alarms'],
  ['notices', '#/notices'],
  ['audit', '#/audit'],
  ['pictures', '#/pictures'],
  ['picture', '#/pictures/line1'],
  ['decisions', '#/decisions'],
  ['sources', '#/sources'],
  ['source', '#/sources/utilities'],
  ['certificates', '#/certificates'],
  ['administration', '#/administration'],
];
const SIZES = [
  [1440, 900],
  [390, 844],
] as const;
/** Until values, trends and small lines are there. */
const SETTLE_MS = 4000;

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist/screenshots'));
mkdirSync(folder, { recursive: true });
await using site = await DemoSite.start();
const password = await site.addUser('ann', 'administrator');
await site.box.run('plant', 'fault', 'worn-bearing');
for (const theme of ['light', 'dark'] as const)
  for (const [width, height] of SIZES) {
    await using stranger = await site.chromium.open(site.origin, { theme, width, height });
    await stranger.go('/');
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await stranger.page.screenshot({ path: join(folder, `sign-in-${theme}-${width}.png`) });
    await using window = await site.signedIn('ann', password, { theme, width, height });
    for (const [name, hash] of PLACES) {
      await window.page.goto(`${site.origin}/${hash}`);
      await window.page.waitForTimeout(SETTLE_MS);
      await window.page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
    }
  }
process.stdout.write(`${folder}\n`);
