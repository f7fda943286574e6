const WINDOW = 6400;
const STEP = 100;

/**
 * A plain detector that the Numenta Anomaly Benchmark publishes a score of: the tail of a normal distribution fitted to the
 * last rows, which moves on by a hundred rows at a time. It shows that our scorer scores as theirs does.
 */
export function windowedGaussian(value: Float64Array): Float64Array {
  let from = 0;
  let to = 0;
  let [mean, deviation] = [0, 1];
  return value.map((x, row) => {
    const score = to > from ? 1 - tail(Math.abs(x - mean) / deviation) : 0;
    if (to - from < WINDOW) to = row + 1;
    else if (row + 1 - to >= STEP) [from, to] = [from + STEP, to + STEP];
    else return score;
    [mean, deviation] = fit(value.subarray(from, to));
    return score;
  });
}

function fit(values: Float64Array): [number, number] {
  let [sum, squares] = [0, 0];
  for (const x of values) {
    sum += x;
    squares += x * x;
  }
  const mean = sum / values.length;
  return [mean, Math.sqrt(Math.max(0, squares / values.length - mean * mean)) || 1e-6];
}

/** Part of a standard normal variable above z; after Numerical Recipes, 6.2, within 1.2e-7 of the value. */
function tail(z: number): number {
  const t = 1 / (1 + z / Math.SQRT2 / 2);
  const sum = ERFC.reduceRight((all, one) => all * t + one, 0);
  return (t * Math.exp((-z * z) / 2 + sum)) / 2;
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];
