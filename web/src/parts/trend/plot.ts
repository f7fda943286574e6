import uPlot from 'uplot';
import { number } from '../format.ts';
import { AXES, type Curve, colourName, dashOf } from './curve.ts';
import { type Hands, listen } from './gestures.ts';
import { type Heap, heapAt, heapsOf, type Mark } from './marks.ts';
import { MARK_ROW, paintBands, paintLanes, paintMarks, type Shown } from './paint.ts';
import type { Line } from './piece.ts';
import type { Span } from './span.ts';
import { ticksOf, tickText, type Zone } from './zone.ts';

export interface Pointed {
  /** Seconds since 1970. */
  readonly time: number;
  /** Pixels from the left of the lines. */
  readonly x: number;
  readonly marks: readonly Mark[];
}

interface Wanted {
  readonly height: number;
  readonly zone: Zone;
  readonly view: () => Span;
  readonly hands: Pick<Hands, 'onPan' | 'onZoom' | 'onChoose'>;
  readonly onPoint: (pointed: Pointed | undefined) => void;
}

const NOTHING: Line = { times: [], values: [], qualities: [], holes: [], doubts: [] };
const NARROW = 560;
const TICK_PIXELS = 90;
const AXIS_WIDTH = 52;
const STATES_WIDTH = 84;
/** Samples further apart than so many pixels are shown as points, too. */
const POINT_PIXELS = 12;

/** A picture on a canvas: made anew when curves or colours change, painted anew for everything else. */
export class Plot implements Disposable {
  readonly #place: HTMLElement;
  readonly #wanted: Wanted;
  readonly #stop = new AbortController();
  readonly #watchers: { disconnect(): void }[] = [];
  #curves: readonly Curve[] = [];
  #lines: ReadonlyMap<string, Line> = new Map();
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
    this.#plot?.setData(this.#data(), false);
    this.look();
  }

  /** Paints what is seen now. */
  look(): void {
    const { from, to } = this.#wanted.view();
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
    this.#curves.forEach((curve, i) => {
      const series = this.#plot?.series[i + 1];
      if (series) series.width = this.#widthOf(curve);
    });
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

  #shown(): Shown[] {
    return this.#curves.map((curve) => ({ curve, line: this.#lines.get(curve.key) ?? NOTHING }));
  }

  /** What an earlier time lacked would hide what is missing now: its line breaks there. */
  #ofNow(): Shown[] {
    return this.#shown().filter(({ curve }) => !curve.isEarlier);
  }

  #data(): uPlot.AlignedData {
    const tables = this.#shown().map(({ line }) => [line.times, line.values] as unknown as uPlot.AlignedData);
    if (tables.length === 0) return [[]];
    if (tables.length === 1) return tables[0] as uPlot.AlignedData;
    // Each line has times of its own, and breaks that are its own.
    return uPlot.join(
      tables,
      tables.map(() => [0, 2]),
    );
  }

  #make(): void {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), this.#data(), this.#place);
    const hands: Hands = {
      ...this.#wanted.hands,
      view: this.#wanted.view,
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
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
      series: [{}, ...this.#curves.map((curve) => this.#series(curve, colour))],
      axes: [this.#timeAxis(font, colour, line), ...axes],
      scales: {
        x: { time: true },
        ...Object.fromEntries(
          [...Array(AXES).keys()].map((axis) => [`y${axis}`, { range: rangeFor(this.#on(axis)) }]),
        ),
      },
      hooks: {
        drawClear: [(plot) => paintBands(plot, this.#ofNow(), colour)],
        draw: [
          (plot) => {
            paintLanes(plot, this.#ofNow(), colour);
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

  #on(axis: number): readonly Curve[] {
    return this.#curves.filter((one) => one.axis === axis);
  }

  #isKnown(axis: number): boolean {
    return this.#on(axis).some(({ key }) => this.#lines.get(key)?.values.some((value) => value !== null));
  }

  #series(curve: Curve, colour: (name: string) => string): uPlot.Series {
    const { axis, trace, stepped, isEarlier } = curve;
    const stroke = colour(colourName(trace));
    const dash = [...dashOf(trace)];
    return {
      scale: `y${axis}`,
      stroke: isEarlier ? `${stroke}99` : stroke,
      width: this.#widthOf(curve),
      ...(dash.length > 0 && { dash }),
      spanGaps: false,
      points: { show: (plot, i, from, to) => this.#arePoints(plot, i, from, to), size: 4, filter: alone },
      ...(stepped && { paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder }),
    };
  }

  /** Whether samples stand so far apart that each can be seen. */
  #arePoints(plot: uPlot, series: number, from: number, to: number): boolean {
    const column = plot.data[series] as readonly unknown[] | undefined;
    let rows = 0;
    for (let i = from; i <= to; i++) if (column?.[i] != null) rows++;
    return rows > 0 && plot.over.clientWidth / rows > POINT_PIXELS;
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
    const used = [...Array(AXES).keys()].filter((axis) => this.#on(axis).length > 0);
    // On a phone the lines need the room; the legend has the values.
    return used.slice(0, isNarrow ? 2 : AXES).map((axis, i) => {
      const curves = this.#on(axis);
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

/** Rows that no line shows, because nothing is known on either side; all of them where they are few. */
const alone: uPlot.Series.Points.Filter = (plot, series, show) => {
  const column = (plot.data[series] ?? []) as readonly (number | null | undefined)[];
  const [from, to] = plot.series[0]?.idxs ?? [0, -1];
  const found: number[] = [];
  let before: number | null | undefined = null;
  for (let i = from; i <= to; i++) {
    const value = column[i];
    if (value === undefined) continue; // a time of another line
    if (value !== null) {
      if (show) found.push(i);
      else if (before === null && nextOf(column, i, to) === null) found.push(i);
    }
    before = value;
  }
  return found.length > 0 ? found : null;
};

function nextOf(column: readonly (number | null | undefined)[], i: number, to: number): number | null {
  for (let next = i + 1; next <= to; next++)
    if (column[next] !== undefined) return column[next] as number | null;
  return null;
}

/** A line that does not move is drawn in the middle, and not as noise of the last digit; states have room of their own. */
function rangeFor(curves: readonly Curve[]): uPlot.Scale.Range {
  const codes = curves.flatMap(({ states }) => (states ? Object.keys(states).map(Number) : []));
  if (codes.length > 0 && curves.every(({ states }) => states)) {
    const [low, high] = [Math.min(...codes), Math.max(...codes)];
    const room = Math.max(0.25, (high - low) * 0.08);
    return () => [low - room, high + room];
  }
  return (_, low, high) => {
    if (low === null || high === null) return [0, 1];
    const size = Math.max(high - low, Math.abs(high) * 0.001, 1e-9);
    const middle = (high + low) / 2;
    return [middle - size * 0.55, middle + size * 0.55];
  };
}
