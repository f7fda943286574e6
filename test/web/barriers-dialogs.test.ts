import { after, before, test } from 'node:test';
import { assertOpen } from './barriers.ts';
import { NO_BROWSER } from './browser.ts';
import { DemoSite } from './demo-site.ts';
import { furnish } from './furnished-site.ts';
import { DIALOGS } from './scenes.ts';

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
const half = Math.ceil(DIALOGS.length / 2);

for (const [which, scenes] of [
  ['first', DIALOGS.slice(0, half)],
  ['second', DIALOGS.slice(half)],
] as const)
  test(`nothing keeps people out of what is asked above pages: the ${which} half`, browser, () =>
    assertOpen(site, password, () => scenes),
  );
