import { hostname } from 'node:os';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';
import type { Deps, Point, Source, SourceDef } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { confirmation } from '#wire/mqtt/confirmation.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import { openSession, type Session } from '#wire/mqtt/session.ts';
import { browse } from './browse.ts';
import { Address, Config, check, endpoints } from './config.ts';
import { Host } from './host.ts';
import { stateMessage, stateWill } from './state.ts';
import { filters, stateTopic } from './topic.ts';
import { askRebirth, writePoint } from './write.ts';

/**
 * Sparkplug B 3.0 host application: births, data and deaths of edge nodes become samples, commands go out as NCMD and
 * DCMD. After each connection everything of a node is stale until its birth.
 */
export const sparkplug: SourceDef<typeof Config, typeof Address> = {
  kind: 'sparkplug',
  config: Config,
  address: Address,
  check,
  endpoints,
  secondSession: true, // under a client id of its own, and without a STATE
  async open(config, deps, signal) {
    deps.load.caps({ connections: 1, perSecond: config.rebirthsPerMinute / 60 });
    const link = new Link(config, deps);
    try {
      await link.open(signal);
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
    return source(config, deps, link);
  },
};

function source(config: Config, deps: Deps, link: Link): Source<Config> {
  let points = deps.points as readonly Point<Address>[];
  let current = config;
  return {
    read: (signal) => link.host.inbox.take(signal),
    ...(deps.mode === 'live' && {
      async write(command: Command): Promise<WriteResult> {
        return writePoint(command, points, link.host, link.sender);
      },
    }),
    // Births come at once, or after the pause for messages that overtake one another.
    browse: (from, signal) =>
      browse(link.host, from ?? '', current.reorderMs + ANSWER_MS, deps.clock, signal),
    async reconfigure(next, nextPoints) {
      if (RESTART.some((key) => JSON.stringify(next[key]) !== JSON.stringify(current[key]))) return false;
      current = next;
      points = nextPoints as readonly Point<Address>[];
      link.host.use(next, points);
      return true;
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

/** Time that a node has to answer a request for its birth. */
const ANSWER_MS = 1500;

/** What the session was opened with. */
const RESTART = [
  'url',
  'clientId',
  'username',
  'passwordEnv',
  'passwordFile',
  'tls',
  'version',
  'keepAliveS',
  'connectTimeoutMs',
  'hostId',
  'groups',
  'nodes',
  'maxPacketBytes',
  'inboxBytes',
] as const satisfies readonly (keyof Config)[];

/** Least pause between two corrections of our own state: two hosts of one id would do nothing else. */
const CORRECT_EVERY_US = 1e6;
const GOODBYE_MS = 500;

/** The session of a host with its STATE around it (Sparkplug 3.0, 5.14 and 6.4.25). */
class Link implements AsyncDisposable {
  readonly host: Host;
  readonly #config: Config;
  readonly #deps: Deps;
  readonly #ended = new AbortController();
  /** ms since 1970; the will and the birth of the host carry the same. */
  #bornMs = 0;
  #session: Session | undefined;
  #isOnline = false;
  #correctedUs = Number.NEGATIVE_INFINITY;

  constructor(config: Config, deps: Deps) {
    this.#config = config;
    this.#deps = deps;
    this.host = new Host(config, deps, {
      askRebirth: (node) => askRebirth(node, this.sender),
      sayOnline: () => this.#correct(),
    });
  }

  get sender(): { readonly session: Session; readonly clock: Clock; readonly load: Deps['load'] } {
    const { clock, load } = this.#deps;
    return { session: this.#session as Session, clock, load };
  }

  /** Listens first, then says that it is there: nodes that wait for this host are born at once (5.14). */
  async open(signal: AbortSignal): Promise<void> {
    const { clock, mode } = this.#deps;
    this.#bornMs = Math.floor(clock.nowUs() / 1000);
    const session = await openSession(await this.#options(), this.host, clock, signal);
    this.#session = session;
    this.host.attach(session);
    await orLate(this.#subscribe(session), this.#config.connectTimeoutMs, clock, signal);
    if (mode === 'live') await this.#say(session, true, this.#bornMs, signal);
    this.host.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.close();
    const session = this.#session;
    if (!session) return;
    // An orderly goodbye takes the will back, so the death is told by ourselves (6.4.25).
    if (this.#isOnline) {
      this.#isOnline = false;
      const nowMs = Math.floor(this.#deps.clock.nowUs() / 1000);
      await this.#say(session, false, nowMs, this.#ended.signal).catch(() => {}); // the broker may be gone
    }
    this.#ended.abort();
    await session[Symbol.asyncDispose]();
  }

  async #options() {
    const config = this.#config;
    const shadow = this.#deps.mode === 'shadow';
    const clientId = config.clientId ?? `holdfast-${hostname()}-${this.#deps.id}`;
    return {
      connection: config,
      clientId: shadow ? `${clientId}-shadow` : clientId,
      // Nothing is to be kept for a host that is away: births tell it all anew.
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: 1024,
      maxPacketBytes: config.maxPacketBytes,
      password: await readSecret('password', config.passwordEnv, config.passwordFile),
      will: shadow ? undefined : stateWill(config.hostId, this.#bornMs),
    };
  }

  async #subscribe(session: Session): Promise<void> {
    const { hostId, groups, nodes } = this.#config;
    const own = this.#deps.mode === 'live' ? [{ topic: stateTopic(hostId), qos: 1 as const }] : [];
    const wanted = [...own, ...filters(groups, nodes)];
    for (let i = 0; i < wanted.length; i += AT_ONCE) {
      const some = wanted.slice(i, i + AT_ONCE);
      const granted = await session.subscribe(some);
      const refused = some.findIndex((_, at) => (granted[at] ?? 0x80) >= 0x80);
      if (refused >= 0) throw notGranted(some[refused]?.topic ?? '', granted[refused] ?? 0x80);
    }
  }

  async #say(session: Session, online: boolean, atMs: number, signal: AbortSignal): Promise<void> {
    const answer = session.publish(stateMessage(this.#config.hostId, online, atMs));
    if (!answer) return;
    this.#isOnline = online;
    const waitMs = online ? this.#config.connectTimeoutMs : GOODBYE_MS;
    const said = await confirmation(answer, waitMs, this.#deps.clock, signal, true);
    signal.throwIfAborted();
    if (online && said.state !== 'done') throw notSaid(this.#config.hostId, said.reason);
  }

  /** Somebody said that we are away while we are there: the will of a session before, or another host of our id. */
  #correct(): void {
    const nowUs = this.#deps.clock.steadyUs();
    const session = this.#session;
    if (!this.#isOnline || !session || nowUs - this.#correctedUs < CORRECT_EVERY_US) return;
    this.#correctedUs = nowUs;
    this.#say(session, true, this.#bornMs, this.#ended.signal).catch((error) => {
      this.host.inbox.fail(Fault.from(error, 'sparkplug.state', this.#config.url));
    });
  }
}

/** Filters in one SUBSCRIBE: brokers limit packets, and some the number of filters. */
const AT_ONCE = 100;

/** A broker that lives but never answers must not hold up opening for good. */
async function orLate(work: Promise<void>, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if ((await within(work, ms, 'late', clock, signal)) !== 'late') return;
  signal.throwIfAborted();
  throw new Fault('mqtt.timeout', `the broker did not answer SUBSCRIBE within ${ms} ms`);
}

const notGranted = (topic: string, code: number): Fault =>
  new Fault('mqtt.subscription-refused', `the broker refused ${topic}: ${reasonName(code)}`, {
    hint: "Allow this user to read spBv1.0/# in the broker's access list, or name groups and nodes.",
  });

const notSaid = (hostId: string, reason: string): Fault =>
  new Fault('sparkplug.state', `the broker did not take ${stateTopic(hostId)}: ${reason}`, {
    hint: "Allow this user to write its own STATE topic, retained, in the broker's access list.",
  });
