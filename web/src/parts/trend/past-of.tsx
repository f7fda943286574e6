import { useMemo, useState } from 'react';
import { Problem } from '../../data/problem.ts';
import { number } from '../format.ts';
import { Refusal } from '../refusal.tsx';
import { Chart } from './chart.tsx';
import { type Curve, type Kind, kindOf } from './curve.ts';
import { type Loaded, NOTHING_LOADED } from './loader.ts';
import type { Mark } from './marks.ts';
import type { Past } from './past.ts';
import type { Line } from './piece.ts';
import type { Pointed } from './plot.ts';
import { readingAt } from './reading.ts';
import type { When } from './span.ts';
import { Zone } from './zone.ts';

/** What is known of a tag that says how it is drawn. */
export type Drawn = Kind & { readonly path: string };

export interface PastProps {
  readonly tag: Drawn;
  /** What its line is called. */
  readonly name: string;
  readonly height: number;
  readonly when: When;
  readonly onWhen: (when: When) => void;
  /** What its values are held against, and what that is. */
  readonly level?: { readonly value: number; readonly name: string } | undefined;
  /** What happened meanwhile. */
  readonly marks?: readonly Mark[];
}

/**
 * The past of one tag in a page about something else: moved and zoomed as Trends are, but for the wheel, which stays with the
 * page unless Ctrl is held.
 * @param timeZone of the site; that of the browser where it is not known
 */
export function PastOf({
  past,
  timeZone,
  tag: { path, type, unit, states },
  name,
  height,
  when,
  onWhen,
  level,
  marks,
}: PastProps & { readonly past: Past; readonly timeZone: string | undefined }) {
  const zone = useMemo(() => new Zone(timeZone), [timeZone]);
  const [{ lines, isAsking, error }, setLoaded] = useState<Loaded>(NOTHING_LOADED);
  const [pointed, setPointed] = useState<Pointed>();
  const origins = useMemo(() => [{ key: path, tag: path }], [path]);
  const curve = useMemo(
    (): Curve => ({
      ...kindOf({ type, unit, states }),
      ...{ key: path, name, axis: 0, trace: 0, isHidden: false, level: level?.value },
    }),
    [path, name, type, unit, states, level?.value],
  );
  const curves = useMemo(() => [curve], [curve]);
  const line = lines.get(path);
  if (error instanceof Problem && error.code === 'history.off')
    return <p className="quiet">This site keeps no past.</p>;
  return (
    <figure className="trend">
      <div className="trend-plot" data-asking={isAsking || undefined}>
        <Chart
          past={past}
          origins={origins}
          curves={curves}
          when={when}
          onWhen={onWhen}
          zone={zone}
          height={height}
          label={inWords(curve, line)}
          {...(marks && { marks })}
          isInPage
          onLoaded={setLoaded}
          onPoint={setPointed}
        />
      </div>
      <figcaption className="trend-legend">
        <span>
          <span className="trend-key" /> {name}{' '}
          <strong className="number">{valueIn(curve, line, pointed?.time)}</strong>
        </span>
        {level && (
          <span>
            <span className="trend-key" data-level /> {level.name}{' '}
            <strong className="number">{textOf(curve, level.value)}</strong>
          </span>
        )}
        {pointed?.marks.map((mark) => (
          <span key={mark.id}>{`${mark.title}: ${mark.about}`}</span>
        ))}
        {pointed && <span className="quiet">{zone.text(pointed.time)}</span>}
        {line && line.holes.length > 0 && (
          <span className="quiet">
            <span className="trend-key" data-hole /> nothing known
          </span>
        )}
        {line && line.doubts.length > 0 && (
          <span className="quiet">
            <span className="trend-key" data-doubt /> uncertain
          </span>
        )}
      </figcaption>
      {error && <Refusal error={error} />}
    </figure>
  );
}

/** Under the pointer; the newest one where nobody points. */
function valueIn(curve: Curve, line: Line | undefined, time = line?.times.at(-1)): string {
  const value = line && time !== undefined ? readingAt(line, time).value : undefined;
  return value === undefined ? '–' : textOf(curve, value);
}

const textOf = ({ states, unit }: Curve, value: number): string =>
  states?.[value] ?? `${number(value)}${unit === '' ? '' : ` ${unit}`}`;

/** For who does not see the picture. */
function inWords(curve: Curve, line: Line | undefined): string {
  const { name } = curve;
  let [least, most, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const value of line?.values ?? []) {
    if (value === null) continue;
    [least, most, last] = [Math.min(least, value), Math.max(most, value), value];
  }
  if (!line || least > most) return `${name}: nothing known`;
  const { length } = line.holes;
  const missing = length === 0 ? '' : `, ${length} ${length === 1 ? 'stretch' : 'stretches'} without values`;
  return `${name}: from ${textOf(curve, least)} to ${textOf(curve, most)}, last ${textOf(curve, last)}${missing}`;
}
