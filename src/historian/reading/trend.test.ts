import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { append, folders, historianConfig, journalAt, START_US } from '#test/historian/folders.ts';
import { rowsOf, type Sample, samplesOf, usable } from '#test/historian/samples.ts';
import { openHistorian } from '../historian.ts';
import { markShape } from './lttb.ts';
import { Past } from './past.ts';
import type { Stretch } from './stretch.ts';
import { trendOf } from './trend.ts';

/* What a trend takes from summaries without decoding is what looking at every row gives. */

const BLOCK = 256;
const ROWS = 110_000;

/** Waves with pauses and spikes; here and there a bad row, in runs that leave many blocks all good. */
const samples: readonly Sample[] = Array.from({ length: ROWS }, (_, i) => ({
  timeUs: START_US + i * 1_000_000 + (i % 17_000 < 3000 ? (i * 7919) % 900_000 : 0),
  value: Math.round(1000 * Math.sin(i / 900) + ((i * 7919) % 211)) / 10 + (i % 9973 === 0 ? 500 : 0),
  quality: i % 6000 < 700 && i % 13 === 0 ? 0x8000 : i % 8000 === 5 ? 0x4094 : 0,
}));

test('a trend that decodes little is the one that looks at every row', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await using historian = await openHistorian(historianConfig(dirs, { pollMs: 60_000 }));
  // Most of it in large chunks, late rows among them in a flush, and the end in the journal.
  const late = samples.filter((_, i) => i % 20_011 === 3);
  const imported = samples.slice(0, 104_000).filter((_, i) => i % 20_011 !== 3);
  const tags = [{ path: 'line/tag0', type: 'number', access: 'read' }] as const;
  for (let from = 0; from < imported.length; from += 30_000) {
    const rows = rowsOf(imported.slice(from, from + 30_000));
    const count = rows.timeUs.length;
    const batch = { ...rows, rows: count, tag: new Uint32Array(count), receivedUs: START_US, late: true };
    await historian.importRows({ tags, batch });
  }
  await append(journal, 0, late);
  await historian.flush();
  await append(journal, 0, samples.slice(104_000));
  const past = new Past(dirs);
  t.after(() => past.close());
  const place = fc.integer({ min: -1000, max: ROWS + 1000 });
  const summarised = { times: 0 };
  fc.assert(
    fc.property(place, place, fc.integer({ min: 8, max: 400 }), (a, b, points) => {
      const fromUs = START_US + Math.min(a, b) * 1e6;
      const query = { tag: 'line/tag0', fromUs, toUs: START_US + Math.max(a, b) * 1e6 + 1, points };
      const steps = trendOf(past, query);
      let step = steps.next();
      while (!step.done) step = steps.next();
      const extent = past.extent(query.tag, query.fromUs, query.toUs);
      // Fewer rows are counted, and then there are no summaries.
      if (extent.rows <= points + 65_536) return;
      const plain = new Plain(extent, points);
      for (const stretch of past.stretches(query.tag, query.fromUs, query.toUs)) plain.take(stretch);
      summarised.times += plain.whole;
      assert.deepEqual(samplesOf(step.value), plain.result());
      plain.assertExtremes(samplesOf(step.value));
    }),
    {
      numRuns: 60,
      examples: [
        [0, ROWS, 8],
        [-5, ROWS, 50],
        [100, ROWS - 3, 400],
      ],
    },
  );
  assert.ok(summarised.times > 1000, `${summarised.times} parts by their summary`);
});

/** The same choice, an object a row and every row looked at. */
class Plain {
  whole = 0;
  readonly #all: Sample[] = [];
  readonly #candidates: Sample[] = [];
  readonly #rowsEach: number;
  readonly #stretchAt: (timeUs: number) => number;
  readonly #stretchOf = ({ timeUs }: Sample): number => this.#stretchAt(timeUs);
  readonly #points: number;
  #last: Sample | undefined;

  constructor({ rows, fromUs, toUs }: ReturnType<Past['extent']>, points: number) {
    this.#points = points;
    this.#rowsEach = Math.floor(rows / (2 * points));
    const stretches = Math.floor(points / 4);
    this.#stretchAt = (timeUs) =>
      Math.max(0, Math.min(stretches - 1, Math.floor(((timeUs - fromUs) / (toUs - fromUs + 1)) * stretches)));
  }

  take(stretch: Stretch): void {
    const rows = samplesOf(stretch.rows());
    const parts = [...stretch.parts()];
    if (this.#isWhole(stretch, rows)) {
      this.whole++;
      this.#all.push(...rows);
      this.#group(rows);
    } else if (parts[0] !== stretch) for (const part of parts) this.take(part);
    else {
      this.#all.push(...rows);
      for (let from = 0; from < rows.length; from += this.#rowsEach) {
        const group = rows.slice(from, from + this.#rowsEach);
        for (const same of Map.groupBy(group, this.#stretchOf).values()) this.#group(same);
      }
      const last = rows.filter(usable).at(-1);
      if (last) this.#add(last);
    }
  }

  result(): Sample[] {
    if (this.#last) this.#add(this.#last);
    const points = this.#candidates;
    const keep = new Uint8Array(points.length);
    const [x, y] = [points.map((p) => p.timeUs), points.map((p) => p.value)];
    markShape(Float64Array.from(x), Float64Array.from(y), Math.floor(this.#points / 2), keep);
    for (const { low, high } of extremes(points, this.#stretchOf).values()) {
      keep[points.indexOf(low)] = keep[points.indexOf(high)] = 1;
    }
    return points.filter((_, i) => keep[i] === 1);
  }

  assertExtremes(found: readonly Sample[]): void {
    const shown = extremes(found, this.#stretchOf);
    for (const [stretch, { low, high }] of extremes(this.#all.filter(usable), this.#stretchOf)) {
      assert.equal(shown.get(stretch)?.low.value, low.value);
      assert.equal(shown.get(stretch)?.high.value, high.value);
    }
  }

  #isWhole({ summary, count, fromUs, toUs }: Stretch, rows: readonly Sample[]): boolean {
    if (!summary || count > Math.max(BLOCK, this.#rowsEach)) return false;
    if (!rows.some(usable)) return true;
    if (this.#rowsEach < BLOCK || this.#candidates.length === 0) return false;
    if (rows.some(({ quality }) => quality !== 0)) return false;
    return this.#stretchAt(fromUs) === this.#stretchAt(toUs);
  }

  #group(rows: readonly Sample[]): void {
    const known = rows.filter(usable);
    const [first] = known;
    if (!first) return;
    if (this.#candidates.length === 0) this.#add(first);
    for (const { low, high } of extremes(known, () => 0).values()) {
      for (const sample of [low, high].sort((a, b) => known.indexOf(a) - known.indexOf(b))) this.#add(sample);
    }
    this.#last = known.at(-1);
  }

  #add(sample: Sample): void {
    const before = this.#candidates.at(-1);
    if (before?.timeUs !== sample.timeUs || before.value !== sample.value) this.#candidates.push(sample);
  }
}

/** The first smallest and the first largest of each group. */
function extremes(
  rows: readonly Sample[],
  groupOf: (sample: Sample) => number,
): Map<number, { low: Sample; high: Sample }> {
  const found = new Map<number, { low: Sample; high: Sample }>();
  for (const sample of rows) {
    const known = found.get(groupOf(sample)) ?? { low: sample, high: sample };
    const low = sample.value < known.low.value ? sample : known.low;
    const high = sample.value > known.high.value ? sample : known.high;
    found.set(groupOf(sample), { low, high });
  }
  return found;
}
