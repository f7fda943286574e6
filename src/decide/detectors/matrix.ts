/* Square matrices as rows one behind the other. */

/**
 * Inverse of a symmetric, positive definite matrix, by its Cholesky factor.
 * @returns undefined where it is not positive definite
 */
export function inverse(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = cholesky(matrix, size);
  if (!factor) return undefined;
  const out = new Float64Array(size * size);
  const column = new Float64Array(size);
  for (let c = 0; c < size; c++) {
    column.fill(0);
    column[c] = 1;
    solve(factor, size, column);
    for (let r = 0; r < size; r++) out[r * size + c] = column[r] as number;
  }
  return out;
}

/** Lower triangle L with L·Lᵀ = matrix; undefined where there is none. */
export function cholesky(matrix: Float64Array, size: number): Float64Array | undefined {
  const lower = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = matrix[r * size + c] as number;
      for (let k = 0; k < c; k++) sum -= (lower[r * size + k] as number) * (lower[c * size + k] as number);
      if (r !== c) lower[r * size + c] = sum / (lower[c * size + c] as number);
      else if (sum > 0) lower[r * size + r] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** Solves L·Lᵀ·x = column in place. */
export function solve(lower: Float64Array, size: number, column: Float64Array): void {
  for (let r = 0; r < size; r++) {
    let sum = column[r] as number;
    for (let k = 0; k < r; k++) sum -= (lower[r * size + k] as number) * (column[k] as number);
    column[r] = sum / (lower[r * size + r] as number);
  }
  for (let r = size - 1; r >= 0; r--) {
    let sum = column[r] as number;
    for (let k = r + 1; k < size; k++) sum -= (lower[k * size + r] as number) * (column[k] as number);
    column[r] = sum / (lower[r * size + r] as number);
  }
}
