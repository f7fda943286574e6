import type { AlarmStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { count, duration } from '../../parts/format.ts';
import { FLOOD_A_PERIOD, MOST_A_PERIOD, type Rates, ratesOf, WELL_A_PERIOD } from './rates.ts';
import type { AlarmRecord } from './record-of.ts';

/** How well the alarms serve who has to answer them: figures beside what ISA-18.2 and EEMUA 191 recommend. */
export function Performance({
  record,
  active,
  onOnly,
}: {
  readonly record: AlarmRecord | undefined;
  readonly active: readonly AlarmStatus[];
  /** Shows just these alarms. */
  readonly onOnly: (ids: readonly string[]) => void;
}) {
  const nowMs = useSiteNow();
  if (!record) return <div className="rates" aria-hidden="true" />;
  const rates = ratesOf(record, active, nowMs * 1000);
  return (
    <dl className="rates" aria-label="Alarm rate">
      <Figure
        name="Last 10 min"
        value={count(rates.now)}
        isOver={rates.now > FLOOD_A_PERIOD}
        guide={rates.now > FLOOD_A_PERIOD ? 'a flood' : `flood above ${FLOOD_A_PERIOD}`}
      />
      <Figure
        name={`Per 10 min, over ${duration(rates.overUs / 1000)}`}
        value={rates.average.toFixed(rates.average < 10 ? 1 : 0)}
        isOver={rates.average > MOST_A_PERIOD}
        guide={averageGuide(rates)}
      />
      <Figure
        name="Time in flood"
        value={`${(rates.floods * 100).toFixed(rates.floods > 0 && rates.floods < 0.1 ? 1 : 0)} %`}
        isOver={rates.floods >= 0.01}
        guide="below 1 %"
      />
      <Some
        name="Chattering"
        ids={rates.chattering}
        guide="3 times in a minute; none is right"
        onOnly={onOnly}
      />
      <Some
        name="Standing over 24 h"
        ids={rates.stale}
        guide="below 5, each with a plan"
        most={5}
        onOnly={onOnly}
      />
    </dl>
  );
}

const averageGuide = ({ average }: Rates): string =>
  average > MOST_A_PERIOD ? `too many: ${MOST_A_PERIOD} at most` : `about ${WELL_A_PERIOD} is well`;

function Figure({
  name,
  value,
  isOver,
  guide,
}: {
  readonly name: string;
  readonly value: string;
  readonly isOver: boolean;
  readonly guide: string;
}) {
  return (
    <div className="rate" data-over={isOver || undefined}>
      <dt>{name}</dt>
      <dd>
        <strong className="rate-value">{value}</strong> <span className="quiet">{guide}</span>
      </dd>
    </div>
  );
}

function Some({
  name,
  ids,
  guide,
  most = 0,
  onOnly,
}: {
  readonly name: string;
  readonly ids: readonly string[];
  readonly guide: string;
  readonly most?: number;
  readonly onOnly: (ids: readonly string[]) => void;
}) {
  return (
    <div className="rate" data-over={ids.length > most || undefined}>
      <dt>{name}</dt>
      <dd>
        {ids.length === 0 ? (
          <strong className="rate-value">0</strong>
        ) : (
          <button type="button" className="link" onClick={() => onOnly(ids)}>
            <strong className="rate-value">{ids.length}</strong>{' '}
            <span className="unseen">{name}: show them</span>
          </button>
        )}{' '}
        <span className="quiet">{guide}</span>
      </dd>
    </div>
  );
}
