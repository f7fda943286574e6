import { IxButton } from '@siemens/ix-react';
import { useEffect, useMemo, useState } from 'react';
import type { DetectorStatus, LearningStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { DETECTORS } from '../../data/detectors.ts';
import { useLiveTag } from '../../data/live.ts';
import { askAgain } from '../../data/poll.ts';
import { Problem } from '../../data/problem.ts';
import { useStatus } from '../../data/site.ts';
import { lookedAtName } from '../../parts/detectors/words.ts';
import { Field } from '../../parts/field.tsx';
import { duration } from '../../parts/format.ts';
import { RangePicker } from '../../parts/range-picker.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { isDrawn } from '../../parts/trend/curve.ts';
import { FromTo } from '../../parts/trend/from-to.tsx';
import { isLive, lengthOf, type Span, spanAt, type When } from '../../parts/trend/span.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
import { Zone } from '../../parts/trend/zone.ts';
import { useAct } from '../../parts/use-act.ts';
import { Fitness } from './fitness.tsx';

const EVERY_MS = 500;
const WEEK_S = 7 * 86_400;
const MOST_DRAWN = 3;

/** A period of good running is what the pictures show; whether it is fit is told before anything is kept. */
export function Learn({
  detector,
  onEnd,
}: {
  readonly detector: DetectorStatus;
  readonly onEnd: () => void;
}) {
  const { id, asset, kind, tags } = detector;
  const [when, setWhen] = useState<When>({ lastS: WEEK_S });
  const { data: status } = useStatus();
  const zone = useMemo(() => new Zone(status?.timeZone), [status?.timeZone]);
  const [said, setSaid] = useState<LearningStatus>();
  const span = spanAt(when, siteNowMs() / 1000);
  const { run, busy, error } = useAct(async (asked: { readonly dryRun: boolean; readonly why?: string }) => {
    setSaid(undefined);
    const { dryRun, why } = asked;
    const forced = why === undefined ? {} : { force: true, why };
    setSaid(await api.learn(id, { ...endsOf(spanAt(when, siteNowMs() / 1000)), dryRun, ...forced }));
  });
  useProgress(id, said, setSaid);
  const isRunning = busy || said?.state === 'running';
  return (
    <div className="learn" aria-busy={isRunning}>
      <p className="quiet">
        Choose a stretch in which all was well: move and zoom the pictures until they show it and nothing
        else.
      </p>
      <div className="learn-period">
        <RangePicker when={when} onWhen={setWhen} />
        <FromTo span={span} zone={zone} live={isLive(when)} onWhen={setWhen} />
        <span className="quiet">{duration(lengthOf(span) * 1000)}</span>
      </div>
      <div className="reason-trends">
        {tags.slice(0, MOST_DRAWN).map((tag) => (
          <Past key={tag} tag={tag} name={lookedAtName(kind, asset, tag)} when={when} onWhen={setWhen} />
        ))}
      </div>
      {said && <Result said={said} />}
      {error && <Refusal error={error} />}
      {said?.state === 'refused' && said.report && (
        <Force onForce={(why) => void run({ dryRun: said.dryRun, why })} isBusy={isRunning} />
      )}
      <div className="actions">
        {isRunning ? (
          <IxButton variant="tertiary" onClick={() => void api.endLearning(id).then(setSaid, () => {})}>
            Cancel
          </IxButton>
        ) : (
          <IxButton variant="tertiary" onClick={onEnd}>
            Close
          </IxButton>
        )}
        <IxButton variant="secondary" disabled={isRunning} onClick={() => void run({ dryRun: true })}>
          Is it fit?
        </IxButton>
        <IxButton disabled={isRunning} onClick={() => void run({ dryRun: false })}>
          Learn
        </IxButton>
      </div>
    </div>
  );
}

const endsOf = ({ from, to }: Span) => ({
  from: String(Math.round(from * 1e6)),
  to: String(Math.round(to * 1e6)),
});

/** Asks until it is over. */
function useProgress(
  id: string,
  said: LearningStatus | undefined,
  tell: (said: LearningStatus) => void,
): void {
  useEffect(() => {
    if (said?.state !== 'running') {
      if (said?.state === 'done' && !said.dryRun) askAgain(DETECTORS);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.learning(id, stop.signal).then(tell, () => {
        if (!stop.signal.aborted) tell({ ...said }); // asked once more
      });
    }, EVERY_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, said, tell]);
}

function Past({
  tag,
  ...rest
}: {
  readonly tag: string;
  readonly name: string;
  readonly when: When;
  readonly onWhen: (when: When) => void;
}) {
  const live = useLiveTag(tag);
  if (live && !isDrawn(live)) return null;
  return <TagPast tag={{ path: tag, type: live?.type, unit: live?.unit }} height={140} {...rest} />;
}

const WHAT = { reading: 'Reading the past', learning: 'Learning' } as const;

function Result({ said }: { readonly said: LearningStatus }) {
  const { state, done, what, report, dryRun, fault } = said;
  return (
    <div className="learn-result" role="status">
      {state === 'running' && (
        <div className="learn-progress">
          <span>{WHAT[what]}</span>
          <progress value={done} max={1} aria-label="How far it has come" />
          <span className="number">{Math.floor(done * 100)} %</span>
        </div>
      )}
      {state === 'done' && (
        <p>
          <strong>
            {dryRun ? 'Nothing was kept: this was a question.' : 'It has learned, and goes by it now.'}
          </strong>
        </p>
      )}
      {state === 'refused' && (
        <p className="abnormal">It learns nothing from this period, and goes on as before.</p>
      )}
      {state === 'ended' && <p>Ended: nothing of it is kept.</p>}
      {state === 'failed' && fault && (
        <Refusal error={new Problem({ ...fault, title: fault.code, status: 500, detail: fault.message })} />
      )}
      {report && <Fitness report={report} />}
    </div>
  );
}

/** Somebody knows better, and says why. */
function Force({ onForce, isBusy }: { readonly onForce: (why: string) => void; readonly isBusy: boolean }) {
  return (
    <form
      className="form learn-force"
      onSubmit={(event) => {
        event.preventDefault();
        onForce(String(new FormData(event.currentTarget).get('why')).trim());
      }}
    >
      <Field label="Why it shall learn all the same" name="why" maxLength={500} autoComplete="off">
        Kept in the audit, with what is wrong with the period.
      </Field>
      <IxButton type="submit" variant="secondary" disabled={isBusy}>
        Learn all the same
      </IxButton>
    </form>
  );
}
