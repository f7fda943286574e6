import { type Kysely, sql } from 'kysely';
import pg, { type ClientConfig } from 'pg';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { Tables } from './tables.ts';

/** What hubs on one database tell each other; what it says stands in the tables. */
export type News =
  /** Identities of a site that may no longer be used, by serial number. */
  | { readonly kind: 'ended'; readonly site: string; readonly serials: readonly string[] }
  /** Another start of a site's program speaks for it, counted by its identity. */
  | { readonly kind: 'start'; readonly serial: string; readonly start: number }
  /** Something is asked of a site: acknowledgements wait for it. */
  | { readonly kind: 'asked'; readonly site: string };

const CHANNEL = 'holdfast';
/** A connection that died without a word is noticed after this. */
const PROBE_MS = 10_000;
const ANSWER_MS = 5_000;

/** Heard by every hub, this one too, once the transaction commits. */
export async function tell(queries: Kysely<Tables>, news: News): Promise<void> {
  await sql`SELECT pg_notify(${CHANNEL}, ${JSON.stringify(news)})`.execute(queries);
}

export interface NewsPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Hears what hubs tell each other, over a connection of its own that is made again when it breaks. What was said
 * meanwhile is lost, so listeners are told to look at the tables again.
 */
export class NewsFeed implements AsyncDisposable {
  readonly #config: ClientConfig;
  readonly #ports: NewsPorts;
  readonly #ended = new AbortController();
  readonly #heard: ((news: News) => void)[] = [];
  readonly #resumed: (() => void)[] = [];
  readonly #loop: Promise<void>;

  constructor(config: ClientConfig, ports: NewsPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#loop = this.#run();
  }

  onNews(heard: (news: News) => void): void {
    this.#heard.push(heard);
  }

  /** Called whenever it listens again, also the first time. */
  onResumed(resumed: () => void): void {
    this.#resumed.push(resumed);
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports;
    const { signal } = this.#ended;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await this.#listen(() => backoff.reset());
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ error: messageOf(error) }, 'news of other hubs are not heard; it is tried again');
        await clock.sleep(backoff.nextMs(), signal).catch(() => {});
      }
    }
  }

  /** @throws what ended the connection */
  async #listen(works: () => void): Promise<never> {
    const { signal } = this.#ended;
    const over = new AbortController();
    const client = new pg.Client({
      ...this.#config,
      application_name: 'holdfast news',
      query_timeout: ANSWER_MS,
    });
    const broken = new Promise<never>((_, reject) => {
      // Not once: a server that is killed says so, and then the connection breaks, too.
      client.on('error', reject);
      client.once('end', () => reject(new Error('the database closed the connection')));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal });
    });
    broken.catch(() => {});
    try {
      await client.connect();
      client.on('notification', ({ payload }) => this.#hear(payload));
      await client.query(`LISTEN ${CHANNEL}`);
      works();
      for (const resumed of this.#resumed) resumed();
      for (;;) {
        await Promise.race([broken, this.#ports.clock.sleep(PROBE_MS, signal)]);
        await Promise.race([broken, client.query('SELECT 1')]);
      }
    } finally {
      over.abort();
      client.end().catch(() => {}); // it may be what broke
    }
  }

  #hear(payload: string | undefined): void {
    if (payload === undefined) return;
    const news = JSON.parse(payload) as News;
    for (const heard of this.#heard) heard(news);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }
}
