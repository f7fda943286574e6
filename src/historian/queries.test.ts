import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import type { Journal } from '#journal/api.ts';
import { append, historianConfig, journalAt, kept, START_US } from '#test/historian/folders.ts';
import { plainSamples, rowsOf, type Sample, samplesOf, usable } from '#test/historian/samples.ts';
import type { Historian } from './api.ts';
import { AGGREGATES, type Aggregate, type BucketQuery } from './api.ts';
import { openHistorian } from './historian.ts';
import { alignedOf } from './reading/aligned.ts';
import { bucketsOf } from './reading/buckets.ts';
import { tagsOf } from './reading/holes.ts';
import { inOrderOf } from './reading/in-order.ts';
import { Past } from './reading/past.ts';
import { trendOf } from './reading/trend.ts';

/* Every question is answered as counting over the rows would, however they lie: in chunks, in flushes, in the journal. */

const root = mkdtempSync(join(tmpdir(), 'holdfast-queries-'));
const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
const journal: Journal = await journalAt(dirs.journalDir);
const historian: Historian = await openHistorian(historianConfig(dirs, { pollMs: 60_000 }));
const past = new Past(dirs);
let tags = 0;

after(async () => {
  past.close();
  await historian[Symbol.asyncDispose]();
  await journal[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** A tag whose samples lie partly in large chunks, partly in flushes, partly in the journal. */
async function laidOut(parts: readonly (readonly Sample[])[]): Promise<{ path: string; all: Sample[] }> {
  const tag = tags++;
  const path = `line/tag${tag}`;
  const [imported = [], flushed = [], waiting = []] = parts;
  // Enough equal times far before, so that the import has chunks of several blocks.
  const many = imported.flatMap((sample) =>
    [0, 1, 2, 3, 4, 5, 6].map((n) => ({ ...sample, timeUs: sample.timeUs + n })),
  );
  const rows = rowsOf(many);
  await historian.importRows({
    tags: [{ path, type: 'number', access: 'read' }],
    batch: {
      ...rows,
      rows: many.length,
      tag: new Uint32Array(many.length),
      receivedUs: START_US,
      late: true,
    },
  });
  await append(journal, tag, flushed);
  await historian.flush();
  await append(journal, tag, waiting);
  return { path, all: kept(rows, rowsOf(flushed), rowsOf(waiting)) };
}

const layout = fc.tuple(plainSamples, plainSamples, plainSamples);
const span = fc
  .tuple(fc.integer({ min: -10, max: 3010 }), fc.integer({ min: 1, max: 3000 }))
  .map(([from, length]) => ({ fromUs: from * 1000, toUs: (from + length) * 1000 + 1 }));
const runs = { numRuns: 40 };

test('raw gives every sample of the span once, in the order of time', async () => {
  await fc.assert(
    fc.asyncProperty(layout, span, async (parts, { fromUs, toUs }) => {
      const { path, all } = await laidOut(parts);
      const found = [...past.stretches(path, fromUs, toUs)].flatMap((stretch) => samplesOf(stretch.rows()));
      assert.deepEqual(
        found,
        all.filter(({ timeUs }) => timeUs >= fromUs && timeUs < toUs),
      );
    }),
    runs,
  );
});

test('several tags in the order of time have every sample of each in its own order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(layout, layout), span, async (both, { fromUs, toUs }) => {
      const laid = [await laidOut(both[0]), await laidOut(both[1])];
      const paths = laid.map(({ path }) => path);
      const parts = [...inOrderOf(past, paths, { fromUs, toUs })].filter((part) => part !== undefined);
      const found = parts.flatMap((part) =>
        samplesOf(part).map((sample, i) => ({ ...sample, place: part.place[i] })),
      );
      const wanted = laid.flatMap(({ all }, place) =>
        all.filter(({ timeUs }) => timeUs >= fromUs && timeUs < toUs).map((sample) => ({ ...sample, place })),
      );
      assert.deepEqual(
        found,
        wanted.sort((a, b) => a.timeUs - b.timeUs),
      );
    }),
    runs,
  );
});

test('the list of tags tells what is there now, whatever was asked and written before', async () => {
  await fc.assert(
    fc.asyncProperty(layout, async (parts) => {
      const { path, all } = await laidOut(parts);
      const listed = () => tagsOf(past).find(({ tag }) => tag.path === path);
      for (const when of ['with rows in the journal', 'flushed']) {
        const [first, last] = [all[0]?.timeUs, all.at(-1)?.timeUs];
        assert.deepEqual([listed()?.fromUs, listed()?.toUs], [first, last], when);
        assert.ok((listed()?.rows ?? 0) >= all.length, when);
        await historian.flush();
      }
    }),
    { numRuns: 10 },
  );
});

test('the last sample at a time is the last one of all at or before it', async () => {
  await fc.assert(
    fc.asyncProperty(layout, fc.integer({ min: -5, max: 3_000_010 }), async (parts, timeUs) => {
      const { path, all } = await laidOut(parts);
      const found = past.lastUntil(path, timeUs);
      const wanted = all.filter((sample) => sample.timeUs <= timeUs).at(-1);
      assert.deepEqual(found && samplesOf(found), wanted && [wanted]);
    }),
    runs,
  );
});

test('buckets are what adding up sample by sample gives', async () => {
  const aggregates = fc.subarray([...AGGREGATES], { minLength: 1 });
  const query = fc.record({ bucketMs: fc.integer({ min: 7, max: 4000 }), aggregates, state: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(layout, span, query, async (parts, within, { bucketMs, aggregates, state }) => {
      const { path, all } = await laidOut(parts);
      const asked: BucketQuery = {
        ...within,
        tags: [path],
        bucketUs: bucketMs * 1000,
        aggregates,
        ...(state && { state: 1 }),
      };
      const found = [...bucketsOf(past, path, asked)].filter((part) => part !== undefined);
      const starts = found.flatMap((part) => [...part.startUs]);
      const wanted = naiveBuckets(all, asked);
      assert.deepEqual(
        starts,
        wanted.map(({ startUs }) => startUs),
      );
      close(
        found.flatMap((part) => [...part.known]),
        wanted.map(({ known }) => known),
        'known',
      );
      for (const aggregate of aggregates) {
        const column = found.flatMap((part) => [...(part.columns[aggregate] ?? [])]);
        close(
          column,
          wanted.map((bucket) => bucket[aggregate]),
          aggregate,
        );
      }
    }),
    runs,
  );
});

function close(found: readonly number[], wanted: readonly number[], what: string): void {
  assert.equal(found.length, wanted.length, what);
  found.forEach((n, i) => {
    const w = wanted[i] as number;
    const isClose = Object.is(n + 0, w + 0) || Math.abs(n - w) <= 1e-9 * Math.max(1, Math.abs(w));
    assert.ok(isClose, `${what} of bucket ${i}: ${n}, not ${w}`);
  });
}

type Naive = { [aggregate in Aggregate | 'startUs' | 'known']: number };

function naiveBuckets(all: readonly Sample[], { fromUs, toUs, bucketUs, state }: BucketQuery): Naive[] {
  const buckets: Naive[] = [];
  for (let startUs = fromUs; startUs < toUs; startUs += bucketUs) {
    const endUs = Math.min(toUs, startUs + bucketUs);
    const within = all.filter(({ timeUs }) => timeUs >= startUs && timeUs < endUs);
    const values = within.filter(usable).map(({ value }) => value);
    const sum = values.reduce((a, b) => a + b, 0);
    const before = all.filter(({ timeUs }) => timeUs < startUs).at(-1);
    const steps = [...(before ? [{ ...before, timeUs: startUs }] : []), ...within];
    let area = 0;
    let knownUs = 0;
    let duration = 0;
    steps.forEach((step, i) => {
      const forUs = (steps[i + 1]?.timeUs ?? endUs) - step.timeUs;
      if (!usable(step)) return;
      knownUs += forUs;
      area += step.value * forUs;
      if (state === undefined ? step.value !== 0 : step.value === state) duration += forUs;
    });
    buckets.push({
      startUs,
      known: knownUs / (endUs - startUs),
      min: values.length > 0 ? Math.min(...values) : Number.NaN,
      max: values.length > 0 ? Math.max(...values) : Number.NaN,
      mean: sum / values.length,
      timeMean: area / knownUs,
      first: values[0] ?? Number.NaN,
      last: values.at(-1) ?? Number.NaN,
      count: values.length,
      sum,
      duration,
    });
  }
  return buckets;
}

test('a trend holds real samples only, in order, the extremes of each stretch among them, and not too many', async () => {
  await fc.assert(
    fc.asyncProperty(layout, span, fc.integer({ min: 8, max: 60 }), async (parts, within, points) => {
      const { path, all } = await laidOut(parts);
      const steps = trendOf(past, { ...within, tag: path, points });
      let step = steps.next();
      while (!step.done) step = steps.next();
      const found = samplesOf(step.value as never);
      const inside = all.filter(({ timeUs }) => timeUs >= within.fromUs && timeUs < within.toUs);
      assert.ok(found.length <= points, `${found.length} of ${points}`);
      if (inside.length <= points) return assert.deepEqual(found, inside);
      const known = inside.filter(usable);
      const keys = new Set(known.map((sample) => JSON.stringify(sample)));
      for (const sample of found) assert.ok(keys.has(JSON.stringify(sample)));
      assert.ok(found.every(({ timeUs }, i) => i === 0 || timeUs >= (found[i - 1]?.timeUs ?? 0)));
      if (known.length === 0) return;
      const times = found.map(({ timeUs }) => timeUs);
      assert.equal(times[0], known[0]?.timeUs);
      assert.equal(times.at(-1), known.at(-1)?.timeUs);
      const values = (samples: readonly Sample[]) => samples.map(({ value }) => value + 0);
      assert.equal(Math.min(...values(found)), Math.min(...values(known)));
      assert.equal(Math.max(...values(found)), Math.max(...values(known)));
    }),
    runs,
  );
});

test('aligned values are those that stand at each step, or lie on the line', async () => {
  await fc.assert(
    fc.asyncProperty(
      layout,
      span,
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      async (parts, within, ms, linear) => {
        const { path, all } = await laidOut(parts);
        const fill = linear ? 'linear' : 'previous';
        const asked = { ...within, tags: [path, 'line/none'], stepUs: ms * 1000, fill } as const;
        const found = [...alignedOf(past, asked)].filter((part) => part !== undefined);
        const times = found.flatMap((part) => [...part.timeUs]);
        close(
          found.flatMap((part) => [...(part.columns[0] ?? [])]),
          times.map((timeUs) => naiveAt(all, timeUs, linear)),
          fill,
        );
        assert.ok(found.every((part) => part.columns[1]?.every(Number.isNaN)));
      },
    ),
    runs,
  );
});

function naiveAt(all: readonly Sample[], timeUs: number, linear: boolean): number {
  const before = all.filter((sample) => sample.timeUs <= timeUs).at(-1);
  const after = all.find((sample) => sample.timeUs > timeUs);
  if (!before || !usable(before)) return Number.NaN;
  if (!linear || before.timeUs === timeUs) return before.value;
  if (!after || !usable(after)) return Number.NaN;
  const share = (timeUs - before.timeUs) / (after.timeUs - before.timeUs);
  return before.value + (after.value - before.value) * share;
}
