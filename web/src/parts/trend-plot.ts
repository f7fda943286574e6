import uPlot from 'uplot';
import type { TrendLine } from './trend.tsx';
import type { Span } from './trend-data.ts';

export interface Drawn extends Disposable {
  show(lines: readonly TrendLine[], span: Span): void;
}

interface Wanted {
  readonly lines: readonly TrendLine[];
  readonly height: number;
  /** The time under the pointer; undefined where it left. */
  readonly onAt: (time: number | undefined) => void;
  readonly onSpan: (span: Span) => void;
}

const TRACES = ['--trace', '--trace-2', '--trace-3', '--trace-4'] as const;
const LEAST_PIXELS = 4;

/** A picture in the colours of the theme; made anew when that changes, as a canvas keeps what it was painted with. */
export function drawTrend(place: HTMLElement, wanted: Wanted): Drawn {
  let shown: readonly [readonly TrendLine[], Span] = [wanted.lines, { from: 0, to: 1 }];
  let plot = make();

  function make(): uPlot {
    const made = new uPlot(
      optionsFor(place, wanted, () => shown[0]),
      [[], ...wanted.lines.map(() => [])],
      place,
    );
    return made;
  }
  const put = () => {
    const [lines, { from, to }] = shown;
    const tables = lines.map(({ times, values }) => [[...times], [...values]] as uPlot.AlignedData);
    // Each line has times of its own, and gaps that are its own.
    plot.setData(
      tables.length === 1
        ? (tables[0] as uPlot.AlignedData)
        : uPlot.join(
            tables,
            lines.map(() => [0, 2]),
          ),
      false,
    );
    plot.setScale('x', { min: from, max: to });
  };
  const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: wanted.height }));
  resized.observe(place);
  const themed = new MutationObserver(() => {
    plot.destroy();
    plot = make();
    put();
  });
  themed.observe(document.documentElement, { attributeFilter: ['data-ix-color-schema'] });
  return {
    show(lines, span) {
      shown = [lines, span];
      put();
    },
    [Symbol.dispose]() {
      resized.disconnect();
      themed.disconnect();
      plot.destroy();
    },
  };
}

function optionsFor(
  place: HTMLElement,
  { lines, height, onAt, onSpan }: Wanted,
  now: () => readonly TrendLine[],
): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line-weak'), width: 1 },
    ticks: { show: false },
  };
  const states = lines.length === 1 ? lines[0]?.states : undefined;
  return {
    width: place.clientWidth || 600,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    series: [
      {},
      ...(lines.map(({ stepped }, i) => ({
        stroke: colour(TRACES[i % TRACES.length] as string),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
        paths: stepped ? (uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder) : undefined,
      })) as uPlot.Series[]),
    ],
    axes: [
      { ...axis, size: 28, values: timesOf },
      {
        ...axis,
        size: states ? 90 : 60,
        values: (_, splits, __, ___, step) =>
          splits.map((one) => (states ? (states[one] ?? '') : one.toFixed(digitsFor(step)))),
        ...(states && { splits: Object.keys(states).map(Number) }),
      } as uPlot.Axis,
    ],
    scales: { x: { time: true }, y: { range: rangeOf } },
    hooks: {
      drawClear: [(plot) => paintBands(plot, now(), colour)],
      setCursor: [
        (plot) =>
          onAt(
            plot.cursor.left === undefined || plot.cursor.left < 0
              ? undefined
              : plot.posToVal(plot.cursor.left, 'x'),
          ),
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width >= LEAST_PIXELS)
            onSpan({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A line that does not move is drawn in the middle, and not as noise of the last digit. */
const rangeOf = (_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax => {
  if (low === null || high === null) return [0, 1];
  const size = Math.max(high - low, Math.abs(high) * 0.001, 1e-9);
  const middle = (high + low) / 2;
  return [middle - size * 0.55, middle + size * 0.55];
};

/** As many as tell neighbours apart. */
const digitsFor = (step: number): number => Math.min(9, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));

const DAY_S = 86_400;
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const fine = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** As fine as their distance asks for. */
const timesOf: uPlot.Axis.DynamicValues = (_, splits, __, ___, step) => {
  const format = step >= DAY_S ? day : step < 60 ? fine : clock;
  return splits.map((one) => format.format(one * 1000));
};

const HATCH_PIXELS = 8;

/** Behind the lines, over the whole height: tinted where values are uncertain, hatched where nothing is known. */
function paintBands(plot: uPlot, lines: readonly TrendLine[], colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const band = ({ from, to }: Span, fill: string | CanvasPattern) => {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    if (right <= left) return;
    ctx.fillStyle = fill;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 1), bbox.height);
  };
  ctx.save();
  const hatch = hatched(ctx, colour('--quiet'));
  for (const { doubts, holes } of lines) {
    for (const span of doubts) band(span, colour('--bad-ground'));
    if (hatch) for (const span of holes) band(span, hatch);
  }
  ctx.restore();
}

function hatched(ctx: CanvasRenderingContext2D, stroke: string): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = HATCH_PIXELS;
  tile.height = HATCH_PIXELS;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = stroke;
  pen.globalAlpha = 0.45;
  pen.beginPath();
  for (const shift of [-HATCH_PIXELS, 0, HATCH_PIXELS]) {
    pen.moveTo(shift, HATCH_PIXELS);
    pen.lineTo(shift + HATCH_PIXELS, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat');
}
