import { joined, type Line, type Piece, type Remark } from './piece.ts';
import { lengthOf, overlaps, type Span, without } from './span.ts';

/** Finer by less than this is not worth a question. */
const WORTH = 1.5;

const EMPTY: Line = { times: [], values: [], qualities: [], holes: [], doubts: [] };

/**
 * Whether these pieces show a span as finely as a picture of it can.
 * @param pixels width of the picture
 */
export function isFineEnough(pieces: readonly Piece[], span: Span, pixels: number): boolean {
  const stepS = (lengthOf(span) / pixels) * WORTH;
  const fine = pieces.filter((piece) => piece.stepS <= stepS);
  return without(span, fine).length === 0;
}

/** One line of all that is there: each stretch from the finest piece that has it. */
export function composed(pieces: readonly Piece[]): Line {
  const taken: Span[] = [];
  const parts: { readonly span: Span; readonly piece: Piece }[] = [];
  for (const piece of pieces.toSorted((a, b) => a.stepS - b.stepS || b.to - a.to)) {
    for (const span of without(piece, taken)) parts.push({ span, piece });
    taken.push(piece);
  }
  parts.sort((a, b) => a.span.from - b.span.from);
  const [only] = parts;
  if (!only) return EMPTY;
  if (parts.length === 1 && lengthOf(only.span) === lengthOf(only.piece)) return only.piece;
  const line = {
    times: [] as number[],
    values: [] as (number | null)[],
    qualities: [] as number[],
    holes: [] as Remark[],
    doubts: [] as Remark[],
  };
  let end: number | undefined;
  for (const { span, piece } of parts) {
    // Between two pieces nothing has been asked yet: no line there either.
    if (end !== undefined && span.from > end) pushBreak(line, end);
    const first = firstFrom(piece.times, span.from);
    const behind = firstFrom(piece.times, span.to);
    const holes = within(piece.holes, span);
    const [last, next] = [line.times.at(-1), piece.times[first]];
    const seam = { from: last ?? 0, to: next ?? 0 };
    if (last !== undefined && [...line.holes, ...holes].some((one) => overlaps(one, seam)))
      pushBreak(line, last);
    for (let i = first; i < behind; i++) {
      line.times.push(piece.times[i] as number);
      line.values.push(piece.values[i] as number | null);
      line.qualities.push(piece.qualities[i] as number);
    }
    line.holes.push(...holes);
    line.doubts.push(...within(piece.doubts, span));
    end = span.to;
  }
  return { ...line, holes: joined(line.holes), doubts: joined(line.doubts) };
}

function pushBreak(
  line: { times: number[]; values: (number | null)[]; qualities: number[] },
  at: number,
): void {
  line.times.push(at);
  line.values.push(null);
  line.qualities.push(0);
}

const within = (remarks: readonly Remark[], span: Span): Remark[] =>
  remarks
    .filter((one) => overlaps(one, span))
    .map(({ from, to, why }) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to), why }));

/** Index of the first time that is not earlier; times ascend. */
export function firstFrom(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((times[mid] as number) < time) low = mid + 1;
    else high = mid;
  }
  return low;
}

const MOST_PIECES = 8;

/** Puts in a piece; those that it makes needless go, and the oldest ones beyond a few. */
export function withPiece(pieces: readonly Piece[], piece: Piece): Piece[] {
  const needed = pieces.filter(
    (one) => !(piece.stepS <= one.stepS && piece.from <= one.from && piece.to >= one.to),
  );
  return [...needed, piece].slice(-MOST_PIECES);
}
