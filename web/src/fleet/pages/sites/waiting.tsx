import type { FleetSite } from '#contract/fleet-client.ts';
import { bytes, count, duration } from '../../../parts/format.ts';

/** How far the hub is behind a site: longer than this is worth a colour. */
const LONG_MS = 60_000;

/** What a site has that the hub has not got yet. */
export function Waiting({
  waiting: { rows, bytes: size, behindMs },
}: {
  readonly waiting: NonNullable<FleetSite['waiting']>;
}) {
  if (rows === 0) return <span className="quiet">nothing waits</span>;
  return (
    <span className={behindMs !== undefined && behindMs > LONG_MS ? 'abnormal' : undefined}>
      {count(rows)} samples, {bytes(size)}
      {behindMs !== undefined && `, ${duration(behindMs)} behind`}
    </span>
  );
}
