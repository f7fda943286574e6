/*
 * Trends in a real browser: a month of four tags, a sample every ten seconds, brought into the demo; from the arrival of
 * the last answer to the picture, and pictures a second while the mouse pans.
 */
import type { Page } from 'playwright-core';
import { DemoSite } from '#test/web/demo-site.ts';
import { framesPerS, panned } from './panning.ts';
import { type Row, report } from './table.ts';
import { answered, DAYS, importMonth, pictureOf } from './trend-month.ts';

const TAGS = ['flow', 'discharge_pressure', 'bearing_temperature', 'power'].map(
  (name) => `hall/line1/pump/${name}`,
);
const PANNED_MS = 4000;

async function bench(quick: boolean): Promise<Row[]> {
  await using site = await DemoSite.start();
  const month = await importMonth(site.api, TAGS);
  const password = await site.addUser('bench', 'viewer');
  await using window = await site.signedIn('bench', password);
  const { page } = window;
  await page.addInitScript({ content: WATCH_DRAWING });
  const drawnMs: number[] = [];
  for (let run = 0; run < (quick ? 1 : 5); run++) {
    await page.evaluate('performance.clearResourceTimings()'); // of the picture before
    await window.go(pictureOf(month, run));
    drawnMs.push(await drawnAfter(page));
  }
  const { picturesPerS, p99Ms } = await panned(page, PANNED_MS);
  const most = await framesPerS(page);
  return [
    {
      what: `${DAYS} days × ${TAGS.length} tags: last answer to picture`,
      unit: 'ms',
      ours: drawnMs.toSorted((a, b) => a - b)[Math.floor(drawnMs.length / 2)] ?? Number.NaN,
      less: true,
      goal: { most: 300 },
      note: 'Chromium without a graphics processor, 1440 × 900',
    },
    {
      what: 'panning them',
      unit: 'pictures/s',
      ours: picturesPerS,
      goal: { least: 50 },
      peer: { name: 'frames of this browser while nothing moves', value: most },
      note: `99 of 100 after ${p99Ms.toFixed(0)} ms`,
    },
  ];
}

/* What runs in the page is text: this program does not know its words. */

/** Notes when something was last drawn. */
const WATCH_DRAWING = `{
  const { prototype } = CanvasRenderingContext2D;
  const { stroke } = prototype;
  prototype.stroke = function (...args) {
    stroke.apply(this, args);
    globalThis.drawnAtMs = performance.now();
  };
}`;

/** From the last answer that the picture needs to the end of the last drawing. */
const DRAWN_AFTER = `(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame(); // has drawn whatever was there
  const ends = performance
    .getEntriesByType('resource')
    .filter(({ name }) => /history\\/(trend|gaps|at)|aggregate=count/.test(name))
    .map(({ responseEnd }) => responseEnd);
  return globalThis.drawnAtMs - Math.max(...ends);
})()`;

async function drawnAfter(page: Page): Promise<number> {
  await answered(page);
  return await page.evaluate<number>(DRAWN_AFTER);
}

await report(bench);
