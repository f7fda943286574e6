import { hostname } from 'node:os';
import { type NatsSettings, type OidcSettings, WebhookSettings } from '#contract/hub-file.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import type { TurnsLimits } from './admission/turns.ts';
import { type Authority, openAuthority } from './authority/authority.ts';
import { Connections } from './connections.ts';
import { type Database, openDatabase } from './database/database.ts';
import { NewsFeed } from './database/news.ts';
import { Door } from './door.ts';
import { addEvent } from './events.ts';
import { Gate } from './identity/gate.ts';
import { Identities } from './identity/identities.ts';
import { PeopleGate } from './people/gate.ts';
import { serve } from './server.ts';
import { sitesAsked } from './state/acknowledgements.ts';
import { Presence } from './state/presence.ts';
import { beginPassing, passingSince } from './telemetry/passing.ts';
import type { UplinkServer } from './uplink.ts';
import { WebhookSender } from './webhooks/sender.ts';

export interface HubOptions {
  /** Folder of the hub: its own PostgreSQL, the key of its root until that is carried away. */
  readonly dir: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Names and addresses that programs reach it by, beside those of this machine. */
  readonly names: readonly string[];
  /** Connection string of a PostgreSQL; its own when absent. */
  readonly databaseUrl?: string | undefined;
  /** File with what seals the keys in the database; they lie there plain when absent. */
  readonly keyFile?: string | undefined;
  /** Program that has the key which issues; that is in the database when absent. */
  readonly signer?: string | undefined;
  readonly log: Log;
  /** Makes what takes connections of sites; without one there is no uplink. */
  readonly uplink?: ((database: Database) => UplinkServer) | undefined;
  /** Where samples are passed on to. */
  readonly nats?: NatsSettings | undefined;
  /** Where webhooks may go; to receivers with TLS on other machines when absent. */
  readonly webhooks?: WebhookSettings | undefined;
  /** How people sign in beside their passwords. */
  readonly oidc?: OidcSettings | undefined;
  /** Of Holdfast, as the API says it. */
  readonly version: string;
  /** How many connections are let in at once; as many as suits this program when absent. */
  readonly admission?: Admission | undefined;
  /** Moves the wall clock of whatever it judges; the machine's own when absent. */
  readonly nowMs?: (() => number) | undefined;
}

export interface Admission {
  readonly handshakes: TurnsLimits;
  readonly greetings: TurnsLimits;
}

export interface Hub extends AsyncDisposable {
  readonly port: number;
  readonly authority: Authority;
  readonly identities: Identities;
  readonly gate: Gate;
  readonly connections: Connections;
  readonly database: Database;
  readonly people: PeopleGate;
}

/** Often enough for certificates that are valid for months. */
const SWEEP_MS = 60_000;

/** Starts one process of the hub; several on one database are one hub. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { dir, host, port, names, databaseUrl: url, keyFile, signer, log, version, admission } = options;
  const clock = systemClock();
  const nowMs = options.nowMs ?? (() => clock.nowUs() / 1000);
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase({ dir, url, log, clock, as: 'hub' }));
  const authority = await openAuthority(database, { dir, log, nowMs, keyFile, signer });
  const identities = new Identities(database, authority, { nowMs });
  const gate = new Gate(database, authority, { nowMs });
  const connections = new Connections();
  const sweep = setInterval(() => {
    connections.endExpired(nowMs());
    gate
      .seen(connections.serials())
      .catch((error) => log.warn({ err: error }, 'it was not kept which sites are there'));
  }, SWEEP_MS);
  stack.defer(() => clearInterval(sweep));
  const { pool, queries } = database;
  const presence = stack.use(await Presence.open({ pool, log, nowMs }));
  const uplink = options.uplink && presence.around(stack.use(options.uplink(database)));
  await passOn(database, options, stack);
  stack.use(sendWebhooks(database, options));
  stack.use(listen(database, { gate, connections, uplink, log, clock }));
  const people = new PeopleGate({ queries, pin: authority.pin, clock, log, nowMs });
  await offerFirst(people, log);
  const { oidc } = options;
  const api = {
    gate: people,
    database,
    identities,
    pin: authority.pin,
    connections,
    version,
    nowMs,
    log,
    oidc,
  };
  const door = stack.use(
    await Door.open({ authority, names, clock, log, handshakes: admission?.handshakes }),
  );
  const served = stack.use(
    await serve({
      host,
      port,
      database,
      authority,
      identities,
      gate,
      connections,
      door,
      log,
      uplink,
      api,
      greetings: admission?.greetings,
    }),
  );
  presence.listensAt(`https://${names[0] ?? hostname().toLowerCase()}:${served.port}`);
  // They are no requests, for whose end the server would wait.
  stack.defer(() => connections.endAll());
  const owned = stack.move();
  return {
    port: served.port,
    authority,
    identities,
    gate,
    connections,
    database,
    people,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Loaded where it is asked for. */
async function passOn(
  { pool, queries }: Database,
  { nats, log }: HubOptions,
  stack: AsyncDisposableStack,
): Promise<void> {
  if (!nats) {
    const since = await passingSince(pool);
    const hint = 'start one with --config, or end it: `holdfast hub nats-end`';
    if (since) log.warn({ since, hint }, 'samples are kept for NATS, and this process does not pass them on');
    return;
  }
  const { StreamPasser } = await import('./jetstream/passer.ts');
  await beginPassing(pool, nats.keep, nats.waitingBytes);
  const wentBack = (site: string, detail: { readonly [key: string]: number }): void => {
    log.error({ site, ...detail }, 'the stream has lost samples that can no longer be passed on again');
    const event = { kind: 'system', name: 'system.stream-went-back', subject: site, detail } as const;
    addEvent(queries, new Date(), event).catch((error) => log.warn({ err: error }, 'an event was not kept'));
  };
  stack.use(new StreamPasser(nats, { pool, clock: systemClock(), log, wentBack }));
}

function sendWebhooks({ pool, queries }: Database, { webhooks, log }: HubOptions): WebhookSender {
  const died = (subject: string, error: string): void => {
    const event = { kind: 'system', name: 'system.webhook-dead', subject, detail: { error } } as const;
    addEvent(queries, new Date(), event).catch((why) => log.warn({ err: why }, 'an event was not kept'));
  };
  const dropped = (subject: string, events: number): void => {
    log.warn({ webhook: subject, events }, 'too many events wait for a receiver: the oldest are dropped');
    const event = { kind: 'system', name: 'system.webhook-dropped', subject, detail: { events } } as const;
    addEvent(queries, new Date(), event).catch((why) => log.warn({ err: why }, 'an event was not kept'));
  };
  const settings = webhooks ?? WebhookSettings.parse({});
  return new WebhookSender(settings, { pool, clock: systemClock(), log, died, dropped });
}

/** Somebody must be able to begin. */
async function offerFirst({ people }: PeopleGate, log: Log): Promise<void> {
  const code = await people.firstCode();
  if (code === undefined) return;
  const hint =
    'open the console and use it within a day, or `holdfast hub users add NAME --grant administrator`';
  log.warn({ code, hint }, 'nobody administers this hub; the code makes the first administrator, once');
}

interface ListenPorts {
  readonly gate: Gate;
  readonly connections: Connections;
  readonly uplink: UplinkServer | undefined;
  readonly log: Log;
  readonly clock: ReturnType<typeof systemClock>;
}

/** What other hubs and commands end is off the line here, too. */
function listen({ connection, queries }: Database, ports: ListenPorts): NewsFeed {
  const { gate, connections, uplink, log, clock } = ports;
  const feed = new NewsFeed(connection, { clock, log });
  feed.onNews((news) => {
    if (news.kind === 'start') return connections.supersede(news.serial, news.start);
    if (news.kind === 'asked') return uplink?.asked(news.site);
    const cut = connections.end(news.serials);
    log.info({ site: news.site, cut }, 'identities of a site have ended');
  });
  // Nothing was heard for a while: the tables know.
  feed.onResumed(() => {
    gate
      .endedOf(connections.serials())
      .then((serials) => connections.end(serials))
      .catch((error) => log.warn({ err: error }, 'connections were not compared with the identities'));
    sitesAsked(queries)
      .then((sites) => {
        for (const site of sites) uplink?.asked(site);
      })
      .catch((error) => log.warn({ err: error }, 'it was not looked for what is asked of sites'));
  });
  return feed;
}
