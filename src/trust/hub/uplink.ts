import { randomBytes } from 'node:crypto';
import { type Upgraded, upgradeHub } from './ask.ts';
import { dialHub } from './dial.ts';
import type { Membership } from './membership.ts';

/** One start of a site's program: two at once with one identity are two boxes. */
export const newInstance = (): string => randomBytes(16).toString('hex');

/**
 * A connection to the hub for the uplink's frames, the site known to the hub and the hub to the site.
 * @param instance of this start, see {@link newInstance}
 * @throws Fault `hub.unreachable`, `hub.proxy`, `hub.not-the-hub`, `hub.identity-ended`, `hub.identity-expired`,
 *   `hub.cloned`; the signal's reason when aborted
 */
export async function openUplink(
  membership: Membership,
  instance: string,
  signal: AbortSignal,
): Promise<Upgraded> {
  const dialled = await dialHub({ ...membership, identity: membership }, signal);
  const headers = { 'holdfast-instance': instance };
  return await upgradeHub(dialled, { path: '/uplink', protocol: 'holdfast-uplink/1', headers }, signal);
}
