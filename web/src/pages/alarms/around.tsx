import { useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { useLive, useLiveTag } from '../../data/live.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
import { useAround } from '../../parts/trend/use-around.ts';
import { Value } from '../../parts/value.tsx';
import { TrendLink } from './trend-link.tsx';

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

function Past({ tag, raised }: { readonly tag: string; readonly raised: number }) {
  const [when, setWhen] = useAround(raised > 0 ? raised : undefined);
  const live = useLiveTag(tag);
  const drawn = { path: tag, type: live?.type, unit: live?.unit };
  return (
    <div className="alarm-past">
      <TagPast tag={drawn} name={tag.split('/').at(-1) ?? tag} height={160} when={when} onWhen={setWhen} />
    </div>
  );
}
