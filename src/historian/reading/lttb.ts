/**
 * Largest-Triangle-Three-Buckets (Steinarsson 2013): of the points in order, marks those that keep the shape for the eye.
 * The first and the last are always among them.
 * @param most points to mark, at least 2
 * @param keep 1 for each point that is marked
 */
export function markShape(x: Float64Array, y: Float64Array, most: number, keep: Uint8Array): void {
  const count = x.length;
  if (count === 0) return;
  keep[0] = keep[count - 1] = 1;
  if (count <= most) keep.fill(1);
  if (count <= most || most < 3) return;
  const size = (count - 2) / (most - 2);
  let chosen = 0;
  for (let bucket = 0; bucket < most - 2; bucket++) {
    const from = Math.floor(bucket * size) + 1;
    const to = Math.floor((bucket + 1) * size) + 1;
    const next = mean(x, y, to, Math.min(count, Math.floor((bucket + 2) * size) + 1));
    chosen = largest(x, y, [from, to], chosen, next);
    keep[chosen] = 1;
  }
}

function mean(x: Float64Array, y: Float64Array, from: number, to: number): readonly [number, number] {
  let sumX = 0;
  let sumY = 0;
  for (let i = from; i < to; i++) {
    sumX += x[i] as number;
    sumY += y[i] as number;
  }
  return [sumX / (to - from), sumY / (to - from)];
}

function largest(
  x: Float64Array,
  y: Float64Array,
  [from, to]: readonly [number, number],
  before: number,
  [nextX, nextY]: readonly [number, number],
): number {
  const x0 = x[before] as number;
  const y0 = y[before] as number;
  let best = from;
  let bestArea = -1;
  for (let i = from; i < to; i++) {
    const area = Math.abs((x0 - nextX) * ((y[i] as number) - y0) - (x0 - (x[i] as number)) * (nextY - y0));
    if (area <= bestArea) continue;
    bestArea = area;
    best = i;
  }
  return best;
}
