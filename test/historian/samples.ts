import * as fc from 'fast-check';
import { allocRows, isUsable, mergeRows, type Rows } from '#historian/format/rows.ts';
import { at, type Value } from '#kernel/batch.ts';

/* Rows for property tests: everything that a device, or a wrong one, may send. */

export interface Sample {
  readonly timeUs: number;
  readonly value: number;
  readonly quality: number;
  readonly wide?: Value | undefined;
}

const QUALITIES = [0, 0, 0, 0x4094, 0x8000, 0x808c];

const anyValue = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 0, Infinity, -Infinity, NaN, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 5e-324, 1.7e308),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.float(),
  fc.maxSafeInteger(),
);

const decimal = fc.integer({ min: -3000, max: 3000 }).map((n) => n / 10);

const anyTime = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((n) => 1_790_000_000_000_000 + n * 1_000_000),
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.constantFrom(0, -(2 ** 53), 2 ** 53, 1),
);

const wide: fc.Arbitrary<Value> = fc.oneof(
  fc.string(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
  fc.record({ on: fc.boolean(), text: fc.string() }, { noNullPrototype: true }),
);

const sampleOf = (timeUs: fc.Arbitrary<number>, value: fc.Arbitrary<number>, wides: boolean) =>
  fc.record({
    timeUs,
    value,
    quality: fc.constantFrom(...QUALITIES),
    wide: wides ? fc.option(wide, { nil: undefined, freq: 3 }) : fc.constant(undefined),
  });

export const wildSamples: fc.Arbitrary<readonly Sample[]> = fc.array(sampleOf(anyTime, anyValue, true), {
  maxLength: 600,
  size: 'max',
});

/** Tame numbers, whose sums are comparable, at times that meet and repeat. */
export const plainSamples: fc.Arbitrary<readonly Sample[]> = fc.array(
  sampleOf(
    fc.integer({ min: 0, max: 3000 }).map((n) => n * 1000),
    fc.oneof(decimal, fc.constant(NaN)),
    false,
  ),
  { maxLength: 900, size: 'max' },
);

/** In the order given. */
export function rowsOf(samples: readonly Sample[]): Rows {
  const rows = allocRows(samples.length);
  const wideRow: number[] = [];
  const wideValue: Value[] = [];
  samples.forEach(({ timeUs, value, quality, wide }, i) => {
    rows.timeUs[i] = timeUs;
    rows.value[i] = wide === undefined ? value : Number.NaN;
    rows.quality[i] = quality;
    if (wide === undefined) return;
    wideRow.push(i);
    wideValue.push(wide);
  });
  return wideRow.length === 0
    ? rows
    : { ...rows, wide: { row: Uint32Array.from(wideRow), value: wideValue } };
}

export const sortedRows = (samples: readonly Sample[]): Rows => mergeRows([rowsOf(samples)]);

/** Of a stored series, for comparing with deepEqual; −0 and 0 differ there, NaN equals itself. */
export function samplesOf({ timeUs, value, quality, wide }: Rows): Sample[] {
  const samples: Sample[] = [];
  let w = 0;
  for (let i = 0; i < timeUs.length; i++) {
    const isWide = wide !== undefined && w < wide.row.length && at(wide.row, w) === i;
    samples.push({
      timeUs: at(timeUs, i),
      value: at(value, i),
      quality: at(quality, i),
      wide: isWide ? wide.value[w++] : undefined,
    });
  }
  return samples;
}

export const usable = ({ value, quality }: Sample): boolean => isUsable(value, quality);
