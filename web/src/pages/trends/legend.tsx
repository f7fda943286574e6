import { qualityName } from '#kernel/quality.ts';
import { number } from '../../parts/format.ts';
import { qualityText } from '../../parts/quality.ts';
import { AXES, type Curve } from '../../parts/trend/curve.ts';
import type { Line } from '../../parts/trend/piece.ts';
import { readingAt } from '../../parts/trend/reading.ts';
import { ToPage } from '../../shell/to-page.tsx';
import { earlierKey } from './curves.ts';
import { type Chosen, keyOf } from './state.ts';
import type { Statistics } from './statistics.ts';

export interface LegendProps {
  readonly chosen: readonly Chosen[];
  readonly curves: readonly Curve[];
  readonly lines: ReadonlyMap<string, Line>;
  readonly statistics: ReadonlyMap<string, Statistics>;
  /** Where somebody points, otherwise the end of what is seen; in s since 1970. */
  readonly at: number;
  readonly atText: string;
  readonly onEmphasis: (key: string | undefined) => void;
  readonly onChange: (
    key: string,
    change: { readonly axis?: number | undefined; readonly isHidden?: boolean },
  ) => void;
  readonly onRemove: (key: string) => void;
}

/** Every line with its value where somebody points, and what it did in the stretch that is seen. */
export function Legend(props: LegendProps) {
  const { chosen, curves, atText } = props;
  return (
    <div className="scroll">
      <table className="table trends-legend">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col" className="number">
              {atText}
            </th>
            <th scope="col">Quality</th>
            <th scope="col" className="number">
              Min
            </th>
            <th scope="col" className="number">
              Max
            </th>
            <th scope="col" className="number" title="Weighed by time">
              Mean
            </th>
            <th scope="col" className="number">
              Last
            </th>
            <th scope="col">Axis</th>
            <th scope="col">
              <span className="unseen">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {chosen.map((one) => {
            const curve = curves.find(({ key }) => key === keyOf(one));
            return curve && <Row key={curve.key} one={one} curve={curve} {...props} />;
          })}
        </tbody>
      </table>
    </div>
  );
}

const textOf = ({ states }: Curve, value: number | undefined): string =>
  value === undefined ? '–' : (states?.[value] ?? number(value));

function Row({
  one,
  curve,
  lines,
  statistics,
  at,
  onEmphasis,
  onChange,
  onRemove,
}: LegendProps & { readonly one: Chosen; readonly curve: Curve }) {
  const { key, name, trace, isHidden, axis, unit } = curve;
  const line = lines.get(key);
  const reading = line && readingAt(line, at);
  const earlier = lines.get(earlierKey(key));
  const before = earlier && readingAt(earlier, at).value;
  const found = statistics.get(key);
  const quality = reading && (reading.remark || qualityText(qualityName(reading.quality)) || 'good');
  const isSwitch = curve.states !== undefined;
  return (
    <tr
      data-hidden={isHidden || undefined}
      onPointerEnter={() => onEmphasis(key)}
      onPointerLeave={() => onEmphasis(undefined)}
    >
      <th scope="row">
        <div className="trends-line">
          <button
            type="button"
            className="trends-key"
            aria-pressed={!isHidden}
            aria-label={`${isHidden ? 'Show' : 'Hide'} ${name}`}
            title={isHidden ? 'Show' : 'Hide'}
            onClick={() => onChange(key, { isHidden: !isHidden })}
            onFocus={() => onEmphasis(key)}
            onBlur={() => onEmphasis(undefined)}
          >
            <svg
              viewBox="0 0 24 8"
              aria-hidden="true"
              data-trace={trace % 4}
              data-dash={Math.floor(trace / 4)}
            >
              <path d="M0 4h24" />
            </svg>
          </button>
          <span className="trends-name" title={key}>
            {'path' in one ? (
              <ToPage page="tags" rest={one.path}>
                {name}
              </ToPage>
            ) : (
              <code>{name}</code>
            )}
          </span>
        </div>
      </th>
      <td className="number trends-now" data-label="Value">
        {textOf(curve, reading?.value)}
        <span className="unit">{reading?.value === undefined ? '' : unit}</span>
        {before !== undefined && <span className="quiet trends-before">before: {textOf(curve, before)}</span>}
      </td>
      <td
        data-label="Quality"
        className={quality === undefined || quality.startsWith('good') ? 'quiet' : 'abnormal'}
      >
        {quality ?? '…'}
      </td>
      <td className="number" data-label="Min">
        {textOf(curve, found?.min)}
      </td>
      <td className="number" data-label="Max">
        {textOf(curve, found?.max)}
      </td>
      <td className="number" data-label="Mean">
        {isSwitch || found?.mean === undefined ? '–' : number(found.mean)}
      </td>
      <td className="number" data-label="Last">
        {textOf(curve, found?.last)}
      </td>
      <td data-label="Axis">
        <select
          aria-label={`Axis of ${name}`}
          value={one.axis ?? ''}
          onChange={({ target: { value } }) =>
            onChange(key, { axis: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">auto ({sideOf(axis)})</option>
          {[...Array(AXES).keys()].map((each) => (
            <option key={each} value={each}>
              {sideOf(each)}
            </option>
          ))}
        </select>
      </td>
      <td>
        <button
          type="button"
          className="tool"
          aria-label={`Remove ${name}`}
          title="Remove"
          onClick={() => onRemove(key)}
        >
          ×
        </button>
      </td>
    </tr>
  );
}

const sideOf = (axis: number): string => `${axis % 2 === 0 ? 'left' : 'right'} ${axis < 2 ? 1 : 2}`;
