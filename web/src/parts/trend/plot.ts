import uPlot from 'uplot';
import { number } from '../format.ts';
import { firstFrom } from './compose.ts';
import { AXES, type Curve, colourName, dashOf } from './curve.ts';
import { type Hands, listen } from './gestures.ts';
import type { Stroke } from './lines.ts';
import { type Heap, heapAt, heapsOf, type Mark } from './marks.ts';
import {
  type Bands,
  bandsOf,
  MARK_ROW,
  paintBands,
  paintLanes,
  paintLevels,
  paintMarks,
  type Shown,
} from './paint.ts';
import type { Line } from './piece.ts';
import { extremesOf, fitted, held, type Range, rangeOfStates, withLevels } from './range.ts';
import type { Span } from './span.ts';
import { Strip } from './strip.ts';
import { ticksOf, tickText, type Zone } from './zone.ts';

export interface Pointed {
  /** Seconds since 1970. */
  readonly time: number;
  /** Pixels from the left of the lines. */
  readonly x: number;
  readonly marks: readonly Mark[];
}

export interface Wanted {
  readonly height: number;
  /** As `Hands` has it. */
  readonly isInPage: boolean;
  readonly zone: Zone;
  readonly view: () => Span;
  readonly hands: Pick<Hands, 'onPan' | 'onZoom' | 'onHold' | 'onChoose'>;
  readonly onPoint: (pointed: Pointed | undefined) => void;
}

const NOTHING: Line = { times: [], values: [], qualities: [], holes: [], doubts: [] };
const NARROW = 560;
const TICK_PIXELS = 90;
const AXIS_WIDTH = 52;
const STATES_WIDTH = 84;
/** Samples further apart than so many pixels are shown as points, too. */
const POINT_PIXELS = 12;

/**
 * A picture on a canvas: made anew when curves or colours change, painted anew for everything else. uPlot has the axes and the
 * room between them; the lines are our own, so that they can be moved without being painted again.
 */
export class Plot implements Disposable {
  readonly #place: HTMLElement;
  readonly #wanted: Wanted;
  readonly #stop = new AbortController();
  readonly #watchers: { disconnect(): void }[] = [];
  readonly #strip = new Strip();
  #curves: readonly Curve[] = [];
  #lines: ReadonlyMap<string, Line> = new Map();
  #shown: readonly Shown[] = [];
  #bands: Bands = bandsOf([]);
  readonly #ranges = new Map<number, Range>();
  /** Lines of which each sample is a point. */
  #dotted: ReadonlySet<string> = new Set();
  #isMoving = false;
  #marks: readonly Mark[] = [];
  #heaps: readonly Heap[] = [];
  #emphasis: string | undefined;
  #isPointed = false;
  #plot: uPlot | undefined;
  #height: number;

  constructor(place: HTMLElement, wanted: Wanted) {
    this.#place = place;
    this.#wanted = wanted;
    this.#height = wanted.height;
    const sized = new ResizeObserver(() => this.#resize());
    sized.observe(place);
    const themed = new MutationObserver(() => this.#make());
    themed.observe(document.documentElement, { attributeFilter: ['data-ix-color-schema'] });
    this.#watchers.push(sized, themed);
  }

  /** Width of the lines in pixels. */
  get pixels(): number {
    return this.#plot?.over.clientWidth ?? this.#place.clientWidth;
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.#plot?.ctx.canvas;
  }

  show(curves: readonly Curve[], height: number): void {
    const visible = curves.filter(({ isHidden }) => !isHidden);
    this.#height = height;
    this.#curves = visible;
    this.#make();
  }

  draw(lines: ReadonlyMap<string, Line>): void {
    this.#lines = lines;
    this.#take();
    this.look();
  }

  /** Paints what is seen now. @param isMoving whether it is on its way to somewhere else; as before when absent */
  look(isMoving = this.#isMoving): void {
    this.#isMoving = isMoving;
    const view = this.#wanted.view();
    this.#scale(view);
    const { from, to } = this.#plot ? this.#strip.aligned(view, Math.round(this.#plot.bbox.width)) : view;
    this.#plot?.setScale('x', { min: from, max: to });
  }

  mark(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#plot?.redraw(false, false);
  }

  /** Draws one line stronger than the others. */
  emphasise(key: string | undefined): void {
    if (key === this.#emphasis) return;
    this.#emphasis = key;
    this.#plot?.redraw(false, false);
  }

  #widthOf({ key, isEarlier }: Curve): number {
    return key === this.#emphasis ? 3 : isEarlier ? 1 : 1.5;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const one of this.#watchers) one.disconnect();
    this.#plot?.destroy();
  }

  /** Puts curves and lines together. */
  #take(): void {
    this.#shown = this.#curves.map((curve) => ({ curve, line: this.#lines.get(curve.key) ?? NOTHING }));
    // What an earlier time lacked would hide what is missing now: its line breaks there.
    this.#bands = bandsOf(this.#shown.filter(({ curve }) => !curve.isEarlier));
  }

  /** Finds what the axes of values reach over. */
  #scale(view: Span): void {
    for (const axis of this.#used()) {
      const on = this.#on(axis);
      const lines = on.map(({ line }) => line);
      const levels = on.flatMap(({ curve }) => curve.level ?? []);
      const seen = withLevels(extremesOf(lines, view), levels);
      const states = rangeOfStates(on.map(({ curve }) => curve));
      const range = states ?? (this.#isMoving ? held(this.#ranges.get(axis), seen) : fitted(seen));
      this.#ranges.set(axis, range);
    }
    if (this.#isMoving) return;
    const dotted = this.#shown.filter(({ line }) => this.pixels / rowsIn(line, view) > POINT_PIXELS);
    this.#dotted = new Set(dotted.map(({ curve }) => curve.key));
  }

  #strokes(colour: (name: string) => string): Stroke[] {
    return this.#shown.map(({ curve, line }) => ({
      line,
      colour: colour(colourName(curve.trace)),
      width: this.#widthOf(curve),
      dash: dashOf(curve.trace),
      isFaint: curve.isEarlier ?? false,
      stepped: curve.stepped,
      hasPoints: this.#dotted.has(curve.key),
      range: this.#ranges.get(curve.axis) ?? fitted(undefined),
    }));
  }

  #paint(plot: uPlot, colour: (name: string) => string): void {
    const { ctx, bbox, scales } = plot;
    const [left, top] = [Math.round(bbox.left), Math.round(bbox.top)];
    const size = { width: Math.round(bbox.width), height: Math.round(bbox.height) };
    const { min: from = 0, max: to = 1 } = scales.x ?? {};
    this.#strip.paint(this.#strokes(colour), { from, to }, size);
    ctx.drawImage(this.#strip.canvas, left, top);
  }

  #make(): void {
    this.#plot?.destroy();
    this.#take();
    this.#scale(this.#wanted.view());
    // The lines are not its own: without any it would show no axes either.
    const nothing = this.#used().map(() => [null, null]);
    this.#plot = new uPlot(this.#options(), [[0, 1], ...nothing], this.#place);
    const hands: Hands = {
      ...this.#wanted.hands,
      view: this.#wanted.view,
      isInPage: this.#wanted.isInPage,
      onPoint: (x) => this.#point(x),
      onSelect: (range) => this.#select(range),
    };
    listen(this.#plot.over, hands, this.#stop.signal);
    this.look();
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width === 0 || this.#plot?.width === width) return;
    // How many axes there is room for depends on it.
    if (width < NARROW !== (this.#plot?.width ?? 0) < NARROW) this.#make();
    else this.#plot?.setSize({ width, height: this.#height });
  }

  #point(x: number | undefined): void {
    if (x === undefined || !this.#plot || x < 0 || x > this.pixels) {
      if (this.#isPointed) this.#wanted.onPoint(undefined);
      this.#isPointed = false;
      return;
    }
    this.#isPointed = true;
    const time = this.#plot.posToVal(x, 'x');
    this.#wanted.onPoint({ time, x, marks: heapAt(this.#heaps, x)?.marks ?? [] });
  }

  #select(range: readonly [number, number] | undefined): void {
    const [left, right] = range ?? [0, 0];
    this.#plot?.setSelect({ left, width: right - left, top: 0, height: this.#plot.over.clientHeight }, false);
  }

  #options(): uPlot.Options {
    const style = getComputedStyle(this.#place);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const font = `12px ${style.fontFamily}`;
    const width = this.#place.clientWidth || 600;
    const isNarrow = width < NARROW;
    const line = { stroke: colour('--line-weak'), width: 1 };
    const axes = this.#axes(isNarrow, font, colour, line);
    return {
      width,
      height: this.#height,
      padding: [
        MARK_ROW,
        axes.some(({ side }) => side === 1) ? 0 : 12,
        0,
        axes.some(({ side }) => side === 3) ? 0 : 12,
      ],
      legend: { show: false },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: false, y: false, setScale: false },
        bind: { mousemove: whilePointing },
      },
      series: [
        {},
        ...this.#used().map((axis) => ({ scale: `y${axis}`, paths: () => null, points: { show: false } })),
      ],
      axes: [this.#timeAxis(font, colour, line), ...axes],
      scales: {
        x: { time: true },
        ...Object.fromEntries(this.#used().map((axis) => [`y${axis}`, { range: () => this.#rangeOf(axis) }])),
      },
      hooks: {
        drawClear: [(plot) => paintBands(plot, this.#bands, colour)],
        draw: [
          (plot) => {
            paintLevels(plot, this.#curves, (value, axis) => plot.valToPos(value, `y${axis}`, true), colour);
            this.#paint(plot, colour);
            paintLanes(plot, this.#bands, colour);
            this.#heaps = heapsOf(this.#marks, (time) => plot.valToPos(time, 'x'), plot.over.clientWidth);
            paintMarks(plot, this.#heaps, colour, style.fontFamily);
          },
        ],
      },
    };
  }

  /** Before it has been laid out, what its axes will leave is a guess. */
  #widthOfLines({ over, width }: uPlot): number {
    return over.clientWidth || width - 2 * AXIS_WIDTH;
  }

  #used(): readonly number[] {
    return [...Array(AXES).keys()].filter((axis) => this.#curves.some((one) => one.axis === axis));
  }

  #on(axis: number): readonly Shown[] {
    return this.#shown.filter(({ curve }) => curve.axis === axis);
  }

  #rangeOf(axis: number): uPlot.Range.MinMax {
    const { low, high } = this.#ranges.get(axis) ?? fitted(undefined);
    return [low, high];
  }

  #isKnown(axis: number): boolean {
    return this.#on(axis).some(({ line }) => line.values.some((value) => value !== null));
  }

  #timeAxis(font: string, colour: (name: string) => string, line: uPlot.Axis.Grid): uPlot.Axis {
    const { zone } = this.#wanted;
    let stepS = 1;
    return {
      font,
      stroke: colour('--quiet'),
      grid: line,
      ticks: { ...line, size: 4 },
      gap: 4,
      size: 28,
      splits: (plot, _, from, to) => {
        const found = ticksOf(from, to, Math.max(2, this.#widthOfLines(plot) / TICK_PIXELS), zone);
        ({ stepS } = found);
        return found.at;
      },
      values: (_, splits) => splits.map((time) => tickText(time, stepS, zone)),
    };
  }

  #axes(
    isNarrow: boolean,
    font: string,
    colour: (name: string) => string,
    line: uPlot.Axis.Grid,
  ): uPlot.Axis[] {
    // On a phone the lines need the room; the legend has the values.
    return this.#used()
      .slice(0, isNarrow ? 2 : AXES)
      .map((axis, i) => {
        const curves = this.#on(axis).map(({ curve }) => curve);
        const [only] = curves;
        const states = curves.every((one) => one.states) ? only?.states : undefined;
        const units = [...new Set(curves.map(({ unit }) => unit).filter((unit) => unit !== ''))];
        return {
          scale: `y${axis}`,
          side: axis % 2 === 0 ? 3 : 1,
          font,
          stroke: curves.length === 1 && only ? colour(colourName(only.trace)) : colour('--quiet'),
          grid: i === 0 ? line : { show: false },
          ticks: { ...line, size: 4 },
          gap: 4,
          size: states ? STATES_WIDTH : isNarrow ? AXIS_WIDTH - 8 : AXIS_WIDTH,
          ...(units.length > 0 && { label: units.join(', '), labelFont: font, labelSize: 16, labelGap: 0 }),
          ...(states && { splits: Object.keys(states).map(Number) }),
          // Where nothing is known yet, a scale would be made up.
          values: (_, splits) =>
            this.#isKnown(axis)
              ? splits.map((one) => (states ? (states[one] ?? '') : number(one)))
              : splits.map(() => ''),
        } as uPlot.Axis;
      });
  }
}

/** Whoever drags looks at the lines: the one that follows the pointer would change the page with every picture. */
const whilePointing: uPlot.Cursor.MouseListenerFactory = (_plot, _target, handle) => (event) => {
  if (event.buttons === 0) handle(event);
  return null;
};

/** How many values of a line are seen. */
function rowsIn({ times, values }: Line, { from, to }: Span): number {
  let rows = 0;
  for (let i = firstFrom(times, from); i < times.length && (times[i] as number) <= to; i++)
    if (values[i] !== null) rows++;
  return rows;
}
