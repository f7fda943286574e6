import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainSamples, type Sample, samplesOf, sortedRows, wildSamples } from '#test/historian/samples.ts';
import { sliceRows } from '../format/rows.ts';
import { Slice } from './slice.ts';

type Placed = Sample & { readonly place: number };

/** Several series, each handed over in two pieces. */
function sliceOf(
  slice: Slice,
  series: readonly (readonly Sample[])[],
): { found: Placed[][]; wanted: Placed[] } {
  slice.clear();
  const wanted: Placed[] = [];
  for (const [place, samples] of series.entries()) {
    const rows = sortedRows(samples);
    const middle = rows.timeUs.length >> 1;
    slice.add(place, sliceRows(rows, 0, middle));
    slice.add(place, sliceRows(rows, middle, rows.timeUs.length));
    wanted.push(...samplesOf(rows).map((sample) => ({ ...sample, place })));
  }
  const found = [...slice.inOrder()].map((part) =>
    samplesOf(part).map((sample, i) => ({ ...sample, place: part.place[i] as number })),
  );
  return { found, wanted: wanted.sort((a, b) => a.timeUs - b.timeUs) };
}

test('rows of all tags come by their time, those of one time by their tag, whatever was in the slice before', () => {
  const slice = new Slice();
  fc.assert(
    fc.property(fc.array(fc.oneof(wildSamples, plainSamples), { maxLength: 4 }), (series) => {
      const { found, wanted } = sliceOf(slice, series);
      assert.deepEqual(found.flat(), wanted);
      for (const [i, part] of found.entries()) {
        assert.ok(part.length > 0);
        assert.notEqual(part[0]?.timeUs, found[i - 1]?.at(-1)?.timeUs, 'a part ends between two times');
      }
    }),
    { numRuns: 100 },
  );
});

test('many rows come in parts of bounded size', () => {
  const series = Array.from({ length: 10 }, (_, tag) =>
    Array.from({ length: 30_000 }, (_, i) => ({ timeUs: i * 1e6 + tag * 7, value: i, quality: 0 })),
  );
  const { found, wanted } = sliceOf(new Slice(), series);
  assert.deepEqual(found.flat(), wanted);
  assert.ok(found.length >= 4 && found.every((part) => part.length < 70_000));
});
