import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { Asking } from '#wire/opcua/asking.ts';
import type { Columns } from '#wire/opcua/columns.ts';
import { opcuaFault } from '#wire/opcua/faults.ts';
import type { Session } from '#wire/opcua/session.ts';
import { Absences } from './absences.ts';
import type { Address } from './address.ts';
import type { Config } from './config.ts';
import { Feed } from './feed.ts';
import { type Item, Items } from './items.ts';
import { type OperationLimits, readLimits } from './limits.ts';
import { type FoundNode, Nodes } from './nodes.ts';
import { Slices } from './slices.ts';
import { loadStructures, needsStructures, resolveStructures, structuresIn } from './structures.ts';
import { Subscription, type SubscriptionPorts } from './subscription.ts';
import { Verifier } from './verifier.ts';

/** How often silence is looked for. */
const LOOK_MS = 250;
/** Shortest silence that counts. */
const SILENT_AT_LEAST_MS = 2000;
/** Periods within which a second rebuilding shows that the first one did not help. */
const AGAIN = 3;
const BAD_NODE_UNKNOWN = 0x8034;
const NONE: ReadonlySet<number> = new Set();

/** Reads the points of one session: subscribes, watches that what is promised comes, and says what does not. */
export class Reader {
  readonly feed: Feed;
  readonly limits: OperationLimits;
  readonly nodes: Nodes;
  #config: Config;
  readonly #deps: Deps;
  readonly #clock: Clock;
  readonly #session: Session;
  readonly #items = new Items();
  readonly #ended = new AbortController();
  readonly #ports: SubscriptionPorts;
  readonly #verifier: Verifier;
  #subscription: Subscription;
  /** Steady; 0: never. */
  #rebuiltUs = 0;
  /** What is done to the subscription is done one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #rebuilding: Promise<void> | undefined;
  #absences: Absences | undefined;
  #structures: Promise<void> | undefined;
  /** Notifications with structures that are still being decoded, and all behind them. */
  #decoding: Promise<void> | undefined;

  private constructor(config: Config, deps: Deps, session: Session, limits: OperationLimits) {
    this.#config = config;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#session = session;
    this.limits = limits;
    this.nodes = new Nodes(session.session, new Slices(limits.browse));
    this.feed = new Feed(deps, this.#items, config.inboxBytes);
    this.#ports = {
      session: session.session,
      library: session.library,
      clock: deps.clock,
      config,
      slices: new Slices(limits.monitoredItems),
      data: (columns) => this.#data(columns),
      ended: (status) => this.#rebuild(`the server ended the subscription: ${status}`),
      missed: () => this.feed.lost('device-overflow'),
    };
    this.#verifier = new Verifier(
      { session: session.session, clock: deps.clock, graceMs: graceMs(config) },
      this.#items,
      this.feed,
      new Slices(limits.read),
    );
    this.#verifier.everyMs = config.verifyEveryMs;
    this.#subscription = undefined as unknown as Subscription;
  }

  static async open(config: Config, deps: Deps, session: Session, signal: AbortSignal): Promise<Reader> {
    const limits = await readLimits(session.session, signal);
    const reader = new Reader(config, deps, session, limits);
    reader.#subscription = await Subscription.create(reader.#ports);
    reader.#tellRevised();
    return reader;
  }

  /** Tags whose absence before this session is filled or told by it. */
  get covered(): ReadonlySet<number> {
    return this.#absences?.covered ?? NONE;
  }

  /** Begins; what goes wrong from now on ends the feed. */
  start(points: readonly Point<Address>[]): void {
    this.feed.inbox.onDrain(() => this.#subscription.pause(false));
    this.#session.lost.then((fault) => this.fail(fault));
    const signal = this.#ended.signal;
    const guarded = (work: Promise<void>) =>
      work.catch((error) => {
        if (!signal.aborted) this.fail(error);
      });
    if (this.#config.history === 'fill') this.#absences = this.#absencesOf(points);
    void guarded(this.add(points).then(() => this.#fill(signal)));
    void guarded(this.#watch(signal));
    void guarded(this.#retryNodes(signal));
    void guarded(this.#verifier.run(signal, (count) => this.#withheld(count)));
  }

  fail(error: unknown): void {
    this.#end();
    this.feed.inbox.fail(opcuaFault(error, this.#session.url));
  }

  #end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#absences?.end();
  }

  /** Nothing is taken or asked any more; the session goes with its subscription. */
  stop(): void {
    this.#end();
    this.#subscription.forget();
    this.feed.inbox.fail(new Fault('opcua.closed', `source ${this.#deps.id} is closed`, { retry: 'never' }));
  }

  add(points: readonly Point<Address>[]): Promise<void> {
    return this.#inTurn(() => this.#add(points));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {}); // whoever asked is told
    return turn;
  }

  async #add(points: readonly Point<Address>[]): Promise<void> {
    const read = points.filter(({ tag, address }) => tag.access !== 'write' && address.method === undefined);
    const items = read.map((point) => this.#items.add(point));
    if (needsStructures(items)) {
      this.#structures ??= loadStructures(this.#session);
      await this.#structures;
    }
    await this.#monitor(items);
  }

  #absencesOf(points: readonly Point<Address>[]): Absences {
    const history = { ...this.#session, limits: this.limits, clock: this.#clock };
    return new Absences({ deps: this.#deps, items: this.#items, feed: this.feed, history }, points);
  }

  /** A hole ends where live values begin: those that do not come in time have none to wait for. */
  async #fill(signal: AbortSignal): Promise<void> {
    if (!this.#absences) return;
    const deadlineUs = this.#clock.steadyUs() + graceMs(this.#config) * 1000;
    const isWaiting = () =>
      this.#items.all.some(({ slot, id }) => id !== undefined && this.#items.firstTimeUs[slot] === 0);
    do await this.#clock.sleep(LOOK_MS, signal);
    while (this.#clock.steadyUs() < deadlineUs && isWaiting());
    await new Asking('browse').run(() => this.#absences?.fill(signal));
  }

  /** What is gone is no longer monitored; what is new is; nothing else is touched. */
  change(config: Config, points: readonly Point<Address>[]): Promise<void> {
    return this.#inTurn(() => this.#change(config, points));
  }

  async #change(config: Config, points: readonly Point<Address>[]): Promise<void> {
    const { sampleMs, queue } = this.#config;
    // Those without settings of their own follow the source's.
    const follows = ({ point: { address } }: Item) =>
      (config.sampleMs !== sampleMs && address.sampleMs === undefined) ||
      (config.queue !== queue && address.queue === undefined);
    this.#config = config;
    this.#ports.config = config;
    this.#verifier.everyMs = config.verifyEveryMs;
    const wanted = new Map(points.map((point) => [point.tag.number, point]));
    const gone = this.#items.all.filter((item) => follows(item) || !same(item.point, wanted.get(item.tag)));
    for (const item of gone) this.#items.remove(item);
    await this.#subscription.remove(gone, this.#ended.signal);
    await this.#add(points.filter(({ tag }) => !this.#items.ofTag(tag.number)));
  }

  /** Node of an address, looked for in this session. */
  async find(text: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.nodes.find([text], signal))[0];
  }

  /** As `find`, with the node that a path leads through last. */
  async way(text: string, signal: AbortSignal): Promise<FoundNode | undefined> {
    return (await this.nodes.ways([text], signal))[0];
  }

  /** The node of a tag that is monitored. */
  nodeOf(tag: number): string | undefined {
    return this.#items.ofTag(tag)?.node;
  }

  /** Paths of the tags that are monitored, by their nodes. Of several that read parts of one, the first. */
  tagsByNode(): Map<string, string> {
    const found = this.#items.all.flatMap(({ node, point }) =>
      node === undefined ? [] : [[node, point.tag.path] as const],
    );
    return new Map(found.reverse());
  }

  async #monitor(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const signal = this.#ended.signal;
    const texts = items.map(({ point }) => point.address.node ?? (point.address.path as string));
    const nodes = await this.nodes.find(texts, signal);
    for (const [i, item] of items.entries()) item.node = nodes[i];
    const known = items.filter((item) => item.node !== undefined);
    const status = await this.#subscription.add(known, signal);
    const refused = known.flatMap((item, i) =>
      item.id === undefined ? [[item.tag, (status[i] ?? 0) >>> 16] as const] : [],
    );
    const unknown = items.filter((item) => item.node === undefined);
    this.feed.bad([...refused, ...unknown.map((item) => [item.tag, BAD_NODE_UNKNOWN] as const)]);
    const missing = refused.length + unknown.length;
    this.#deps.log.debug({ source: this.#deps.id, monitored: known.length, missing }, 'opcua: monitoring');
  }

  #data(columns: Columns | undefined): void {
    const structures = columns ? structuresIn(columns) : [];
    if (structures.length === 0 && !this.#decoding) {
      this.#take(columns);
      return;
    }
    // In the order of arrival: what comes behind waits as well.
    const before = this.#decoding ?? Promise.resolve();
    const decoding: Promise<void> = before
      .then(() => resolveStructures(this.#session, structures))
      .then(() => this.#take(columns))
      .catch((error) => this.fail(error))
      .then(() => {
        if (this.#decoding === decoding) this.#decoding = undefined;
      });
    this.#decoding = decoding;
  }

  #take(columns: Columns | undefined): void {
    this.feed.columns(columns);
    if (this.feed.inbox.full) this.#subscription.pause(true);
  }

  /** Age of what the server publishes, keep-alives included: the state of a socket says nothing. */
  async #watch(signal: AbortSignal): Promise<void> {
    for (let lookedUs = this.#clock.steadyUs(); ; ) {
      await this.#clock.sleep(LOOK_MS, signal);
      const sinceMs = (this.#clock.steadyUs() - lookedUs) / 1000;
      lookedUs = this.#clock.steadyUs();
      // Held up ourselves, we have not taken what has come meanwhile.
      if (sinceMs > 2 * LOOK_MS || this.feed.inbox.full || this.#rebuilding) continue;
      const silentMs = (this.#clock.steadyUs() - this.#subscription.aliveUs) / 1000;
      if (silentMs > this.#silentLimitMs)
        this.#rebuild(`nothing was published for ${Math.round(silentMs)} ms`);
    }
  }

  get #silentLimitMs(): number {
    return Math.max(SILENT_AT_LEAST_MS, 2 * this.#subscription.revised.keepAliveMs);
  }

  #withheld(count: number): void {
    this.#rebuild(`${count} values changed that the subscription did not bring`, { withheld: count });
  }

  /** A new subscription in the same session; when that does not help, a new session. */
  #rebuild(why: string, detail: { readonly withheld?: number } = {}): void {
    if (this.#rebuilding || this.#ended.signal.aborted) return;
    const nowUs = this.#clock.steadyUs();
    const againMs = AGAIN * Math.max(this.#config.verifyEveryMs, this.#silentLimitMs);
    if (this.#rebuiltUs > 0 && nowUs - this.#rebuiltUs < againMs * 1000) {
      this.fail(
        new Fault('opcua.silent', `${this.#session.url}: ${why}`, {
          hint: 'The server answers, but sends no changes: its session is opened anew.',
        }),
      );
      return;
    }
    this.#rebuiltUs = nowUs;
    if (detail.withheld === undefined) this.feed.lost('device-silent');
    const subject = this.#deps.id;
    this.#deps.event({
      kind: 'system',
      name: 'opcua.subscription-rebuilt',
      subject,
      detail: { why, ...detail },
    });
    this.#rebuilding = this.#inTurn(() => this.#again()).then(
      () => {
        this.#rebuilding = undefined;
      },
      (error) => this.fail(error),
    );
  }

  async #again(): Promise<void> {
    // The server may have it no more: then there is nothing to delete. One that does not even say so is gone.
    await this.#inTime(() => this.#subscription.delete().catch(() => {}));
    this.#subscription = await this.#inTime(() => Subscription.create(this.#ports));
    const items = this.#items.all;
    for (const item of items) item.id = undefined;
    await this.#monitor(items);
  }

  /** The library waits five seconds at least. @throws Fault `opcua.timeout` */
  #inTime<T>(work: () => Promise<T>): Promise<T> {
    const { requestTimeoutMs } = this.#config;
    const late = () =>
      new Fault('opcua.timeout', `${this.#session.url} did not answer within ${requestTimeoutMs} ms`, {
        hint: 'The connection may be dead, or the server overloaded; it is opened anew.',
      });
    return new Asking('read').within(work, requestTimeoutMs, late);
  }

  async #retryNodes(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#config.retryNodesMs, signal);
      await this.#inTurn(() => this.#monitor(this.#items.all.filter((item) => item.id === undefined)));
    }
  }

  #tellRevised(): void {
    const { revised } = this.#subscription;
    this.#deps.log.info({ source: this.#deps.id, ...revised }, 'opcua: subscribed');
  }
}

/** Time for a value that was read to come by the subscription as well: queues and networks are slow. */
const graceMs = ({ publishMs }: Config): number => 3 * publishMs + 1000;

const same = (had: Point<Address>, wants: Point<Address> | undefined): boolean =>
  wants !== undefined &&
  had.tag.type === wants.tag.type &&
  (had.tag.access === 'write') === (wants.tag.access === 'write') &&
  JSON.stringify(had.address) === JSON.stringify(wants.address);
