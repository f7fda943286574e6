import { Zone } from '../parts/trend/zone.ts';

let known = new Zone(undefined);

/** Takes the zone that the site has told, as the IANA names it. */
export function zoneTold(name: string): void {
  if (name !== known.name) known = new Zone(name);
}

/**
 * Whose clocks the page writes times by: those of the site, wherever the browser stands. Those of the browser until it has
 * told them, and before a fleet, which has no one zone.
 */
export const shownZone = (): Zone => known;
