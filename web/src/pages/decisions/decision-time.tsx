import { useStatus } from '../../data/site.ts';
import { count, fineMs } from '../../parts/format.ts';

/** How long the site takes from a batch to what follows from it. */
export function DecisionTime() {
  const { data: status } = useStatus();
  if (!status) return null;
  const { count: many, p50Ms, p99Ms, maxMs } = status.decisions;
  return (
    <dl className="decision-time" aria-label="Time that decisions take">
      <dt>Time to decide: half below</dt>
      <dd>{fineMs(p50Ms)}</dd>
      <dt>99 % below</dt>
      <dd>{fineMs(p99Ms)}</dd>
      <dt>longest</dt>
      <dd>{fineMs(maxMs)}</dd>
      <dt>decisions</dt>
      <dd>{count(many)}</dd>
    </dl>
  );
}
