import type uPlot from 'uplot';
import { PRIORITIES } from '../priority.tsx';
import { type Curve, colourName } from './curve.ts';
import type { Heap, Mark } from './marks.ts';
import type { Line } from './piece.ts';
import { merged, type Span } from './span.ts';

type Colour = (name: string) => string;

export interface Shown {
  readonly curve: Curve;
  readonly line: Line;
}

/** Height of what says of one line where something is missing, and of the row of marks above the lines. */
const LANE = 3;
export const MARK_ROW = 22;
const HATCH = 8;
const MARK = 5;

/** What is missing or doubtful of all that is shown, put together once and painted with every picture. */
export interface Bands {
  readonly doubts: readonly Span[];
  readonly holes: readonly Span[];
  /** Whose it is, where several lines are shown; those of which there is something to say. */
  readonly lanes: readonly {
    readonly trace: number;
    readonly doubts: readonly Span[];
    readonly holes: readonly Span[];
  }[];
  readonly areSeveral: boolean;
}

export function bandsOf(shown: readonly Shown[]): Bands {
  const areSeveral = shown.length > 1;
  const told = shown.filter(({ line }) => line.holes.length + line.doubts.length > 0);
  return {
    doubts: merged(told.flatMap(({ line }) => line.doubts)),
    holes: merged(told.flatMap(({ line }) => line.holes)),
    lanes: areSeveral
      ? told.map(({ curve: { trace }, line }) => ({
          trace,
          doubts: merged(line.doubts),
          holes: merged(line.holes),
        }))
      : [],
    areSeveral,
  };
}

/** Behind the lines: hatched where nothing is known, tinted where values are uncertain. */
export function paintBands(plot: uPlot, { doubts, holes, areSeveral }: Bands, colour: Colour): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour('--bad-ground');
  for (const span of doubts) fill(plot, span, bbox.top, bbox.height);
  const hatch = hatched(ctx, colour('--quiet'), areSeveral ? 0.2 : 0.4, devicePixelRatio);
  if (hatch) {
    ctx.fillStyle = hatch;
    for (const span of holes) fill(plot, span, bbox.top, bbox.height);
  }
  ctx.restore();
}

/** At the foot, in the colour of its line: whose values are missing or, paler, uncertain. */
export function paintLanes(plot: uPlot, { lanes }: Bands, colour: Colour): void {
  if (lanes.length === 0) return;
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  lanes.forEach(({ trace, doubts, holes }, i) => {
    const height = LANE * ratio;
    const top = bbox.top + bbox.height - (lanes.length - i) * (height + ratio);
    ctx.fillStyle = colour(colourName(trace));
    ctx.globalAlpha = 0.35;
    for (const span of doubts) fill(plot, span, top, height);
    ctx.globalAlpha = 0.9;
    for (const span of holes) fill(plot, span, top, height);
  });
  ctx.restore();
}

function fill(plot: uPlot, { from, to }: Span, top: number, height: number): void {
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
  // A hole that is shorter than a pixel is still one.
  if (right >= bbox.left && left <= bbox.left + bbox.width && right >= left)
    ctx.fillRect(left, top, Math.max(right - left, devicePixelRatio), height);
}

const patterns = new Map<string, CanvasPattern | null>();

/** Made once for each colour: it is asked for with every picture. */
function hatched(
  ctx: CanvasRenderingContext2D,
  stroke: string,
  alpha: number,
  ratio: number,
): CanvasPattern | null {
  const key = `${stroke} ${alpha} ${ratio}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const size = HATCH * ratio;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = stroke;
  pen.globalAlpha = alpha;
  pen.lineWidth = ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, 'repeat');
  patterns.set(key, pattern);
  return pattern;
}

/** What lines are held against. @param yOf place of a value of an axis, in pixels of the canvas */
export function paintLevels(
  { ctx, bbox }: uPlot,
  curves: readonly Curve[],
  yOf: (value: number, axis: number) => number,
  colour: Colour,
): void {
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.strokeStyle = colour('--quiet');
  for (const { level, axis } of curves) {
    if (level === undefined) continue;
    const y = Math.round(yOf(level, axis)) + ratio / 2;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** Above the lines: what happened. Alarms have the shape of their priority, writes are arrows. */
export function paintMarks(plot: uPlot, heaps: readonly Heap[], colour: Colour, family: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.font = `${10 * ratio}px ${family}`;
  for (const { x, marks } of heaps) {
    const first = marks.toSorted((a, b) => urgency(a) - urgency(b))[0] as Mark;
    const left = bbox.left + x * ratio;
    const middle = bbox.top - (MARK_ROW / 2) * ratio;
    const stroke =
      first.kind === 'alarm' && !first.isHollow
        ? colour(`--${first.priority ?? 'quiet'}`)
        : colour('--quiet');
    ctx.strokeStyle = stroke;
    ctx.fillStyle = stroke;
    const shape = shapeOf(first, left, middle, MARK * ratio);
    if (first.isHollow) ctx.stroke(shape);
    else ctx.fill(shape);
    ctx.globalAlpha = 0.5;
    ctx.fillRect(left - ratio / 2, bbox.top - 4 * ratio, ratio, 4 * ratio);
    ctx.globalAlpha = 1;
    if (marks.length > 1) ctx.fillText(String(marks.length), left + (MARK + 1) * ratio, middle - 4 * ratio);
  }
  ctx.restore();
}

/** The worst stands for a heap. */
function urgency({ kind, priority, isHollow }: Mark): number {
  if (isHollow) return 10;
  return kind === 'alarm' && priority ? PRIORITIES.indexOf(priority) : 5;
}

function shapeOf({ kind, priority }: Mark, x: number, y: number, r: number): Path2D {
  const path = new Path2D();
  const points = kind === 'write' ? WRITE : kind === 'finding' ? FINDING : (ALARMS[priority ?? 'low'] ?? []);
  if (points.length === 0) path.arc(x, y, r, 0, 2 * Math.PI);
  // The first point of an empty path begins it.
  for (const [dx, dy] of points) path.lineTo(x + dx * r, y + dy * r);
  path.closePath();
  return path;
}

type Points = readonly (readonly [number, number])[];
/** An arrow that points down: something was given to the machine. */
const WRITE: Points = [
  [-0.45, -1],
  [0.45, -1],
  [0.45, 0],
  [1, 0],
  [0, 1.1],
  [-1, 0],
  [-0.45, 0],
];
/** A tip that points down: here something was found. */
const FINDING: Points = [
  [-1, -0.9],
  [1, -0.9],
  [0, 1],
];
/* As everywhere in the console: a square, a triangle, a square on its tip, a disc. */
const ALARMS: { readonly [priority: string]: Points } = {
  critical: [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ],
  high: [
    [0, -1.1],
    [1.1, 1],
    [-1.1, 1],
  ],
  medium: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  low: [],
};
