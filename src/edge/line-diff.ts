/** One line of a comparison: in both, only before, only after. */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Beyond so many differing lines the search would cost more than it tells: then all of them are replaced. */
const MOST_EDITS = 1000;

/**
 * The shortest way from one text to the other, line by line (E. Myers, "An O(ND) difference algorithm and its
 * variations", 1986).
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...a.slice(0, head).map(same),
    ...shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function shortest(a: readonly string[], b: readonly string[]): DiffLine[] {
  const trace = search(a, b);
  return trace ? walkBack(a, b, trace) : [...a.map(removed), ...b.map(added)];
}

const removed = (text: string): DiffLine => ({ sign: '-', text });
const added = (text: string): DiffLine => ({ sign: '+', text });

/** Furthest place in `a` on each diagonal, for each number of edits; undefined when there are too many. */
function search(a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(a.length + b.length, MOST_EDITS); edits++) {
    const next = new Map<number, number>();
    for (let k = -edits; k <= edits; k += 2) {
      let x = comesFromAbove(furthest, k, edits)
        ? (furthest.get(k + 1) ?? 0)
        : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return [...trace, furthest];
    }
    trace.push(furthest);
    furthest = next;
  }
  return undefined;
}

/** Whether the way to a diagonal goes over an added line rather than a removed one. */
const comesFromAbove = (furthest: ReadonlyMap<number, number>, k: number, edits: number): boolean =>
  k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] as ReadonlyMap<number, number>;
    const above = comesFromAbove(furthest, x - y, edits);
    const k = above ? x - y + 1 : x - y - 1;
    const fromX = furthest.get(k) ?? 0;
    const fromY = fromX - k;
    const snake = edits === 0 ? 0 : above ? fromX : fromX + 1;
    for (; x > snake; x--) lines.push({ sign: ' ', text: a[x - 1] as string });
    if (edits === 0) break;
    lines.push(above ? added(b[fromY] as string) : removed(a[fromX] as string));
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

/** Lines around a difference that are shown with it. */
const AROUND = 3;

/** As `diff -u` prints it, without the names of the files; empty for equal texts. */
export function unified(lines: readonly DiffLine[]): string[] {
  const near = new Uint8Array(lines.length);
  for (const [i, { sign }] of lines.entries()) {
    if (sign !== ' ') near.fill(1, Math.max(0, i - AROUND), i + AROUND + 1);
  }
  const out: string[] = [];
  const at = { before: 1, after: 1 };
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (end < lines.length && near[end] === near[i]) end++;
    const part = lines.slice(i, end);
    const before = part.filter(({ sign }) => sign !== '+').length;
    const after = part.filter(({ sign }) => sign !== '-').length;
    if (near[i]) {
      out.push(`@@ -${at.before},${before} +${at.after},${after} @@`);
      out.push(...part.map(({ sign, text }) => sign + text));
    }
    at.before += before;
    at.after += after;
    i = end;
  }
  return out;
}
