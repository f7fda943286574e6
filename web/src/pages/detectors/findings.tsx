import type { DetectorStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { Judgeable, VerdictButtons } from '../../parts/detectors/verdict.tsx';
import { count, date, duration, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { type Finding, useFindings } from './found.ts';

const MOST = 20;

/** How often it was right, and what it found last: what is over can still be judged. */
export function Findings({ detector }: { readonly detector: DetectorStatus }) {
  const { id, figures, shadow } = detector;
  const { findings, isKnown, error } = useFindings(detector);
  return (
    <section className="card detector-wide" aria-label="Findings">
      <h2>Findings</h2>
      <ul className="figures" aria-label="How often it was right">
        <Count many={figures.findings} of={`found since ${date(figures.sinceUs / 1000)}`} />
        <Count many={figures.true} of="true" />
        <Count many={figures.false} of="false" />
        <Count many={figures.known} of="known" />
        <Count many={figures.open} of="to judge" />
        <li>
          <strong>{figures.falsePerWeek.toFixed(1)}</strong> <span className="quiet">false a week</span>
        </li>
      </ul>
      {error && !isKnown && <Refusal error={error} />}
      {isKnown && findings.length === 0 && (
        <p className="quiet">
          {shadow ? 'A shadow tells nobody: what it finds is counted above.' : 'It has found nothing yet.'}
        </p>
      )}
      {findings.length > 0 && (
        <ol className="detector-findings">
          {findings.slice(0, MOST).map((finding) => (
            <li key={finding.sinceUs}>
              <One id={id} finding={finding} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const Count = ({ many, of }: { readonly many: number; readonly of: string }) => (
  <li>
    <strong>{count(many)}</strong> <span className="quiet">{of}</span>
  </li>
);

function One({ id, finding }: { readonly id: string; readonly finding: Finding }) {
  const { sinceUs, endedUs, lastedMs, text } = finding;
  const nowMs = useSiteNow();
  const judged = { ...finding, id }; // what has ended has a number of its own
  return (
    <Judgeable finding={judged}>
      {(ask) => (
        <div className="detector-finding">
          <time dateTime={new Date(sinceUs / 1000).toISOString()}>{moment(sinceUs / 1000, nowMs)}</time>
          <span>{text}</span>
          <span className="quiet">
            {endedUs === undefined ? 'stands' : `lasted ${duration(lastedMs ?? (endedUs - sinceUs) / 1000)}`}
          </span>
          <VerdictButtons finding={judged} onAsk={ask} />
        </div>
      )}
    </Judgeable>
  );
}
