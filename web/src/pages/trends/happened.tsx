import { PrioritySign } from '../../parts/priority.tsx';
import type { Mark } from '../../parts/trend/marks.ts';
import type { Span } from '../../parts/trend/span.ts';
import type { Zone } from '../../parts/trend/zone.ts';
import type { Marks } from './use-marks.ts';

const MOST = 200;

/** What the marks above the lines stand for, in words. */
export function Happened({
  marks: { marks, isCut },
  span,
  zone,
}: {
  readonly marks: Marks;
  readonly span: Span;
  readonly zone: Zone;
}) {
  const seen = marks.filter(({ time }) => time >= span.from && time <= span.to).toReversed();
  return (
    <details className="trends-happened">
      <summary>
        Alarms and writes <span className="quiet">{seen.length}</span>
      </summary>
      {isCut && (
        <p className="quiet">
          More happened than could be looked through: earlier ones may be missing. Zoom in.
        </p>
      )}
      {seen.length === 0 && (
        <p className="quiet">None of these tags was written, and none of their alarms changed.</p>
      )}
      <table className="table">
        <tbody>
          {seen.slice(0, MOST).map((mark) => (
            <tr key={mark.id}>
              <td className="trends-time">{zone.text(mark.time)}</td>
              <td>
                <Sign mark={mark} /> {mark.title}
              </td>
              <td className="quiet">{mark.about}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {seen.length > MOST && <p className="quiet">The newest {MOST} of them. Zoom in for others.</p>}
    </details>
  );
}

export function Sign({ mark: { kind, priority, isHollow } }: { readonly mark: Mark }) {
  if (kind === 'alarm')
    return <PrioritySign priority={priority ?? 'low'} hollow={isHollow} quiet={isHollow || !priority} />;
  return (
    <svg className="priority" data-priority="none" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5 1h6v7h4L8 15 1 8h4z" data-hollow={isHollow || undefined} />
    </svg>
  );
}
