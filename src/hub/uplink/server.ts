import type { Duplex } from 'node:stream';
import type { Pool } from 'pg';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { UplinkIdentity, UplinkServer } from '../uplink.ts';
import type { Report } from './api.ts';
import { Connection, type ConnectionPorts } from './connection.ts';
import { Intake } from './intake.ts';
import { Writers } from './writers.ts';

export interface SiteUplinksPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** A site was hung up on. */
  report(report: Report): void;
}

/** Waiting to be stored, over all connections; what comes beyond it waits in the sockets. */
const FULL_BYTES = 64 * 2 ** 20;
/** What one connection may bring before it is looked at again. */
const CHUNK_BYTES = 64 * 1024;
/** One timer for all connections. */
const SWEEP_MS = 15_000;
/** Sites ping three times as often. */
const SILENT_SWEEPS = 6;

/** The hub's end of all uplinks of this process. */
export class SiteUplinks implements UplinkServer {
  readonly #writer: Writers;
  readonly #intake = new Intake();
  /** Connections that have not said who they are, and those that have. */
  readonly #all = new Set<Connection>();
  readonly #sites = new Map<string, Connection>();
  /** Not read from while all that waits is too much; who has waited longest first. */
  readonly #wanting = new Set<Connection>();
  readonly #sweep: NodeJS.Timeout;
  readonly #connectionPorts: ConnectionPorts;

  constructor(ports: SiteUplinksPorts) {
    this.#writer = new Writers(ports, () => this.#makeRoom());
    this.#sweep = setInterval(() => this.#look(), SWEEP_MS);
    this.#connectionPorts = {
      pool: ports.pool,
      writer: this.#writer,
      intake: this.#intake,
      isFull: () => this.#waitingBytes >= FULL_BYTES,
      wantsRoom: (connection) => this.#wanting.add(connection),
      opened: (connection) => this.#opened(connection),
      closed: (connection) => this.#closed(connection),
      cut: ({ identity: { site } }, fault) => {
        ports.log.warn({ site, code: fault.code }, fault.message);
        ports.report({ site, fault });
      },
    };
  }

  /** Sites that are connected to this process. */
  get sites(): Iterable<string> {
    return this.#sites.keys();
  }

  /**
   * Takes over a connection whose upgrade was answered.
   * @param head what came with the request
   * @param identity as its certificate says
   */
  accept(stream: Duplex, head: Uint8Array, identity: UplinkIdentity): void {
    if (head.length > 0) stream.unshift(head);
    this.#all.add(new Connection(stream, identity, this.#connectionPorts));
  }

  asked(site: string): void {
    this.#sites.get(site)?.ask();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    const closing = new Fault('hub.closing', 'this hub is closing', { retry: 'now' });
    for (const connection of this.#all) connection.close(closing);
    this.#intake[Symbol.dispose]();
    await this.#writer[Symbol.asyncDispose]();
  }

  /** The newest connection of a site is the one that counts: an older one is what a cut link left behind. */
  #opened(connection: Connection): void {
    const { site } = connection.identity;
    this.#sites.get(site)?.close(new Fault('uplink.replaced', `${site} has connected anew`));
    this.#sites.set(site, connection);
  }

  #closed(connection: Connection): void {
    this.#all.delete(connection);
    this.#wanting.delete(connection);
    const { site } = connection.identity;
    if (this.#sites.get(site) === connection) this.#sites.delete(site);
  }

  get #waitingBytes(): number {
    return this.#intake.bytes + this.#writer.bytes;
  }

  /** Some have been stored: as many are read from again as there may be room for. */
  #makeRoom(): void {
    let room = FULL_BYTES - this.#waitingBytes;
    for (const connection of this.#wanting) {
      if (room <= 0) return;
      room -= CHUNK_BYTES;
      this.#wanting.delete(connection);
      connection.resume();
    }
  }

  #look(): void {
    for (const connection of this.#all) {
      if (connection.isPaused && !this.#connectionPorts.isFull()) connection.resume();
      else if (!connection.isPaused && ++connection.silentSweeps >= SILENT_SWEEPS)
        connection.close(new Fault('uplink.silent', 'nothing was said for a minute and a half'));
    }
  }
}
