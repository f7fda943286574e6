import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Pool } from 'pg';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { UplinkIdentity, UplinkServer } from '../uplink.ts';

export interface PresencePorts {
  readonly pool: Pool;
  readonly log: Log;
  nowMs(): number;
}

const BEAT_MS = 10_000;
/** Thousands come at once when a hub starts: what they change is written together. */
const GATHER_MS = 200;

interface Change {
  readonly link: string;
  readonly since: Date;
  readonly gone: Date | null;
}

/**
 * Writes down which sites are connected to this process, for all processes to read. A process that was killed says
 * nothing any more; its beat ends, and by that its sites are known to be in doubt.
 */
export class Presence implements AsyncDisposable {
  readonly #ports: PresencePorts;
  readonly #process = randomUUID();
  readonly #changed = new Map<string, Change>();
  readonly #open = new Map<string, Change>();
  readonly #beat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isEnding = false;
  #address: string | undefined;

  private constructor(ports: PresencePorts) {
    this.#ports = ports;
    this.#beat = setInterval(() => this.#write(), BEAT_MS);
  }

  static async open(ports: PresencePorts): Promise<Presence> {
    const presence = new Presence(ports);
    try {
      await presence.#flush();
    } catch (error) {
      clearInterval(presence.#beat);
      throw error;
    }
    return presence;
  }

  /** Lets commands beside the hub tell people where it is. */
  listensAt(address: string): void {
    this.#address = address;
    this.#write();
  }

  /** Passes connections on, and notes that they are there until they close. */
  around(uplink: UplinkServer): UplinkServer {
    return {
      accept: (socket, head, identity) => {
        this.#note(socket, identity);
        uplink.accept(socket, head, identity);
      },
      asked: (site) => uplink.asked(site),
      [Symbol.asyncDispose]: () => uplink[Symbol.asyncDispose](),
    };
  }

  #note(socket: Duplex, { site }: UplinkIdentity): void {
    const link = { link: randomUUID(), since: this.#now, gone: null };
    this.#put(site, link);
    this.#open.set(site, link);
    socket.once('close', () => {
      // One that came later stays.
      if (this.#open.get(site) !== link) return;
      this.#open.delete(site);
      this.#put(site, { ...link, gone: this.#now });
    });
  }

  get #now(): Date {
    return new Date(this.#ports.nowMs());
  }

  #put(site: string, change: Change): void {
    this.#changed.set(site, change);
    this.#timer ??= setTimeout(() => this.#write(), GATHER_MS);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing
      .then(() => this.#flush())
      .catch((error) =>
        this.#ports.log.warn(
          { error: messageOf(error) },
          'it was not kept which sites are connected; tried again',
        ),
      );
  }

  async #flush(): Promise<void> {
    const { pool } = this.#ports;
    await pool.query(
      `WITH gone AS (DELETE FROM hub_processes WHERE beat < $2::timestamptz - interval '1 day')
       INSERT INTO hub_processes (id, beat, address) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET beat = EXCLUDED.beat, address = EXCLUDED.address`,
      [this.#process, this.#now, this.#address],
    );
    const rows = [...this.#changed].sort(([a], [b]) => (a < b ? -1 : 1));
    if (rows.length === 0) return;
    this.#changed.clear();
    try {
      // A site that has gone over to another process meanwhile is there, whatever ends here.
      await pool.query(
        `INSERT INTO site_links AS l (site, process, link, since, gone)
         SELECT site, $1::uuid, link, since, gone
         FROM unnest($2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS c (site, link, since, gone)
         ON CONFLICT (site) DO UPDATE SET process = EXCLUDED.process, link = EXCLUDED.link, since = EXCLUDED.since,
           gone = EXCLUDED.gone
         WHERE EXCLUDED.gone IS NULL OR l.link = EXCLUDED.link OR l.since < EXCLUDED.since`,
        [
          this.#process,
          rows.map(([site]) => site),
          rows.map(([, { link }]) => link),
          rows.map(([, { since }]) => since),
          rows.map(([, { gone }]) => gone),
        ],
      );
    } catch (error) {
      for (const [site, change] of rows) if (!this.#changed.has(site)) this.#changed.set(site, change);
      throw error;
    }
  }

  /** After all connections have closed: their end is written as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    clearInterval(this.#beat);
    const gone = this.#now;
    for (const [site, link] of this.#open) this.#changed.set(site, { ...link, gone });
    this.#open.clear();
    this.#write();
    clearTimeout(this.#timer);
    await this.#writing;
  }
}

/** Of the process that was there last; undefined where none has listened for a day. */
export async function lastAddress(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ address: string }>(
    'SELECT address FROM hub_processes WHERE address IS NOT NULL ORDER BY beat DESC LIMIT 1',
  );
  return rows[0]?.address;
}
