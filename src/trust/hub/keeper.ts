import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { type Membership, readMembership } from './membership.ts';

export interface KeeperPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** The box has joined, or has another certificate: connections are to be made anew with it. */
  onChange?(membership: Membership): void;
  onEvent?(name: string, detail: { readonly [key: string]: string }): void;
}

/** A box that joins while its site runs is noticed after this; a certificate is valid for months. */
const LOOK_MS = 5_000;
/** A clock far ahead would find every certificate over: no more than one new one a day. */
const PAUSE_US = 86_400e6;
/** Between tries while the hub is away; the first come at once, with the pauses of {@link Backoff}. */
const LONGEST_PAUSE_MS = 900_000;

/**
 * Keeps the certificate by which the hub knows this site: a new one at half of the old one's life, and after any time
 * offline. Nothing at the site waits for it.
 */
export class MembershipKeeper implements AsyncDisposable {
  readonly #trustDir: string;
  readonly #ports: KeeperPorts;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #current: Membership | undefined;
  #renewedUs = Number.NEGATIVE_INFINITY;
  #complaint: string | undefined;
  #isOver = false;
  #wake = new AbortController();

  constructor(trustDir: string, ports: KeeperPorts) {
    this.#trustDir = trustDir;
    this.#ports = ports;
    this.#loop = this.#run();
  }

  /** Undefined where the box has joined no hub, or before that is known. */
  get current(): Membership | undefined {
    return this.#current;
  }

  /** The hub says that the certificate is over: its clock counts, that of a box without a battery may say anything. */
  renewNow(): void {
    this.#isOver = true;
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#ended;
    const backoff = new Backoff();
    let tries = 0;
    while (!signal.aborted) {
      let pauseMs = LOOK_MS;
      try {
        await this.#look();
        backoff.reset();
        tries = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#complain(error);
        pauseMs = Math.min(backoff.nextMs() * 2 ** Math.max(0, tries++ - 6), LONGEST_PAUSE_MS);
      }
      this.#wake = new AbortController();
      if (this.#isOver && pauseMs === LOOK_MS) continue;
      await clock.sleep(pauseMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const found = await readMembership(this.#trustDir);
    if (found?.certificate.serialNumber !== this.#current?.certificate.serialNumber) this.#take(found);
    if (!found) this.#isOver = false;
    if (!found || !this.#isDue(found)) return;
    // Loaded here, with TLS: most starts of a site renew nothing.
    const { renewMembership, showMembership } = await import('./enrol.ts');
    const renewed = await renewMembership(this.#trustDir, found, this.#ended.signal);
    this.#renewedUs = this.#ports.clock.steadyUs();
    this.#isOver = false;
    this.#complaint = undefined;
    const { site, certificate } = renewed;
    const detail = { serial: certificate.serialNumber, validTo: certificate.validTo };
    this.#ports.log.info({ site, ...detail }, 'the hub gave this site a new certificate');
    this.#ports.onEvent?.('security.hub-certificate-renewed', detail);
    this.#take(renewed);
    // A hub that is gone again sees it with the next connection.
    await showMembership(renewed, this.#ended.signal).catch((error) => this.#complain(error));
  }

  #take(membership: Membership | undefined): void {
    this.#current = membership;
    if (membership) this.#ports.onChange?.(membership);
  }

  #isDue({ certificate }: Membership): boolean {
    const { clock } = this.#ports;
    if (this.#isOver) return true;
    if (clock.steadyUs() - this.#renewedUs < PAUSE_US) return false;
    const fromMs = Date.parse(certificate.validFrom);
    const halfMs = fromMs + (Date.parse(certificate.validTo) - fromMs) / 2;
    return clock.nowUs() / 1000 > halfMs;
  }

  /** Once for each reason: a hub may be away for weeks. */
  #complain(error: unknown): void {
    const { code, message, hint } = Fault.from(error, 'hub.renewal', 'the certificate for the hub');
    if (this.#complaint === code) return;
    this.#complaint = code;
    this.#ports.log.warn({ hint }, message);
    if (code === 'hub.identity-ended' || code === 'hub.not-the-hub')
      this.#ports.onEvent?.('security.hub-refused', { code, why: message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }
}
