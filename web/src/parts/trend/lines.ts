import { firstFrom } from './compose.ts';
import type { Line } from './piece.ts';
import type { Range } from './range.ts';

/* Lines on a canvas. */

/** One line as it is painted. */
export interface Stroke {
  readonly line: Line;
  readonly colour: string;
  /** In CSS pixels, as its dashes are. */
  readonly width: number;
  readonly dash: readonly number[];
  /** What of it lies below can be seen through it. */
  readonly isFaint: boolean;
  /** Holds its value until the next sample. */
  readonly stepped: boolean;
  /** Each sample is a point of its own. */
  readonly hasPoints: boolean;
  readonly range: Range;
}

/** Where times lie on a canvas, in its pixels: `x = (time - origin) * perS - offset`. */
export interface Place {
  readonly origin: number;
  readonly perS: number;
  readonly offset: number;
  readonly height: number;
}

const POINT = 2.25;
/** What a line that begins so far beyond an edge still reaches over it. */
const BEYOND = 8;
const FAINT = 0.6;
/** Wider ones are not painted as hairlines. */
const MOST_HAIRLINE = 2;

/** Paints what of a line lies between two columns of pixels. It breaks where there is no value. */
export function paintLine(
  pen: CanvasRenderingContext2D,
  stroke: Stroke,
  place: Place,
  left: number,
  right: number,
): void {
  const ratio = devicePixelRatio;
  const { times } = stroke.line;
  const timeAt = (x: number) => place.origin + (x + place.offset) / place.perS;
  const first = Math.max(0, firstFrom(times, timeAt(left - BEYOND)) - 1);
  const last = Math.min(times.length - 1, firstFrom(times, timeAt(right + BEYOND)));
  pen.strokeStyle = stroke.colour;
  pen.fillStyle = stroke.colour;
  pen.globalAlpha = stroke.isFaint ? FAINT : 1;
  pen.lineJoin = 'bevel';
  pen.setLineDash(stroke.dash.map((one) => one * ratio));
  strokePath(pen, pathOf(stroke, place, first, last), stroke.width * ratio);
  paintPoints(pen, stroke, place, first, last);
  pen.globalAlpha = 1;
}

/**
 * A browser without a graphics processor takes ten times as long for a line that is wider than a pixel: one of up to two
 * pixels is two hairlines that lie side by side.
 */
function strokePath(pen: CanvasRenderingContext2D, path: Path2D, width: number): void {
  if (width > MOST_HAIRLINE) {
    pen.lineWidth = width;
    pen.stroke(path);
    return;
  }
  pen.lineWidth = 1;
  const apart = width - 1;
  pen.translate(-apart / 2, -apart / 2);
  pen.stroke(path);
  pen.translate(apart, apart);
  if (apart > 0) pen.stroke(path);
  pen.translate(-apart / 2, -apart / 2);
}

/** Of several rows in one column of pixels the first, the least, the most and the last: more cannot be seen. */
function pathOf({ line, range, stepped }: Stroke, place: Place, from: number, to: number): Path2D {
  const path = new Path2D();
  const { times, values } = line;
  const { origin, perS, offset, height } = place;
  const perUnit = height / (range.high - range.low);
  let column = Number.NaN;
  let [lastX, lastY] = [0, 0];
  let low = { y: 0, at: 0 };
  let high = low;
  const end = () => {
    if (low === high) return;
    const [one, other] = low.at < high.at ? [low, high] : [high, low];
    path.lineTo(lastX, one.y);
    path.lineTo(lastX, other.y);
    path.lineTo(lastX, lastY);
  };
  for (let i = from; i <= to; i++) {
    const value = values[i] as number | null;
    if (value === null) {
      end();
      low = high;
      column = Number.NaN;
      continue;
    }
    const x = ((times[i] as number) - origin) * perS - offset;
    const y = (range.high - value) * perUnit;
    if (Math.floor(x) !== column) {
      end();
      if (Number.isNaN(column)) path.moveTo(x, y);
      else if (stepped) path.lineTo(x, lastY);
      path.lineTo(x, y);
      column = Math.floor(x);
      low = { y, at: i };
      high = low;
    } else if (y < low.y) low = { y, at: i };
    else if (y > high.y) high = { y, at: i };
    [lastX, lastY] = [x, y];
  }
  end();
  return path;
}

/** Each sample where they are few; otherwise those that no line shows, because nothing is known on either side. */
function paintPoints(
  pen: CanvasRenderingContext2D,
  { line, range, hasPoints }: Stroke,
  { origin, perS, offset, height }: Place,
  from: number,
  to: number,
): void {
  const { times, values } = line;
  const perUnit = height / (range.high - range.low);
  const isThere = (i: number) => values[i] !== null && values[i] !== undefined;
  for (let i = from; i <= to; i++) {
    if (!isThere(i) || (!hasPoints && (isThere(i - 1) || isThere(i + 1)))) continue;
    const x = ((times[i] as number) - origin) * perS - offset;
    const y = (range.high - (values[i] as number)) * perUnit;
    pen.beginPath();
    pen.arc(x, y, POINT * devicePixelRatio, 0, 2 * Math.PI);
    pen.fill();
  }
}
