/*
 * Trends in a real browser: a month of four tags, a sample every ten seconds, brought into the demo; from the arrival of
 * the last answer to the picture, and pictures a second while somebody pans.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { DemoSite } from '#test/web/demo-site.ts';
import { type Row, report } from './table.ts';

const DAYS = 30;
const EVERY_S = 10;
const TAGS = ['flow', 'discharge_pressure', 'bearing_temperature', 'power'].map(
  (name) => `hall/line1/pump/${name}`,
);
const LIMIT_MS = 180_000;
const FRAMES = 180;

async function bench(quick: boolean): Promise<Row[]> {
  await using site = await DemoSite.start();
  const endS = Math.floor(Date.now() / 1000 / EVERY_S) * EVERY_S - 3600;
  const startS = endS - DAYS * 86_400;
  await importMonth(site, startS, endS);
  const password = await site.addUser('bench', 'viewer');
  await using window = await site.signedIn('bench', password);
  const { page } = window;
  await page.addInitScript({ content: WATCH_DRAWING });
  const query = new URLSearchParams(TAGS.map((tag) => ['tag', tag]));
  query.append('from', new Date(startS * 1000).toISOString());
  query.append('to', new Date(endS * 1000).toISOString());
  const drawnMs: number[] = [];
  for (let run = 0; run < (quick ? 1 : 5); run++) {
    await window.go(`/?run=${run}#/trends?${query}`);
    drawnMs.push(await drawnAfter(page));
  }
  const perS = await page.evaluate<number>(panned(0.25));
  const stillPerS = await page.evaluate<number>(panned(0));
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
      ours: perS,
      goal: { least: 50 },
      peer: { name: 'holding still: what this browser can at most', value: stillPerS },
    },
  ];
}

async function importMonth(site: DemoSite, startS: number, endS: number): Promise<void> {
  const rows = [`time,${TAGS.join()}`];
  for (let s = startS; s < endS; s += EVERY_S) {
    const day = Math.sin((s / 86_400) * 2 * Math.PI);
    const noise = ((s * 7919) % 1000) / 1000;
    rows.push(
      `${s},${[18 + 3 * day + noise, 2 + day / 3 + noise / 20, 43 + 4 * day + noise / 5, 2 + day / 5].map((one) => one.toFixed(3)).join()}`,
    );
  }
  const headers = { 'content-type': 'text/csv' };
  const path = '/api/history/import?timeFormat=s&name=month.csv';
  const reply = await site.api.fetch(path, { method: 'POST', headers, body: rows.join('\n') });
  const said = await reply.text();
  assert.ok(reply.ok && !said.includes('"fault"'), said.slice(-500));
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

/** Drags to and fro by less than what is there beyond the edges, a step with each frame; or holds still. */
const panned = (shareOfWidth: number): string => `(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const over = document.querySelector('.chart .u-over');
  const { left, top, width } = over.getBoundingClientRect();
  const point = (type, x) => over.dispatchEvent(new PointerEvent(type, {
    clientX: left + x, clientY: top + 50, bubbles: true, pointerId: 1, pointerType: 'mouse',
  }));
  point('pointerdown', width / 2);
  const startMs = await frame();
  let nowMs = startMs;
  for (let i = 0; i < ${FRAMES}; i++) {
    const by = ${shareOfWidth} * width * Math.sin((i / ${FRAMES}) * 2 * Math.PI);
    if (by !== 0) point('pointermove', width / 2 + by);
    nowMs = await frame();
  }
  point('pointerup', width / 2);
  return (${FRAMES} * 1000) / (nowMs - startMs);
})()`;

async function drawnAfter(page: Page): Promise<number> {
  await page.locator('.trends-plot[data-asking]').waitFor({ timeout: LIMIT_MS });
  await page.locator('.trends-plot:not([data-asking])').waitFor({ timeout: LIMIT_MS });
  return await page.evaluate<number>(DRAWN_AFTER);
}

await report(bench);
