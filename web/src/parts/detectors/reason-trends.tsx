import { useState } from 'react';
import type { DetectorStatus } from '#contract/client.ts';
import { useLiveTag } from '../../data/live.ts';
import { isDrawn } from '../trend/curve.ts';
import type { Mark } from '../trend/marks.ts';
import type { When } from '../trend/span.ts';
import { TagPast } from '../trend/tag-past.tsx';
import { useAround } from '../trend/use-around.ts';
import { type DetectorKind, lookedAtName } from './words.ts';

type Reason = DetectorStatus['reasons'][number];

const MOST = 4;
const HEIGHT = 130;

/** How the tags came there that speak for a finding, each with what was expected of it; moved together. */
export function ReasonTrends({
  reasons,
  kind,
  asset,
  sinceUs,
  marks,
}: {
  readonly reasons: readonly Reason[];
  readonly kind: DetectorKind;
  readonly asset: string;
  readonly sinceUs: number | undefined;
  readonly marks?: readonly Mark[];
}) {
  const [when, setWhen] = useAround(sinceUs);
  const [isAll, setAll] = useState(false);
  const shown = isAll ? reasons : reasons.slice(0, MOST);
  return (
    <div className="reason-trends">
      {shown.map((reason) => (
        <Past
          key={reason.tag}
          reason={reason}
          name={lookedAtName(kind, asset, reason.tag)}
          when={when}
          onWhen={setWhen}
          marks={marks ?? (sinceUs === undefined ? [] : [beganAt(sinceUs)])}
        />
      ))}
      {reasons.length > shown.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {reasons.length - shown.length} more
        </button>
      )}
    </div>
  );
}

const beganAt = (sinceUs: number): Mark => ({
  id: sinceUs,
  time: sinceUs / 1e6,
  kind: 'finding',
  isHollow: false,
  title: 'Finding',
  about: 'began',
});

function Past({
  reason: { tag, expected },
  name,
  when,
  onWhen,
  marks,
}: {
  readonly reason: Reason;
  readonly name: string;
  readonly when: When;
  readonly onWhen: (when: When) => void;
  readonly marks: readonly Mark[];
}) {
  const live = useLiveTag(tag);
  // A product.
  if (live && !isDrawn(live)) return null;
  return (
    <TagPast
      tag={{ path: tag, type: live?.type, unit: live?.unit }}
      name={name}
      height={HEIGHT}
      when={when}
      onWhen={onWhen}
      level={expected === null ? undefined : { value: expected, name: 'expected' }}
      marks={marks}
    />
  );
}
