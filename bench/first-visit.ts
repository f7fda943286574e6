import type { Cookie, Page } from 'playwright-core';
import type { Chromium } from '#test/web/browser.ts';
import { spreadOf } from './runs.ts';

/*
 * What a first visit costs: a browser that has nothing of the console yet, from asking for the page to the moment when
 * what is waited for is there and the page has answered to one more event. Times are those of the page itself.
 */

export interface Visit {
  readonly firstPaintMs: number;
  readonly usableMs: number;
  /** Over the wire until then, heads included. */
  readonly bytes: number;
}

/**
 * @param selector what is waited for
 * @param cookies of somebody who is signed in; none: a stranger
 */
export async function visited(
  chromium: Chromium,
  origin: string,
  selector: string,
  cookies: readonly Cookie[] = [],
): Promise<Visit> {
  await using window = await chromium.open(origin);
  const { page } = window;
  await page.context().addCookies([...cookies]);
  await page.addInitScript({ content: watchFor(selector) });
  await window.go('/');
  const usableMs = await page.evaluate<number>('globalThis.usable');
  const firstPaintMs = await firstPaint(page);
  const asked = await window.asked();
  return { firstPaintMs, usableMs, bytes: asked.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** The median of several visits, of each figure by itself. */
export async function median(times: number, visit: () => Promise<Visit>): Promise<Visit> {
  const visits: Visit[] = [];
  for (let i = 0; i < times; i++) visits.push(await visit());
  const of = (key: keyof Visit) => spreadOf(visits.map((one) => one[key])).median;
  return { firstPaintMs: of('firstPaintMs'), usableMs: of('usableMs'), bytes: of('bytes') };
}

/** It may be told of only after what is waited for was there. */
async function firstPaint(page: Page): Promise<number> {
  return await page.evaluate<number>(`new Promise((done) => {
    const seen = (list) => {
      const paint = list.getEntriesByName('first-contentful-paint')[0];
      if (paint) done(paint.startTime);
    };
    new PerformanceObserver(seen).observe({ type: 'paint', buffered: true });
  })`);
}

/** What runs in the page is text: this program does not know its words. */
const watchFor = (selector: string): string => `globalThis.usable = new Promise((done) => {
  const look = () => {
    if (!document.querySelector(${JSON.stringify(selector)})) return;
    watcher.disconnect();
    // Behind everything that the page has begun; and shown.
    requestAnimationFrame(() => setTimeout(() => done(performance.now())));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { childList: true, subtree: true });
});`;
