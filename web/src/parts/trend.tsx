import { useEffect, useRef, useState } from 'react';
import { number, timeOfDay } from './format.ts';
import type { Line, Span } from './trend-data.ts';
import { type Drawn, drawTrend } from './trend-plot.ts';

export interface TrendLine extends Line {
  readonly name: string;
  readonly unit: string;
  /** Holds its value until the next sample: states and switches. */
  readonly stepped?: boolean;
  /** Names of codes, for states. */
  readonly states?: { readonly [code: string]: string } | undefined;
}

/**
 * A picture of tags over time. Lines break where nothing is known, and bands say so: hatched for holes, tinted for
 * uncertain values.
 * @param onSpan somebody chose a stretch of it with the mouse
 */
export function Trend({
  lines,
  span,
  height = 260,
  onSpan,
}: {
  readonly lines: readonly TrendLine[];
  readonly span: Span;
  readonly height?: number;
  readonly onSpan?: (span: Span) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn>(undefined);
  const [at, setAt] = useState<number>();
  const chosen = useRef(onSpan);
  chosen.current = onSpan;
  const kinds = lines.map(({ name, unit, stepped }) => `${name} ${unit} ${stepped}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture only where the lines are others; what they show follows below
  useEffect(() => {
    if (!place.current) return;
    const made = drawTrend(place.current, {
      lines,
      height,
      onAt: setAt,
      onSpan: (one) => chosen.current?.(one),
    });
    drawn.current = made;
    made.show(lines, span);
    return () => made[Symbol.dispose]();
  }, [kinds, height]);
  useEffect(() => drawn.current?.show(lines, span), [lines, span]);
  return (
    <figure className="trend">
      <div ref={place} className="trend-plot" role="img" aria-label={lines.map(inWords).join('. ')} />
      <figcaption className="trend-legend">
        {lines.map((line, i) => (
          <span key={line.name}>
            <span className="trend-key" data-trace={i % 4} /> {line.name} <Reading line={line} at={at} />
          </span>
        ))}
        {at !== undefined && <span className="quiet">{timeOfDay(at * 1000)}</span>}
        {lines.some(({ holes }) => holes.length > 0) && (
          <span className="quiet">
            <span className="trend-key" data-hole /> nothing known
          </span>
        )}
        {lines.some(({ doubts }) => doubts.length > 0) && (
          <span className="quiet">
            <span className="trend-key" data-doubt /> uncertain
          </span>
        )}
      </figcaption>
    </figure>
  );
}

/** The value under the pointer; the newest one where nobody points. */
function Reading({ line, at }: { readonly line: TrendLine; readonly at: number | undefined }) {
  const value = valueAt(line, at);
  return (
    <strong className="number">
      {value === undefined ? '–' : textOf(line, value)}
      <span className="unit">{value === undefined ? '' : line.unit}</span>
    </strong>
  );
}

const textOf = ({ states }: TrendLine, value: number): string => states?.[value] ?? number(value);

function valueAt({ times, values }: Line, at: number | undefined): number | undefined {
  const last = at === undefined ? times.length - 1 : times.findLastIndex((time) => time <= at);
  return values[last] ?? undefined;
}

/** For who does not see the picture. */
function inWords(line: TrendLine): string {
  const values = line.values.filter((value) => value !== null);
  if (values.length === 0) return `${line.name}: nothing known`;
  const [least, most, last] = [Math.min(...values), Math.max(...values), values.at(-1) as number];
  const missing = line.holes.length === 0 ? '' : `, ${line.holes.length} stretches without values`;
  return `${line.name}: from ${textOf(line, least)} to ${textOf(line, most)} ${line.unit}, last ${textOf(line, last)}${missing}`;
}
