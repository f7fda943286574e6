import type { Dialled } from '#edge/hub-link.ts';
import { LinkedEvents } from '#edge/parcel/linked.ts';
import { ReceiptWatch } from '#edge/parcel/watch.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { CarriedState } from '#trust/hub/carried.ts';
import { MembershipKeeper } from '#trust/hub/keeper.ts';
import type { EventPositions } from '#trust/hub/linked.ts';
import type { Membership } from '#trust/hub/membership.ts';

/**
 * Keeps the certificate by which a hub knows this site, and connects the site to it: once the box has joined, and again
 * with each new certificate.
 * @param trustDir folder of the trust store
 */
export function followMembership(
  site: Site,
  trustDir: string,
  log: Log,
  onEvent: (name: string, detail: { readonly [key: string]: string }) => void,
): MembershipKeeper {
  let instance: string | undefined;
  const dial = async (signal: AbortSignal): Promise<Dialled> => {
    const membership = keeper.current;
    if (!membership) throw new Fault('hub.not-joined', 'this box has left its hub');
    // Loaded here, with TLS: most sites have no hub.
    const { newInstance, openUplink } = await import('#trust/hub/uplink.ts');
    instance ??= newInstance();
    try {
      return await openUplink(membership, instance, signal);
    } catch (error) {
      if (error instanceof Fault && error.code === 'hub.identity-expired') keeper.renewNow();
      throw error;
    }
  };
  const linked = new LinkedEvents(trustDir, log);
  const events = (positions: EventPositions): void => {
    const { current } = keeper;
    const { id: journal } = site.core.journal.opened;
    if (current && journal !== undefined) linked.note({ pin: current.pin, journal }, positions);
  };
  const onChange = (membership: Membership): void => {
    checkName(site.blueprint.model.site, membership, log);
    site.connectHub(dial, events);
  };
  const keeper = new MembershipKeeper(trustDir, { clock: site.core.clock, log, onEvent, onChange });
  return keeper;
}

/** Takes note of what was confirmed by receipts that were carried. @param trustDir folder of the trust store */
export function watchReceipts(
  site: Site,
  trustDir: string,
  log: Log,
  membership: () => Membership | undefined,
): ReceiptWatch {
  const { clock, journal } = site.core;
  const confirmed = (history: number) => site.hubConfirmed(history);
  const sent = (one: CarriedState['sent']) => site.carriedToHub(one);
  return new ReceiptWatch(trustDir, { clock, log, journal: journal.opened.id, membership, confirmed, sent });
}

/** Two names for one site would make two in every list. */
function checkName(name: string, { site, hub }: Membership, log: Log): void {
  if (site === name) return;
  const hint = `let the box join as ${name}, or write \`site: ${site}\` in the site file`;
  log.error({ hint, hub }, `the hub knows this box as ${site}, its site file calls it ${name}`);
}
