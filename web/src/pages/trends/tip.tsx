import { useLayoutEffect, useRef } from 'react';
import { number } from '../../parts/format.ts';
import type { Curve } from '../../parts/trend/curve.ts';
import type { Line } from '../../parts/trend/piece.ts';
import type { Pointed } from '../../parts/trend/plot.ts';
import { readingAt } from '../../parts/trend/reading.ts';
import type { Zone } from '../../parts/trend/zone.ts';
import { Sign } from './happened.tsx';

const MOST_MARKS = 5;
const BESIDE = 14;
/** Below this milliseconds are told, too. */
const FINE_S = 600;

/** What is known where somebody points: values, why there are none, and what happened there. */
export function Tip({
  pointed: { time, x, marks },
  curves,
  lines,
  zone,
  lengthS,
}: {
  readonly pointed: Pointed;
  readonly curves: readonly Curve[];
  readonly lines: ReadonlyMap<string, Line>;
  readonly zone: Zone;
  readonly lengthS: number;
}) {
  const tip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = tip.current;
    const over = box?.parentElement?.querySelector<HTMLElement>('.u-over');
    if (!box || !over) return;
    const left = over.offsetLeft + x;
    const isBeyond = left + BESIDE + box.offsetWidth > over.offsetLeft + over.offsetWidth;
    box.style.transform = `translateX(${Math.max(0, isBeyond ? left - BESIDE - box.offsetWidth : left + BESIDE)}px)`;
  });
  return (
    <div ref={tip} className="trends-tip" role="presentation">
      <div className="trends-time">{zone.text(time, lengthS < FINE_S ? 3 : 0)}</div>
      <table>
        <tbody>
          {curves
            .filter(({ isHidden, isEarlier }) => !isHidden && !isEarlier)
            .map((curve) => (
              <Read key={curve.key} curve={curve} line={lines.get(curve.key)} time={time} />
            ))}
        </tbody>
      </table>
      {marks.slice(0, MOST_MARKS).map((mark) => (
        <div key={mark.id} className="trends-mark">
          <Sign mark={mark} /> <strong>{mark.title}</strong> <span className="quiet">{mark.about}</span>
        </div>
      ))}
      {marks.length > MOST_MARKS && <div className="quiet">and {marks.length - MOST_MARKS} more</div>}
    </div>
  );
}

function Read({
  curve,
  line,
  time,
}: {
  readonly curve: Curve;
  readonly line: Line | undefined;
  readonly time: number;
}) {
  const { name, unit, trace, states } = curve;
  const reading = line && readingAt(line, time);
  return (
    <tr>
      <td>
        <svg
          className="trends-swatch"
          viewBox="0 0 24 8"
          aria-hidden="true"
          data-trace={trace % 4}
          data-dash={Math.floor(trace / 4)}
        >
          <path d="M0 4h24" />
        </svg>
      </td>
      <td>{name}</td>
      <td className="number">
        {reading?.value === undefined ? '–' : (states?.[reading.value] ?? number(reading.value))}
        <span className="unit">{reading?.value === undefined ? '' : unit}</span>
      </td>
      <td className="abnormal">{reading?.remark}</td>
    </tr>
  );
}
