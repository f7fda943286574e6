import type { EventView, RuleStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { fineMs, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useSteps } from './rule-data.ts';
import type { Step } from './steps.ts';

/** When a rule began and ended last, what it wrote then, and how long that took. */
export function Steps({ rule }: { readonly rule: RuleStatus }) {
  const { data: steps, error } = useSteps(rule);
  return (
    <section className="card rule-steps" aria-label="What it did last">
      <h2>What it did last</h2>
      {error && !steps && <Refusal error={error} />}
      {steps?.length === 0 && <p className="quiet">It has not changed since the journal began.</p>}
      <ol className="rows">
        {steps?.map((step) => (
          <One key={step.event.id} step={step} />
        ))}
      </ol>
    </section>
  );
}

function One({ step: { event, acts } }: { readonly step: Step }) {
  const nowMs = useSiteNow();
  return (
    <li>
      <time className="event-time" dateTime={new Date(event.timeUs / 1000).toISOString()}>
        {moment(event.timeUs / 1000, nowMs)}
      </time>
      <span>{textOf(event)}</span>
      <span>
        {acts.map(({ id, path, value, state, tookMs, why }) => (
          <span
            key={id}
            className="rule-act"
            data-bad={['refused', 'failed', 'unknown'].includes(state) || undefined}
          >
            {path} = {JSON.stringify(value)} {state === 'intent' ? 'under way' : state}
            {tookMs !== undefined && <span className="quiet"> in {fineMs(tookMs)}</span>}
            {why !== undefined && <span className="quiet"> {why}</span>}
          </span>
        ))}
      </span>
    </li>
  );
}

function textOf({ name, detail }: EventView): string {
  const from = detail?.from;
  const what = name.replace('rule.', '').replaceAll('-', ' ');
  return typeof from === 'string' && from !== 'unknown'
    ? what
    : typeof from === 'string'
      ? `${what} (was unknown)`
      : what;
}
