import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as z from 'zod';
import { Aligned, Buckets, Ended, GapView, HistoryTag, Series } from '#contract/routes/replies.ts';
import { servedSite } from '#edge/api/fixture.ts';
import type { HistoryReader } from '#historian/api.ts';
import { Fault } from '#kernel/fault.ts';
import { until } from '#test/until.ts';

const WIDE = { row: Uint32Array.of(1), value: [2n ** 60n] };

const part = (tag: string) => ({
  tag,
  timeUs: Float64Array.of(1e15, 2e15, 3e15),
  value: Float64Array.of(1.5, Number.NaN, Number.NaN),
  quality: Uint16Array.of(0, 0, 0x8000),
  wide: WIDE,
});

/** A past of two parts a tag; endless for the tag of that name, broken after the first part for another. */
function past(seen: { asked: unknown[]; ended: number }): HistoryReader {
  return {
    async tags() {
      const tag = { path: 'a/x', type: 'number', access: 'read', unit: 'bar' } as const;
      return [{ tag, rows: 3, fromUs: 1, toUs: 2, bytes: 10 }];
    },
    async *raw(tags, span, signal) {
      seen.asked.push({ tags, span });
      try {
        for (const tag of tags) {
          if (tag === 'a/none') throw new Fault('tag.unknown', 'there is no tag a/none');
          yield part(tag);
          if (tag === 'a/broken')
            throw new Fault('historian.damaged', 'a chunk is damaged', { hint: 'look' });
          while (tag === 'a/endless' && !signal?.aborted) yield part(tag);
        }
      } finally {
        seen.ended++;
      }
    },
    async *inOrder() {},
    async *buckets(query) {
      seen.asked.push(query);
      const columns = { min: Float64Array.of(1, Number.NaN), max: Float64Array.of(2, Number.NaN) };
      yield { tag: 'a/x', startUs: Float64Array.of(0, 60e6), columns, known: Float64Array.of(1, 0) };
    },
    async trend(query) {
      seen.asked.push(query);
      return part(query.tag);
    },
    async valuesAt(tags, timeUs) {
      seen.asked.push({ tags, timeUs });
      return new Map([['a/x', part('a/x')]]);
    },
    async *aligned(query) {
      seen.asked.push(query);
      yield { timeUs: Float64Array.of(1, 2), columns: [Float64Array.of(1, Number.NaN)] };
    },
    async *calculated(query) {
      seen.asked.push(query);
      yield part(query.expression);
    },
    async calculatedTrend(query) {
      seen.asked.push(query);
      return part(query.expression);
    },
    async *calculatedBuckets(query) {
      seen.asked.push(query);
      const columns = { min: Float64Array.of(1), max: Float64Array.of(2) };
      yield { tag: query.expression, startUs: Float64Array.of(0), columns, known: Float64Array.of(1) };
    },
    async gaps() {
      return [{ tags: ['a/x'], fromUs: 1, toUs: 2, count: undefined, reason: 'quota' }];
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function served(t: TestContext) {
  const seen = { asked: [] as unknown[], ended: 0 };
  const reader = past(seen);
  const { address } = await servedSite(t, 'site: north\nsettings: { api: { port: 0 } }\n', () => reader);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address.url}/api/history/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${address.token}` },
    });
  return { ask, seen };
}

const linesOf = async (reply: Response): Promise<unknown[]> =>
  (await reply.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('history is asked for as the historian takes it, and answered as the table says', async (t) => {
  const { ask, seen } = await served(t);
  const from = '2026-11-28T10:00:00Z';
  const fromUs = Date.parse(from) * 1000;
  const span = `from=${from}&to=${fromUs + 60e6}`;
  const json = async (path: string) => (await ask(path)).json();
  z.array(HistoryTag).parse(await json('tags'));
  const raw = await linesOf(await ask(`raw?tag=a/x&tag=a/y&${span}`));
  assert.deepEqual(z.array(Series).parse(raw)[1], {
    tag: 'a/y',
    timeUs: [1e15, 2e15, 3e15],
    value: [1.5, (2n ** 60n).toString(), null],
    quality: [0, 0, 0x8000],
  });
  z.array(Buckets).parse(await linesOf(await ask(`buckets?tag=a/x&${span}&bucketUs=60000000&aggregate=min`)));
  Series.parse(await json(`trend?tag=a/x&${span}&points=100`));
  z.array(Series).parse(await json(`at?tag=a/x&time=${from}`));
  z.array(Aligned).parse(await linesOf(await ask(`aligned?tag=a/x&${span}&stepUs=1000000`)));
  z.array(GapView).parse(await json(`gaps?${span}`));
  const asked = { fromUs, toUs: fromUs + 60e6 };
  assert.deepEqual(seen.asked, [
    { tags: ['a/x', 'a/y'], span: asked },
    { ...asked, tags: ['a/x'], bucketUs: 60e6, aggregates: ['min'] },
    { ...asked, tag: 'a/x', points: 100 },
    { tags: ['a/x'], timeUs: fromUs },
    { ...asked, tags: ['a/x'], stepUs: 1e6, fill: 'previous' },
  ]);
});

test('what fails at once is a problem, what fails on the way is the last line', async (t) => {
  const { ask } = await served(t);
  const none = await ask('raw?tag=a/none&from=0');
  assert.deepEqual([none.status, ((await none.json()) as { title: string }).title], [404, 'tag.unknown']);
  const [first, last, ...more] = await linesOf(await ask('raw?tag=a/broken&from=0'));
  Series.parse(first);
  assert.equal(Ended.parse(last).fault.code, 'historian.damaged');
  assert.deepEqual(more, []);
});

test('a client that goes away ends its query', async (t) => {
  const { ask, seen } = await served(t);
  const gone = new AbortController();
  const reply = await ask('raw?tag=a/endless&from=0', { signal: gone.signal });
  await reply.body?.getReader().read();
  assert.equal(seen.ended, 0);
  gone.abort();
  await until('the query has ended', () => seen.ended === 1);
});
