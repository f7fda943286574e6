import { useMemo, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { siteNowMs } from '../../data/clock.ts';
import { useLive, useLiveTag } from '../../data/live.ts';
import { Problem } from '../../data/problem.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Trend } from '../../parts/trend.tsx';
import { unitText } from '../../parts/unit.ts';
import { type Range, useTrend } from '../../parts/use-trend.ts';
import { Value } from '../../parts/value.tsx';
import { TrendLink } from './trend-link.tsx';

/** Seen on either side of the moment at which it was raised. */
const AROUND_S = 15 * 60;
/** From here on the moment itself is shown, and not all until now. */
const LONG_AGO_S = 6 * 3600;

/** Values that its condition reads, and how they came there. */
export function Around({
  alarm,
  reads,
  raised,
}: {
  readonly alarm: AlarmStatus;
  readonly reads: readonly string[];
  readonly raised: number;
}) {
  const [chosen, setChosen] = useState(reads[0] as string);
  const live = useLive(reads);
  const tag = reads.includes(chosen) ? chosen : (reads[0] as string);
  return (
    <section aria-label="Values">
      <div className="card-head">
        <h3>Values that it rests on</h3>
        <TrendLink reads={reads} atUs={raised} />
      </div>
      <ul className="alarm-reads">
        {reads.map((path) => (
          <li key={path}>
            <button
              type="button"
              className="link"
              aria-pressed={path === tag}
              onClick={() => setChosen(path)}
              title={path}
            >
              {path.startsWith(`${alarm.asset}/`) ? path.slice(alarm.asset.length + 1) : path}
            </button>
            <Value live={live.get(path)} />
          </li>
        ))}
      </ul>
      <Past key={tag} tag={tag} raised={raised} />
    </section>
  );
}

/** From a while before it was raised until now; where that is long ago, around it. */
function rangeOf(raisedUs: number, nowMs: number): Range {
  const ageS = raisedUs > 0 ? nowMs / 1000 - raisedUs / 1e6 : 0;
  if (ageS < LONG_AGO_S) return { lastMs: (ageS + AROUND_S) * 1000 };
  return { from: raisedUs / 1e6 - AROUND_S, to: raisedUs / 1e6 + AROUND_S };
}

function Past({ tag, raised }: { readonly tag: string; readonly raised: number }) {
  // Decided when it is opened: a range that grows with each second would be another question each time.
  const [range] = useState(() => rangeOf(raised, siteNowMs()));
  const { data, error } = useTrend(tag, range);
  const live = useLiveTag(tag);
  const unit = unitText(live?.unit);
  const stepped = live?.type === 'boolean' || live?.type === 'enum';
  const lines = useMemo(
    () => (data ? [{ ...data, name: tag.split('/').at(-1) ?? tag, unit, stepped }] : []),
    [data, tag, unit, stepped],
  );
  if (error instanceof Problem && error.code === 'history.off')
    return <p className="quiet">This site keeps no past.</p>;
  if (error && !data) return <Refusal error={error} />;
  return <div className="alarm-past">{data && <Trend lines={lines} span={data.span} height={160} />}</div>;
}
