import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { type CarriedState, readCarried } from '#trust/hub/carried.ts';
import type { Membership } from '#trust/hub/membership.ts';

export interface WatchPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where it has no name yet. */
  readonly journal: string | undefined;
  membership(): Membership | undefined;
  /** @returns false while it cannot be taken note of */
  confirmed(history: number): boolean;
  /** What was given away by hand and is not confirmed. */
  sent(sent: CarriedState['sent']): void;
}

/** A receipt is carried for hours; nobody waits for this. */
const LOOK_MS = 5_000;

/** Tells a site that runs of the receipts that `holdfast edge export` has taken from a stick, before it started too. */
export class ReceiptWatch implements AsyncDisposable {
  readonly #trustDir: string;
  readonly #ports: WatchPorts;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #known = 0;
  #complaint: string | undefined;

  constructor(trustDir: string, ports: WatchPorts) {
    this.#trustDir = trustDir;
    this.#ports = ports;
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#complaint = undefined;
      } catch (error) {
        const message = messageOf(error);
        if (message !== this.#complaint) log.warn({}, `no receipt can be taken: ${message}`);
        this.#complaint = message;
      }
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { journal, membership, confirmed, sent, log } = this.#ports;
    const pin = membership()?.pin;
    if (pin === undefined || journal === undefined) return;
    const state = await readCarried(this.#trustDir, { pin, journal });
    sent(state.sent);
    const history = state.confirmed?.positions.history ?? 0;
    if (history === this.#known || !confirmed(history)) return;
    this.#known = history;
    log.info({ history }, 'a receipt says what the hub has got by hand');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }
}
