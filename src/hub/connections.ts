import type { Duplex } from 'node:stream';

/** A site that is connected to this process, or is being judged. */
export interface Connection {
  readonly serial: string;
  readonly validToMs: number;
  readonly socket: Duplex;
  /** Which start of the site's program it is, counted by its identity; 0 until that is known. */
  start: number;
}

/** All connections of one identity. */
interface Group {
  readonly all: Set<Connection>;
  /** The newest start that was heard of. */
  newest: number;
}

/**
 * Connections of sites to this process, so that an identity that ends is off the line at once. Thousands stay for weeks:
 * what is kept of each is small, and one sweep serves all.
 */
export class Connections {
  readonly #groups = new Map<string, Group>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  serials(): string[] {
    return [...this.#groups.keys()];
  }

  /** Until its socket closes. */
  add(connection: Connection): void {
    const { serial, socket } = connection;
    const group = this.#groups.get(serial) ?? { all: new Set(), newest: 0 };
    this.#groups.set(serial, group);
    group.all.add(connection);
    this.#count++;
    socket.once('close', () => {
      this.#count--;
      group.all.delete(connection);
      if (group.all.size === 0 && this.#groups.get(serial) === group) this.#groups.delete(serial);
    });
  }

  /** It has been judged. News of a later start may have come meanwhile, and then it is cut. */
  admit(connection: Connection, start: number): void {
    connection.start = start;
    this.supersede(connection.serial, start);
  }

  /** This start of the program speaks for the site, none before it. News may come late, but never counts backwards. */
  supersede(serial: string, start: number): void {
    const group = this.#groups.get(serial);
    if (!group) return;
    group.newest = Math.max(group.newest, start);
    this.#cut([serial], (one) => one.start > 0 && one.start < group.newest);
  }

  /** @returns how many were cut */
  end(serials: Iterable<string>): number {
    return this.#cut(serials, () => true);
  }

  endAll(): void {
    this.end(this.serials());
  }

  /** Those whose certificate is over: they come back and renew. */
  endExpired(nowMs: number): number {
    return this.#cut(this.serials(), ({ validToMs }) => validToMs < nowMs);
  }

  #cut(serials: Iterable<string>, isMeant: (one: Connection) => boolean): number {
    const meant = [...serials].flatMap((serial) =>
      [...(this.#groups.get(serial)?.all ?? [])].filter(isMeant),
    );
    for (const { socket } of meant) socket.destroy();
    return meant.length;
  }
}
