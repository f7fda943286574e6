import { isDeepStrictEqual as isSame } from 'node:util';
import type { SiteModel } from '#contract/model.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { HubLink, type HubLinkPorts } from '#edge/hub-link.ts';
import type { CarriedState } from '#trust/hub/carried.ts';

/** Where the link to the hub is once the box has joined one; a box that has not goes without. */
export class HubSeat {
  #link: HubLink | undefined;
  #settings: SiteModel['settings']['hub'] | undefined;
  #carried: CarriedState['sent'];

  /** The box has joined a hub, or has another certificate for it: connects, or connects anew. */
  connect(ports: HubLinkPorts): void {
    if (this.#link) {
      this.#link.change();
      return;
    }
    if (!this.#settings) return; // no site file yet
    this.#link = new HubLink(this.#settings, ports);
    this.#link.carried = this.#carried;
    this.#link.start();
  }

  /** What was given away by hand, and is not confirmed. */
  carried(sent: CarriedState['sent']): void {
    this.#carried = sent;
    if (this.#link) this.#link.carried = sent;
  }

  /** Samples up to there were, and nothing has said that they have come. */
  get sentUpTo(): number | undefined {
    return this.#link?.unconfirmed?.upTo.history;
  }

  /** A receipt was carried back. @returns false while there is no link that could take note of it */
  confirmed(history: number): boolean {
    this.#link?.confirmed(history);
    return this.#link !== undefined;
  }

  /** Another site file holds from here on. */
  apply({ settings: { hub } }: SiteModel): void {
    if (this.#link && !isSame(hub, this.#settings)) this.#link.change(hub);
    this.#settings = hub;
  }

  *[Symbol.iterator](): IterableIterator<readonly [string, HubLink]> {
    if (this.#link) yield [HUB_CURSOR, this.#link];
  }
}
