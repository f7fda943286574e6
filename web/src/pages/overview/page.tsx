import { useStatus } from '../../data/site.ts';
import { count, fineMs } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';

/** How the site does, at one glance. */
export function Page() {
  const { data: status, error } = useStatus();
  return (
    <div className="page">
      <h1>Overview</h1>
      {error && !status && <Refusal error={error} />}
      {status && (
        <p>
          {count(status.samples)} samples, decided in {fineMs(status.decisions.p99Ms)} (p99)
        </p>
      )}
    </div>
  );
}
