/* Figures of a column. NaN is a missing value and enters nothing. */

export function present(column: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(column.length);
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i] as number;
    if (Number.isFinite(value)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

export function mean(column: ArrayLike<number>): number {
  const values = present(column);
  let sum = 0;
  for (const value of values) sum += value;
  return values.length > 0 ? sum / values.length : Number.NaN;
}

/** Of a sample (n − 1). */
export function deviation(column: ArrayLike<number>): number {
  const values = present(column);
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return values.length > 1 ? Math.sqrt(sum / (values.length - 1)) : 0;
}

/** @param part 0 for the least, 0.5 for the median, 1 for the most; between two values on the straight line */
export function quantile(column: ArrayLike<number>, part: number): number {
  const sorted = present(column).sort();
  if (sorted.length === 0) return Number.NaN;
  const place = part * (sorted.length - 1);
  const low = Math.floor(place);
  const from = sorted[low] as number;
  const to = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return from + (place - low) * (to - from);
}

/** Pearson's r over the rows where both are there; 0 where one of them does not move. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const rows = Math.min(a.length, b.length);
  let [n, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(a[i]) || !Number.isFinite(b[i])) continue;
    n++;
    sumA += a[i] as number;
    sumB += b[i] as number;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(a[i]) || !Number.isFinite(b[i])) continue;
    const da = (a[i] as number) - sumA / n;
    const db = (b[i] as number) - sumB / n;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Of a column with itself `lag` rows later, both halves about their own mean: a steady drift counts as kinship. */
export function autocorrelation(column: Float64Array, lag: number): number {
  return correlation(column.subarray(0, Math.max(0, column.length - lag)), column.subarray(lag));
}

/** Value that a chi-square variable of that many degrees of freedom exceeds with `tail`; Wilson and Hilferty (1931). */
export function chiSquareAbove(freedom: number, tail: number): number {
  const c = 2 / (9 * freedom);
  return freedom * (1 - c + normalAbove(tail) * Math.sqrt(c)) ** 3;
}

/** Value that a standard normal variable exceeds with `tail` (0 to 1): Acklam's rational approximation, within 1.2e-9. */
export function normalAbove(tail: number): number {
  const p = 1 - tail;
  if (p < 0.02425) return -far(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return far(Math.sqrt(-2 * Math.log(tail)));
  const q = p - 0.5;
  const r = q * q;
  const above = horner(A, r) * q;
  return above / (horner(B, r) * r + 1);
}

const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

const far = (q: number): number => -horner(C, q) / (horner(D, q) * q + 1);
const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, one) => sum * x + one, 0);

/** A normal variable's magnitude stays below this in nine cases of ten. */
const BULK = 1.645;

/** Deviation of the bulk, as if it were normal: the few values far out do not widen it. */
export const bulkOf = (away: Float64Array): number => quantile(away.map(Math.abs), 0.9) / BULK;
