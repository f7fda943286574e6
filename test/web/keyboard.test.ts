import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../until.ts';
import { NO_BROWSER, type Window } from './browser.ts';
import { DemoSite } from './demo-site.ts';
import { furnish } from './furnished-site.ts';
import { DIALOGS, menuScenes, show } from './scenes.ts';

/* Who has no pointer sees where he is, is kept in what is asked, and is back where he was afterwards (WCAG 2.2, 2.1.2, 2.4.3, 2.4.7). */

/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;
/** Steps through a page; what follows further down is more of the same. */
const STEPS = 40;

/** In every page: what has the focus, through all shadow trees, and what had it when a dialog came. */
const HELPERS = `
  window.focused = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at;
  };
  const { showModal } = HTMLDialogElement.prototype;
  HTMLDialogElement.prototype.showModal = function () {
    window.opener_ = window.focused();
    showModal.call(this);
  };
  window.isIn = (outer) => {
    for (let at = window.focused(); at; at = at.parentNode ?? at.host) if (at === outer) return true;
    return false;
  };
  window.nameOf = (at) => at.outerHTML.slice(0, 120);
`;

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
  await window.page.addInitScript(HELPERS);
  return window;
}

const ask = async (page: Page, expression: string): Promise<boolean> =>
  Boolean(await page.evaluate(expression));

test('a dialog keeps the focus, ends with Escape, and gives the focus back', browser, async () => {
  await using window = await ann();
  const { page } = window;
  for (const scene of DIALOGS) {
    await show(window, site.origin, scene);
    for (let step = 0; step < 12; step++) {
      assert.ok(
        await ask(
          page,
          'window.isIn(document.querySelector("dialog")) || document.activeElement === document.body',
        ),
        `${scene.name}: the focus left it after ${step} steps`,
      );
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until(`${scene.name}: the focus is back`, () =>
      ask(page, 'window.opener_.isConnected && window.focused() === window.opener_'),
    );
  }
});

test('whatever has the focus shows it, on every page', browser, async () => {
  await using window = await ann();
  const { page } = window;
  const hidden: string[] = [];
  for (const scene of await menuScenes(window)) {
    await show(window, site.origin, scene);
    const seen = new Set<string>();
    for (let step = 0; step < STEPS; step++) {
      await page.keyboard.press('Tab');
      const told = await page.evaluate<string | null>(`(() => {
        const at = window.focused();
        if (!at || at === document.body) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
        const isShown = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
        return isShown ? '' : window.nameOf(at);
      })()`);
      if (told) seen.add(`${scene.name}: ${told}`);
    }
    hidden.push(...seen);
  }
  assert.deepEqual(hidden, []);
});
