import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { DetectorStatus, LearningReport } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useMay } from '../../data/session.ts';
import { moment } from '../../parts/format.ts';
import { Fitness } from './fitness.tsx';
import { Learn } from './learn.tsx';

/** Those that know what to look for from their settings alone. */
const NEEDS_NONE: readonly DetectorStatus['kind'][] = ['limit'];

/** What it goes by: learned when, from which period, by whom; engineers have it learn anew. */
export function Learned({ detector }: { readonly detector: DetectorStatus }) {
  const { kind, learned } = detector;
  const isEngineer = useMay('engineer');
  const [isLearning, setLearning] = useState(false);
  const learns = !NEEDS_NONE.includes(kind);
  return (
    <section className={isLearning ? 'card detector-wide' : 'card'} aria-label="Learned">
      <div className="card-head">
        <h2>What it learned</h2>
        {isEngineer && learns && !isLearning && (
          <IxButton variant="secondary" onClick={() => setLearning(true)}>
            Learn from a period …
          </IxButton>
        )}
      </div>
      {learned ? (
        <Known learned={learned} isBrief={isLearning} />
      ) : (
        <p className="quiet">
          {learns
            ? 'Nothing yet: it learns from a stated period of good running.'
            : 'It needs to learn nothing.'}
        </p>
      )}
      {isLearning && <Learn detector={detector} onEnd={() => setLearning(false)} />}
    </section>
  );
}

/** @param isBrief without the report: another one is about to come */
function Known({
  learned,
  isBrief,
}: {
  readonly learned: NonNullable<DetectorStatus['learned']>;
  readonly isBrief: boolean;
}) {
  const { atUs, fromUs, toUs, by, digest, report } = learned;
  const nowMs = useSiteNow();
  const told = reportOf(report);
  return (
    <>
      <dl className="facts">
        <dt>When</dt>
        <dd>{atUs > 0 ? `${moment(atUs / 1000, nowMs)}, by ${by}` : `the ${by} holds it to this file`}</dd>
        <dt>From</dt>
        <dd>
          {fromUs === undefined || toUs === undefined ? (
            <span className="quiet">a file</span>
          ) : (
            `${moment(fromUs / 1000, nowMs)} to ${moment(toUs / 1000, nowMs)}`
          )}
        </dd>
        <dt>File</dt>
        <dd>
          <code title={digest}>{digest.slice(0, 12)}</code>
        </dd>
      </dl>
      {told && !isBrief && <Fitness report={told} />}
    </>
  );
}

/** Kept as it was told then, perhaps by an older version. */
function reportOf(report: unknown): LearningReport | undefined {
  const said = report as Partial<LearningReport> | null | undefined;
  return said?.fit !== undefined && said.findings && said.signals ? (said as LearningReport) : undefined;
}
