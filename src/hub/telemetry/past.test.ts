import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Pool } from 'pg';
import { AGGREGATES, type Buckets } from '#historian/api.ts';
import { mergeRows, type Rows, spanOf } from '#historian/format/rows.ts';
import { bucketsOf } from '#historian/reading/buckets.ts';
import { stretchOfRows } from '#historian/reading/stretch.ts';
import { blockOfRows } from '#journal/carry.ts';
import { allocBatch } from '#kernel/batch.ts';
import { rowsOf, samplesOf } from '#test/historian/samples.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { rawOf, trendOfTag } from '../state/history.ts';
import { bucketsOfTag } from '../state/history-steps.ts';
import { dateText, dayOf } from './partitions.ts';
import { samplesOf as samplesAtHub } from './samples.ts';
import { sortOne } from './sorter.ts';

const TODAY_US = Date.parse(dateText(dayOf(Date.now() * 1000))) * 1000;
const PATHS = ['p/0', 'p/1'];

/** One sample has one value and quality at its time, wherever it comes from: which of two would be the last is nobody's to say. */
const sampleAt = (tag: number, place: number) => ({
  timeUs: place < 0 ? -place : TODAY_US + place * 250_000,
  value: place % 97 === 0 ? Number.NaN : Math.round(1000 * Math.sin(place / 40 + tag)) / 10,
  quality: place % 61 === 0 ? 0x8000 : 0,
});

/** What comes at once: some samples in a row, back and forth in time, some of another century; sorted before it comes, or not. */
const arrivals = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 6000 }),
    rows: fc.integer({ min: 1, max: 1500 }),
    step: fc.constantFrom(1, 1, 3),
    odd: fc.boolean(),
    sort: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

test('chunks that lie over each other, and what is not sorted yet, are one series: rows, buckets and shape', async (t) => {
  const { pool } = await database(t, ['north']);
  let journals = 0;
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 0, max: 7000 }), async (all, begin) => {
      await pool.query('DELETE FROM telemetry_inbox');
      await pool.query('UPDATE journals SET site = $1', ['away']);
      const journal = await newJournal(pool, ++journals);
      const came: Rows[][] = [[], []];
      for (const [i, one] of all.entries()) {
        if (one.sort) while (await sortOne(pool, { rows: 1, waitS: 0 }));
        const places = Array.from({ length: one.rows }, (_, n) => one.from + n * one.step);
        if (one.odd) places.push(-1 - (one.from % 50));
        await come(pool, journal, i + 1, places);
        for (const tag of [0, 1])
          came[tag]?.push(
            rowsOf(places.filter((_, n) => n % 2 === tag).map((place) => sampleAt(tag, place))),
          );
      }
      for (const [tag, parts] of came.entries()) await same(pool, journal, tag, mergeRows(parts), begin);
    }),
    { numRuns: 12 },
  );
});

async function newJournal(pool: Pool, n: number): Promise<number> {
  await pool.query("INSERT INTO sites (id, joined) VALUES ('away', now()) ON CONFLICT DO NOTHING");
  const { rows } = await pool.query<{ id: number }>(
    "INSERT INTO journals (site, uuid, epoch, software) VALUES ('north', gen_random_uuid(), $1, '') RETURNING id",
    [n],
  );
  const journal = rows[0]?.id ?? 0;
  for (const [number, path] of PATHS.entries())
    await pool.query("INSERT INTO site_tags VALUES ($1, $2, $3, '{}')", [journal, number, path]);
  return journal;
}

async function come(pool: Pool, journal: number, upTo: number, places: readonly number[]): Promise<void> {
  const batch = allocBatch(places.length, { receivedUs: TODAY_US });
  for (const [i, place] of places.entries()) {
    const tag = i % 2;
    const { timeUs, value, quality } = sampleAt(tag, place);
    batch.tag[i] = tag;
    batch.timeUs[i] = timeUs;
    batch.value[i] = value;
    batch.quality[i] = quality;
  }
  const times = [...batch.timeUs];
  await pool.query(
    'INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, $2, $3, $4, $5, $6)',
    [
      ...[journal, upTo, places.length, Math.floor(Math.min(...times)), Math.ceil(Math.max(...times))],
      Buffer.from(blockOfRows(upTo, batch)),
    ],
  );
}

async function same(pool: Pool, journal: number, tag: number, all: Rows, begin: number): Promise<void> {
  const path = PATHS[tag] ?? '';
  const fromUs = TODAY_US + begin * 200_000;
  for (const span of [
    { fromUs: 0, toUs: 2 ** 53 },
    { fromUs, toUs: fromUs + 200e6 },
  ]) {
    const wanted = spanOf(all, span.fromUs, span.toUs);
    const found = await samplesAtHub(pool, journal, tag, span.fromUs, span.toUs);
    assert.deepEqual(samplesOf(found), samplesOf(wanted));
    const parts: Rows[] = [];
    for await (const part of rawOf(pool, 'north', path, span)) parts.push(part);
    assert.deepEqual(samplesOf(mergeRows(parts)), samplesOf(wanted));
    const { value } = await trendOfTag(pool, 'north', path, { ...span, points: 40 });
    const usable = [...wanted.value].filter((v, i) => !Number.isNaN(v) && wanted.quality[i] === 0);
    if (wanted.timeUs.length > 40 && usable.length > 0)
      assert.deepEqual([Math.min(...value), Math.max(...value)], [Math.min(...usable), Math.max(...usable)]);
  }
  for (const bucketUs of [7e6, 300e6]) {
    const query = { fromUs, toUs: fromUs + 600e6, bucketUs, aggregates: AGGREGATES };
    const found: Buckets[] = [];
    for await (const part of bucketsOfTag(pool, 'north', path, query)) found.push(part);
    const before = spanOf(all, Number.NEGATIVE_INFINITY, fromUs);
    const last = before.timeUs.length;
    const past = {
      lastUntil: () => (last === 0 ? undefined : spanOf(before, before.timeUs[last - 1] as number, fromUs)),
      stretches: () => [stretchOfRows(spanOf(all, fromUs, query.toUs))],
    };
    const wanted = [...bucketsOf(past, path, query)].filter((part) => part !== undefined);
    assert.deepEqual(rounded(found), rounded(wanted));
  }
}

/** Sums of summaries are added in another order. */
const rounded = (parts: readonly Buckets[]) =>
  parts.map(({ startUs, known, columns }) => [
    [...startUs],
    [...known].map((n) => n.toFixed(6)),
    AGGREGATES.map((aggregate) => [...(columns[aggregate] ?? [])].map((n) => n.toFixed(4))),
  ]);
