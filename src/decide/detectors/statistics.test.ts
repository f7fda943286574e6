import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cholesky, inverse, solve } from '#decide/detectors/matrix.ts';
import {
  autocorrelation,
  chiSquareAbove,
  correlation,
  deviation,
  normalAbove,
  quantile,
} from '#decide/detectors/statistics.ts';

const near = (value: number, expected: number, within: number): void =>
  assert.ok(Math.abs(value - expected) <= within, `${value} is not ${expected} ± ${within}`);

test('tails are those of printed tables', () => {
  near(normalAbove(0.5), 0, 1e-9);
  near(normalAbove(0.025), 1.959963985, 1e-7);
  near(normalAbove(0.001), 3.090232306, 1e-7);
  near(normalAbove(0.99), -2.326347874, 1e-7);
  near(chiSquareAbove(1, 0.05), 3.841, 0.1);
  near(chiSquareAbove(8, 0.001), 26.124, 0.2);
  near(chiSquareAbove(52, 0.01), 78.616, 0.05);
});

test('deviation and quantile pass over what is missing', () => {
  assert.equal(deviation([2, Number.NaN, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.equal(quantile([3, Number.NaN, 1, 2], 0.5), 2);
  assert.equal(quantile([0, 10], 0.9), 9);
  assert.ok(Number.isNaN(quantile([Number.NaN], 0.5)));
});

test('a column that does not move is kin to nothing', () => {
  assert.equal(correlation([1, 1, 1], [1, 2, 3]), 0);
  assert.equal(correlation([1, 2, 3], [-2, -4, -6]), -1);
  near(
    autocorrelation(
      Float64Array.from({ length: 50 }, (_, i) => i),
      10,
    ),
    1,
    1e-12,
  );
});

test('an inverse undoes its matrix', () => {
  const cell = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 16, maxLength: 16 }), (cells) => {
      // A·Aᵀ + I is symmetric and positive definite, whatever A is.
      const a = (r: number, c: number): number => cells[r * 4 + c] ?? 0;
      const matrix = Float64Array.from({ length: 16 }, (_, i) => {
        const [r, c] = [Math.floor(i / 4), i % 4];
        return [0, 1, 2, 3].reduce((sum, k) => sum + a(r, k) * a(c, k), r === c ? 1 : 0);
      });
      const inverted = inverse(matrix, 4);
      assert.ok(inverted);
      for (let r = 0; r < 4; r++)
        for (let c = 0; c < 4; c++) {
          const cell = [0, 1, 2, 3].reduce(
            (sum, k) => sum + (matrix[r * 4 + k] as number) * (inverted[k * 4 + c] as number),
            0,
          );
          near(cell, r === c ? 1 : 0, 1e-9);
        }
      const lower = cholesky(matrix, 4);
      const column = Float64Array.of(1, 0, 0, 0);
      solve(lower as Float64Array, 4, column);
      for (let r = 0; r < 4; r++) near(column[r] as number, inverted[r * 4] as number, 1e-12);
    }),
  );
});

test('what is not positive definite has no inverse', () => {
  assert.equal(inverse(Float64Array.of(1, 2, 2, 1), 2), undefined);
});
