import { useId, useState } from 'react';
import type { AlertStatus, EndedAlert } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useDetectors } from '../../data/detectors.ts';
import { Age } from '../../parts/age.tsx';
import { ReasonTrends } from '../../parts/detectors/reason-trends.tsx';
import { Reasons } from '../../parts/detectors/reasons.tsx';
import { Judgeable, VerdictButtons } from '../../parts/detectors/verdict.tsx';
import { certaintyText, kindAbout, kindName } from '../../parts/detectors/words.ts';
import { duration, moment } from '../../parts/format.ts';
import { AlertText } from './alert-text.tsx';
import { TrendLink } from './trend-link.tsx';

type Detector = NonNullable<EndedAlert['detector']>;

/** An alert of a detector: what it is about, how sure it is and why, its trend one press away, and what people say of it. */
export function Found({
  alert,
  detector: { kind, certainty, reasons, atEnd },
  ended,
}: {
  readonly alert:
    | Pick<AlertStatus, 'rule' | 'asset' | 'text' | 'sinceUs' | 'verdict' | 'detector'>
    | EndedAlert;
  readonly detector: Detector;
  /** Absent while it stands. */
  readonly ended?: EndedAlert;
}) {
  const { rule, asset, sinceUs, verdict } = alert;
  const { data: detectors } = useDetectors();
  // What it means, as the site file says it; how it was seen stands beside it.
  const text = detectors?.find(({ id }) => id === rule)?.description ?? alert.text;
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const reads = reasons.map(({ tag }) => tag);
  const finding = { id: rule, sinceUs, text, verdict };
  return (
    <Judgeable finding={finding}>
      {(ask) => (
        <div className="finding">
          <div>
            <AlertText alert={{ ...alert, text }} />
            <p className="quiet" title={kindAbout(kind)}>
              {kindName(kind)}
              {`, ${ended && !atEnd ? 'as it ended' : certaintyText(certainty)}`}
              {atEnd && ' at its worst'}
            </p>
            {atEnd && <p className="quiet">As it ended: {atEnd.text}</p>}
          </div>
          <Reasons reasons={reasons} kind={kind} asset={asset} label={`Why: ${text}`} />
          <div className="finding-acts">
            <span className="quiet">{ended ? <Lasted ended={ended} /> : <For sinceUs={sinceUs} />}</span>
            <VerdictButtons finding={finding} onAsk={ask} />
            <span className="alert-when">
              <button
                type="button"
                className="link"
                aria-expanded={isOpen}
                aria-controls={id}
                onClick={() => setOpen(!isOpen)}
              >
                {isOpen ? 'Hide the trend' : 'Show the trend'}
              </button>
              <TrendLink reads={[rule, ...reads]} atUs={sinceUs} />
            </span>
          </div>
          <div id={id} className="finding-trend" hidden={!isOpen}>
            {isOpen && <ReasonTrends reasons={reasons} kind={kind} asset={asset} sinceUs={sinceUs} />}
          </div>
        </div>
      )}
    </Judgeable>
  );
}

const For = ({ sinceUs }: { readonly sinceUs: number }) => (
  <>
    for <Age sinceUs={sinceUs} />
  </>
);

function Lasted({ ended: { sinceUs, lastedMs, cause } }: { readonly ended: EndedAlert }) {
  const nowMs = useSiteNow();
  return (
    <>
      {moment(sinceUs / 1000, nowMs)}, lasted {duration(lastedMs)}
      {cause === 'changed' && ', as the site file has it no more'}
    </>
  );
}
