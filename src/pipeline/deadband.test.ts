import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocBatch, type Batch, BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { DeadbandColumns, deadband } from '#pipeline/deadband.ts';

const bands = new DeadbandColumns();
bands.set(0, { band: 1, maxGapUs: 60e6 });
bands.set(1, { band: 5, maxGapUs: 60e6 });
bands.set(2, { band: 0, maxGapUs: 60e6 });

interface Row {
  readonly tag?: number;
  readonly value: number;
  readonly quality?: number;
}

function batchOf(rows: readonly Row[], receivedUs = 1e15, late = false): Batch {
  const batch = allocBatch(rows.length, { receivedUs, late });
  rows.forEach((row, i) => {
    batch.tag[i] = row.tag ?? 0;
    batch.value[i] = row.value;
    batch.timeUs[i] = receivedUs;
    batch.quality[i] = row.quality ?? Quality.good;
  });
  return batch;
}
const keptOf = (rows: readonly Row[]) => [...deadband(bands)(batchOf(rows)).value];
const values = (...all: number[]): Row[] => all.map((value) => ({ value }));

test('a row is kept only when it leaves the band', () => {
  assert.deepEqual(keptOf(values(10, 10.9, 11.1, 11.5)), [10, 11.1]);
});

test('every tag has its own band and its own last kept row', () => {
  const rows = [0, 1].flatMap((tag) => [10, 13, 20].map((value) => ({ tag, value })));
  assert.deepEqual(keptOf(rows), [10, 13, 20, 10, 20]);
});

test('tags with a band of 0, and tags that nobody configured, keep every row', () => {
  for (const tag of [2, 3, 100_000]) {
    const batch = batchOf([1, 1, 1].map((value) => ({ tag, value })));
    assert.equal(deadband(bands)(batch), batch);
  }
});

test('a change of quality is kept at an equal value', () => {
  assert.deepEqual(
    keptOf([{ value: 10 }, { value: 10, quality: Quality.uncertain }, { value: 10 }]),
    [10, 10, 10],
  );
});

test('NaN is kept, and so is the first number after it', () => {
  assert.deepEqual(keptOf(values(10, Number.NaN, Number.NaN, 10)), [10, Number.NaN, Number.NaN, 10]);
});

test('wide rows are kept with their values', () => {
  const builder = new BatchBuilder();
  builder.addValue(0, 0, 10);
  builder.addValue(0, 0, 10.5);
  builder.addValue(0, 0, 'text');
  builder.addValue(0, 0, 7n);
  const out = deadband(bands)(builder.take({ receivedUs: 1 }));
  assert.deepEqual(out.wide, { row: Uint32Array.of(1, 2), value: ['text', 7n] });
});

test('a row passes after the longest gap, measured by arrival and not by the clock of the device', () => {
  const stage = deadband(bands);
  assert.equal(stage(batchOf(values(10), 1e15)).rows, 1);
  const early = batchOf(values(10), 1e15 + 59e6);
  early.timeUs[0] = 9e15;
  assert.equal(stage(early).rows, 0);
  assert.equal(stage(batchOf(values(10), 1e15 + 60e6)).rows, 1);
});

test('a wall clock that was set back does not silence a tag', () => {
  const stage = deadband(bands);
  stage(batchOf(values(10), 1e15));
  assert.equal(stage(batchOf(values(10), 1e14)).rows, 1);
  assert.equal(stage(batchOf(values(10), 1e14 + 1)).rows, 0);
});

test('late batches pass untouched and change nothing for live ones', () => {
  const stage = deadband(bands);
  stage(batchOf(values(10)));
  const late = batchOf(values(50, 50), 1e15, true);
  assert.equal(stage(late), late);
  assert.equal(stage(batchOf(values(10.5))).rows, 0);
});

test('a band may be given or changed at run time', () => {
  const own = new DeadbandColumns();
  const stage = deadband(own);
  assert.equal(stage(batchOf(values(1, 1))).rows, 2);
  own.set(0, { band: 1, maxGapUs: 60e6 });
  assert.equal(stage(batchOf(values(1, 1))).rows, 1);
});

test('a tag whose values mean something else is kept at once, and no other tag notices', () => {
  const own = new DeadbandColumns();
  for (const tag of [0, 1]) own.set(tag, { band: 5, maxGapUs: 60e6 });
  const stage = deadband(own);
  const both = [0, 1].map((tag) => ({ tag, value: 10 }));
  assert.equal(stage(batchOf(both)).rows, 2);
  stage.forget(0);
  stage.forget(100_000);
  assert.deepEqual([...stage(batchOf(both)).tag], [0]);
  assert.equal(stage(batchOf(both)).rows, 0);
});

test('a tag that is taken away keeps every row, and starts anew when it comes again', () => {
  const own = new DeadbandColumns();
  for (const tag of [0, 1]) own.set(tag, { band: 5, maxGapUs: 60e6 });
  const stage = deadband(own);
  const both = [0, 1].map((tag) => ({ tag, value: 10 }));
  stage(batchOf(both));
  own.clear(0);
  stage.forget(0);
  own.clear(100_000);
  assert.deepEqual([...stage(batchOf([...both, ...both])).tag], [0, 0]);
  own.set(0, { band: 5, maxGapUs: 60e6 });
  assert.deepEqual([...stage(batchOf([...both, ...both])).tag], [0]);
});

const anyRow = fc.record({
  tag: fc.nat(3),
  value: fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN)),
  quality: fc.constantFrom(Quality.good, Quality.uncertain, Quality.bad),
});

test('the cut between batches changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyRow), fc.nat(), (all, n) => {
      const cut = n % (all.length + 1);
      const stage = deadband(bands);
      const head = stage(batchOf(all.slice(0, cut)));
      const tail = stage(batchOf(all.slice(cut)));
      assert.deepEqual([...head.value, ...tail.value], keptOf(all));
    }),
  );
});

test('what is dropped was always within the band of the row kept before it', () => {
  fc.assert(
    fc.property(fc.array(anyRow), (all) => {
      const given = batchOf(all);
      const before = structuredClone(given);
      const out = deadband(bands)(given);
      assert.deepEqual(given, before);
      const lastKept = new Map<number, { value: number; quality: number }>();
      let o = 0;
      all.forEach((row) => {
        const band = [1, 5, 0, 0][row.tag] as number;
        if (
          o < out.rows &&
          out.tag[o] === row.tag &&
          Object.is(out.value[o], row.value) &&
          out.quality[o] === row.quality
        ) {
          lastKept.set(row.tag, row);
          o++;
          return;
        }
        const last = lastKept.get(row.tag);
        assert.ok(
          last && band > 0 && last.quality === row.quality && Math.abs(row.value - last.value) <= band,
        );
      });
      assert.equal(o, out.rows);
    }),
  );
});
