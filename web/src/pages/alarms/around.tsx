import { useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { siteNowMs } from '../../data/clock.ts';
import { useLive, useLiveTag } from '../../data/live.ts';
import type { When } from '../../parts/trend/span.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
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
function whenOf(raisedUs: number, nowMs: number): When {
  const ageS = raisedUs > 0 ? nowMs / 1000 - raisedUs / 1e6 : 0;
  if (ageS < LONG_AGO_S) return { lastS: ageS + AROUND_S };
  return { from: raisedUs / 1e6 - AROUND_S, to: raisedUs / 1e6 + AROUND_S };
}

function Past({ tag, raised }: { readonly tag: string; readonly raised: number }) {
  // Decided when it is opened: from then on it is where it was moved to.
  const [when, setWhen] = useState(() => whenOf(raised, siteNowMs()));
  const live = useLiveTag(tag);
  const drawn = { path: tag, type: live?.type, unit: live?.unit };
  return (
    <div className="alarm-past">
      <TagPast tag={drawn} name={tag.split('/').at(-1) ?? tag} height={160} when={when} onWhen={setWhen} />
    </div>
  );
}
