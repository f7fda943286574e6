import assert from 'node:assert/strict';
import { until } from '../until.ts';
import type { Window } from './browser.ts';
import { type Scene, show } from './scenes.ts';

/** The machine that runs this may be busy with much else. */
const SLOW_MS = 60_000;
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
const COLOURS = ['color-contrast'];
/** The themes have one structure: of the second one wide only what colours change is asked; narrow, it is asked all. */
const VIEWS = [
  [WIDE, [['light'], ['dark', COLOURS]]],
  [NARROW, [['dark']]],
] as const;

/** The menu of the design system folds a moment after the window has changed, and what is beside it moves. */
const AT_REST = `(() => {
  const { x, width } = document.querySelector('.area')?.getBoundingClientRect() ?? { x: 0, width: innerWidth };
  return innerWidth < 500 ? x === 0 && width === innerWidth : x > 0 || width === innerWidth;
})()`;

/** How much of an open dialog is beside what is seen of it. */
const WIDER_DIALOG = `(() => {
  const dialog = document.querySelector('dialog[open]');
  return dialog ? dialog.scrollWidth - dialog.clientWidth : 0;
})()`;

/** Cells of lists, whose rows have one height, that reach beyond their row or have no room for what they say. */
const AMISS = `(() => {
  const found = new Set();
  for (const row of document.querySelectorAll('.list-body > .list-row')) {
    const { top, bottom } = row.getBoundingClientRect();
    for (const cell of row.querySelectorAll('[role=cell]')) {
      if (cell.textContent.trim() === '' || !cell.checkVisibility()) continue;
      const box = cell.getBoundingClientRect();
      if (box.width < 8 || box.top < top - 1 || box.bottom > bottom + 1) found.add(cell.textContent);
    }
  }
  return [...found];
})()`;

/** What axe-core finds in what is shown now, in both themes, wide and narrow, and what does not fit into the window. */
export async function barriersOf(window: Window): Promise<readonly string[]> {
  const { page } = window;
  const found: string[] = [];
  for (const [size, themes] of VIEWS) {
    await page.setViewportSize(size);
    await until('the menu has made room', async () => Boolean(await page.evaluate(AT_REST)), SLOW_MS);
    for (const [theme, rules] of themes) {
      await page.evaluate(`document.documentElement.dataset.ixColorSchema = '${theme}'`);
      for (const one of await window.barriers(rules)) found.push(`${theme}, ${size.width} wide: ${one}`);
    }
    const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    if (overflow > 0) found.push(`${overflow} pixels too wide at ${size.width}`);
    const amiss = (await page.evaluate(AMISS)) as readonly string[];
    if (amiss.length > 0) found.push(`cells without room at ${size.width}: ${amiss.join(' | ')}`);
    const hidden = Number(await page.evaluate(WIDER_DIALOG));
    if (hidden > 0) found.push(`a dialog with ${hidden} pixels out of sight at ${size.width}`);
  }
  return found;
}

/** A server of a console, before which somebody can sit. */
interface Shown {
  readonly origin: string;
  signedIn(name: string, password: string): Promise<Window>;
}

/** Shows each scene to somebody who may see all, and has nothing found on any. */
export async function assertOpen(
  site: Shown,
  password: string,
  scenesOf: (window: Window) => readonly Scene[] | Promise<readonly Scene[]>,
): Promise<void> {
  await using window = await site.signedIn('ann', password);
  window.page.setDefaultTimeout(SLOW_MS);
  const found: { [scene: string]: readonly string[] } = {};
  for (const scene of await scenesOf(window)) {
    await window.page.setViewportSize(WIDE);
    await show(window, site.origin, scene);
    const barriers = await barriersOf(window);
    if (barriers.length > 0) found[scene.name] = barriers;
  }
  assert.deepEqual(found, {});
  window.assertQuiet();
}
