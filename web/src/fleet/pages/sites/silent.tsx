import type { FleetSite } from '#contract/fleet-client.ts';

/** From this version of the uplink on a site reports. */
const REPORTS = 2;

export const isSilent = ({ reportedUs }: FleetSite): boolean => reportedUs === undefined;

/** That nothing is known must not look as if nothing were wrong. */
export function Silent({ site: { protocol, software } }: { readonly site: FleetSite }) {
  const isOld = protocol !== undefined && protocol < REPORTS;
  return (
    <p className="quiet">
      {isOld
        ? `It runs Holdfast ${software ?? ''}, which reports no health, sources or alarms to a hub: update the site.`
        : 'It has not reported anything yet: it does as soon as it has connected.'}
    </p>
  );
}
