import { type Place, paintLine, type Stroke } from './lines.ts';
import type { Span } from './span.ts';

interface Painted {
  readonly strokes: readonly Stroke[];
  readonly place: Place;
  readonly width: number;
}

/** Two scales that differ by less over the whole width are one: times are known to a quarter of a microsecond only. */
const SAME_PIXELS = 0.25;

/**
 * The lines, painted once. While they move they are moved as a picture, by whole pixels, and only what comes in at an edge is
 * painted: that costs the same however many samples there are.
 */
export class Strip {
  #pen = penOf();
  #spare = penOf();
  #painted: Painted | undefined;

  get canvas(): HTMLCanvasElement {
    return this.#pen.canvas;
  }

  /** A span as it lies on whole pixels of what is painted; the same where it shows more or less time than that. */
  aligned(view: Span, width: number): Span {
    if (this.#painted?.width !== width) return view;
    const { origin, perS } = this.#painted.place;
    const offset = this.#offsetOf(view, width);
    if (offset === undefined) return view;
    return { from: origin + offset / perS, to: origin + (offset + width) / perS };
  }

  /** @param size in pixels of the canvas */
  paint(
    strokes: readonly Stroke[],
    view: Span,
    size: { readonly width: number; readonly height: number },
  ): void {
    const { width, height } = size;
    const offset = this.#offsetOf(view, width);
    const before = this.#painted;
    const isSame = before && before.width === width && before.place.height === height;
    if (isSame && offset !== undefined && areSame(before.strokes, strokes)) {
      const by = offset - before.place.offset;
      if (by === 0) return;
      if (Math.abs(by) < width && strokes.every(({ dash }) => dash.length === 0)) {
        this.#move(by, { strokes, place: { ...before.place, offset }, width });
        return;
      }
    }
    const place = { origin: view.from, perS: width / (view.to - view.from), offset: 0, height };
    this.#painted = { strokes, place, width };
    for (const { canvas } of [this.#pen, this.#spare]) {
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
    this.#paint(0, width);
  }

  #offsetOf({ from, to }: Span, width: number): number | undefined {
    if (!this.#painted) return undefined;
    const { origin, perS } = this.#painted.place;
    if (Math.abs((to - from) * perS - width) > SAME_PIXELS) return undefined;
    return Math.round((from - origin) * perS);
  }

  #move(by: number, next: Painted): void {
    const { width, place } = next;
    [this.#pen, this.#spare] = [this.#spare, this.#pen];
    this.#painted = next;
    this.#pen.clearRect(0, 0, width, place.height);
    this.#pen.drawImage(this.#spare.canvas, -by, 0);
    if (by > 0) this.#paint(width - by, width);
    else this.#paint(0, -by);
  }

  #paint(left: number, right: number): void {
    if (!this.#painted) return;
    const { strokes, place } = this.#painted;
    const pen = this.#pen;
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, right - left, place.height);
    pen.clip();
    pen.clearRect(left, 0, right - left, place.height);
    for (const stroke of strokes) paintLine(pen, stroke, place, left, right);
    pen.restore();
  }
}

const areSame = (some: readonly Stroke[], others: readonly Stroke[]): boolean =>
  some.length === others.length &&
  some.every((one, i) => {
    const other = others[i] as Stroke;
    return (
      one.line === other.line &&
      one.colour === other.colour &&
      one.width === other.width &&
      one.hasPoints === other.hasPoints &&
      one.range.low === other.range.low &&
      one.range.high === other.range.high
    );
  });

function penOf(): CanvasRenderingContext2D {
  const pen = document.createElement('canvas').getContext('2d');
  if (!pen) throw new Error('this browser has no canvas');
  return pen;
}
