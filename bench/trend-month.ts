import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Api } from '#test/e2e/sandbox.ts';
import { until } from '#test/until.ts';

/* A month of four tags, as a picture of trends shows it. */

export const DAYS = 30;
/** So that there is something beyond its edge. */
const MORE_DAYS = 15;
const EVERY_S = 10;
const DAY_S = 86_400;
/** What the site has of its own since it started stays behind it. */
const BEFORE_NOW_S = 3600;
/** Four lines on axes of their own: level, swing over a day, noise. */
const SHAPES = [
  { level: 18, swing: 3, noise: 1 },
  { level: 2, swing: 1 / 3, noise: 1 / 20 },
  { level: 43, swing: 4, noise: 1 / 5 },
  { level: 2, swing: 1 / 5, noise: 1 },
];
export const MOST_TAGS = SHAPES.length;

export interface Month {
  readonly tags: readonly string[];
  readonly startS: number;
  readonly endS: number;
}

/** Brings them into a site, a sample every ten seconds, and half a month before it. @param tags declared ones or not, four at most */
export async function importMonth(api: Api, tags: readonly string[]): Promise<Month> {
  const endS = Math.floor(Date.now() / 1000 / EVERY_S) * EVERY_S - BEFORE_NOW_S;
  const startS = endS - DAYS * DAY_S;
  const shapes = SHAPES.slice(0, tags.length);
  const rows = [`time,${tags.join()}`];
  for (let s = startS - MORE_DAYS * DAY_S; s < endS; s += EVERY_S) {
    const day = Math.sin((s / DAY_S) * 2 * Math.PI);
    const noise = ((s * 7919) % 1000) / 1000;
    const values = shapes.map((one) => (one.level + one.swing * day + one.noise * noise).toFixed(3));
    rows.push(`${s},${values.join()}`);
  }
  const headers = { 'content-type': 'text/csv' };
  const path = '/api/history/import?timeFormat=s&undeclared=true&name=month.csv';
  const reply = await api.fetch(path, { method: 'POST', headers, body: rows.join('\n') });
  const said = await reply.text();
  assert.ok(reply.ok && !said.includes('"fault"'), said.slice(-500));
  return { tags, startS, endS };
}

/** Where the console shows a part of it. @param load tells loads of the same picture apart */
export function pictureOf({ tags, startS, endS }: Month, load = 0): string {
  const query = new URLSearchParams(tags.map((tag) => ['tag', tag]));
  query.append('from', new Date(startS * 1000).toISOString());
  query.append('to', new Date(endS * 1000).toISOString());
  return `/?load=${load}#/trends?${query}`;
}

const LIMIT_MS = 180_000;
/** On a quick machine a page has asked and was answered before anybody looks: what came tells, not what is under way. */
const ANSWERED = `(() => {
  const came = performance.getEntriesByType('resource').some(({ name }) => /history\\/trend/.test(name));
  return came && document.querySelector('.trends-plot:not([data-asking])') !== null;
})()`;

/** Until a page of trends that was just opened has all that it asked for. */
export async function answered(page: Page): Promise<void> {
  await until('the answers', () => page.evaluate<boolean>(ANSWERED), LIMIT_MS);
}
