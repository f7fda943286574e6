/** In a site of many tags a suggestion must not cost more than the check itself. */
const MOST_CANDIDATES = 2000;

/** The candidate with the fewest typing mistakes from `name`; undefined when none is near enough to be meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  let tried = 0;
  for (const candidate of candidates) {
    if (++tried > MOST_CANDIDATES) break;
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`.
 * @param limit where counting may stop
 */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const get = (from: number[], k: number) => from[k] as number;
      let least = Math.min(get(previous, j) + 1, get(row, j - 1) + 1, get(previous, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, get(before, j - 2) + 1);
      }
      row.push(least);
    }
    if (Math.min(...row, ...previous) >= limit) return limit;
    before = previous;
    previous = row;
  }
  return previous[b.length] as number;
}
