import type { PublishView } from '#codec/mqtt/publish.ts';
import { TopicTable } from '#codec/mqtt/topics.ts';
import { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import type { Delivery, Deps, Inbox, Point } from '#plugin/api.ts';
import { EventRate } from '#plugin/event-rate.ts';
import type { Session, SessionEvents } from '#wire/mqtt/session.ts';
import type { Address, Config } from './config.ts';
import { EdgeNode } from './node.ts';
import type { NodePorts } from './node-ports.ts';
import { type Rebirths, rebirthsOf } from './rebirths.ts';
import { saysOffline } from './state.ts';
import { subjectOf, TagBook } from './tag-book.ts';
import { type Route, routeOf, stateTopic } from './topic.ts';
import { Unit } from './unit.ts';
import { Wake } from './wake.ts';

/** Bytes of messages that wait for others, all nodes together. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;
/** Devices of all nodes together. */
const MOST_DEVICES = 10_000;
/** Topics remembered, so that they cost one look-up each time and not a search. */
const MOST_TOPICS = 50_000;
/** Longer ones are passed over: 65 KB each would be remembered otherwise. */
const MOST_TOPIC_BYTES = 1024;
/** What births of all nodes together may take in memory, but for those that the site file names. */
const MOST_BORN_BYTES = 256 * 1024 * 1024;
const BYTES_A_ROW = 4 + 8 + 8 + 2;
const NOBODY = Symbol('not listened to');

interface Known extends Route {
  readonly to: EdgeNode;
}

interface Lost {
  readonly count: number | undefined;
  readonly fromUs: number;
}

export interface HostPorts {
  /** Asks a node for its birth; only a live host does. */
  readonly askRebirth: (node: EdgeNode) => void;
  /** Somebody else said under our host id that we are away. */
  readonly sayOnline: () => void;
}

/** From the session's messages to deliveries in the inbox: one for each chunk of the socket. */
export class Host implements SessionEvents {
  readonly inbox: Inbox;
  readonly nodes = new Map<string, EdgeNode>();
  /** Rises with each birth. */
  births = 0;
  /** While somebody looks around: nodes without tags are asked for their birth, too. */
  browsers = 0;
  readonly #deps: Deps;
  readonly #ports: HostPorts;
  readonly #book: TagBook;
  readonly #rebirths: Rebirths;
  readonly #wake: Wake;
  readonly #due = new Map<EdgeNode, number>();
  readonly #topics = new TopicTable();
  /** By the number of the topic; undefined where it has to be looked up anew. */
  readonly #routes: (Known | typeof NOBODY | undefined)[] = [];
  readonly #rows = new BatchBuilder();
  readonly #late = new BatchBuilder();
  /** Samples lost in this chunk, by whose they are. */
  readonly #gaps = new Map<EdgeNode | Unit, Map<GapReason, Lost>>();
  readonly #rates = new Map<string, EventRate>();
  readonly #nodePorts: NodePorts;
  #config: Config;
  #points: readonly Point<Address>[];
  #session: Session | undefined;
  #devices = 0;
  #receivedUs = 0;
  #acks: number[] = [];

  constructor(config: Config, deps: Deps, ports: HostPorts) {
    this.#config = config;
    this.#deps = deps;
    this.#ports = ports;
    this.#book = new TagBook(config, deps);
    this.#rebirths = rebirthsOf(deps.load, limitsOf(config), deps.clock.steadyUs());
    this.#wake = new Wake(deps.clock, () => this.#wakeUp());
    this.#nodePorts = this.#portsOfNodes();
    this.inbox = deps.inbox(config.inboxBytes);
    this.inbox.onDrain(() => this.#session?.resume());
    this.#points = deps.points as readonly Point<Address>[];
    this.#place(this.#points);
  }

  /** The session is there, and listens to nothing yet. */
  attach(session: Session): void {
    this.#session = session;
  }

  /** The session listens; nodes of the site file that stay unknown are asked for their birth. */
  start(): void {
    for (const node of this.nodes.values()) this.#wantUnborn(node);
  }

  /** Takes other points and rules. Nodes with new points are asked for a birth: it brings the values. */
  use(config: Config, points: readonly Point<Address>[]): void {
    this.#config = config;
    this.#rebirths.use(limitsOf(config));
    this.chunk();
    const before = new Map([...this.nodes.values()].map((node) => [node, new Set(node.tags)]));
    const others = otherTags(this.#points, points);
    this.#points = points;
    this.#book.use(config, points);
    this.#place(points);
    // The limit may be higher now, and a point may have brought a node that was too many.
    for (const [i, route] of this.#routes.entries()) if (route === NOBODY) this.#routes[i] = undefined;
    for (const node of this.nodes.values()) {
      node.rebind();
      const isNew = node.tags.some((tag) => others.has(tag) || !before.get(node)?.has(tag));
      if (isNew) this.#wantRebirth(node, 'new tags');
    }
    this.chunkDone(0);
  }

  chunk(): void {
    this.#receivedUs = this.#deps.clock.nowUs();
  }

  message(view: PublishView): void {
    if (view.qos === 1) this.#acks.push(view.packetId);
    const route = this.#routeOf(view);
    if (route === undefined) this.#state(view);
    // A retained message is not the node speaking: births and deaths are never retained (6.4.5 and later).
    else if (route !== NOBODY && !view.retain) {
      route.to.message(route.type, route.device, view.bytes, view.payloadStart, view.payloadEnd);
    }
  }

  oversized(view: PublishView): void {
    if (view.qos === 1) this.#acks.push(view.packetId);
    const route = this.#routeOf(view);
    if (route !== undefined && route !== NOBODY) route.to.oversized(route.type, route.device);
  }

  chunkDone(bytes: number): void {
    // Nothing waits for the disk: what is of QoS 1 are wills, and what they say is known anew after each connection.
    if (this.#acks.length > 0) this.#session?.acknowledge(this.#acks);
    this.#acks = [];
    const receivedUs = this.#receivedUs;
    if (this.#late.rows > 0) this.#push({ batch: this.#late.take({ receivedUs, late: true }) }, 0);
    const gaps = this.#takeGaps();
    if (this.#rows.rows === 0 && gaps.length === 0) return;
    const batch = this.#rows.take({ receivedUs });
    this.#push({ batch, ...(gaps.length > 0 && { gaps }) }, bytes);
  }

  lost(fault: Fault): void {
    this.close();
    this.inbox.fail(fault);
  }

  close(): void {
    this.#wake.close();
  }

  /** The node or device of an address, if there is one. */
  find({ group, node, device }: Pick<Address, 'group' | 'node' | 'device'>): Unit | undefined {
    const found = this.nodes.get(`${group}/${node}`);
    return device === undefined ? found?.own : found?.devices.get(device);
  }

  /** Whether a node may have been born anew without our knowing: its aliases may mean something else. */
  isUnsure({ group, node }: Pick<Address, 'group' | 'node'>): boolean {
    return this.nodes.get(`${group}/${node}`)?.mayBeReborn ?? false;
  }

  /** Asks for births of all nodes that were heard of. */
  wantAll(): void {
    for (const node of this.nodes.values()) {
      if (node.state === 'unborn') this.#wantRebirth(node, 'somebody looks around');
    }
  }

  #push(delivery: Delivery, bytes: number): void {
    if (!this.inbox.push(delivery, bytes + delivery.batch.rows * BYTES_A_ROW)) this.#session?.pause();
  }

  /** Undefined for topics that no node publishes to. */
  #routeOf({ bytes, topicStart, topicEnd }: PublishView): Known | typeof NOBODY | undefined {
    const number = this.#topics.find(bytes, topicStart, topicEnd);
    const cached = number >= 0 ? this.#routes[number] : undefined;
    if (cached !== undefined) return cached;
    if (topicEnd - topicStart > MOST_TOPIC_BYTES) {
      this.#tell('sparkplug.too-large', 'a topic', { bytes: topicEnd - topicStart });
      return NOBODY;
    }
    const topic = Buffer.from(bytes.subarray(topicStart, topicEnd)).toString();
    const route = routeOf(topic);
    if (!route) return undefined;
    const to = this.#nodeOf(route.group, route.node);
    const known = to ? { ...route, to } : NOBODY;
    if (number >= 0 || this.#topics.size < MOST_TOPICS) this.#routes[this.#topics.add(topic)] = known;
    return known;
  }

  #nodeOf(group: string, id: string): EdgeNode | undefined {
    const key = `${group}/${id}`;
    const known = this.nodes.get(key);
    if (known) return known;
    if (this.nodes.size >= this.#config.mostNodes) {
      this.#tell('sparkplug.too-many', key, { limit: this.#config.mostNodes });
      return undefined;
    }
    const node = new EdgeNode(group, id, this.#nodePorts);
    this.nodes.set(key, node);
    return node;
  }

  /** Nodes and devices of the site file are there from the beginning: their tags turn bad with them. */
  #place(points: readonly Point<Address>[]): void {
    for (const { address } of points) {
      const { group, node: id, device } = address;
      const key = `${group}/${id}`;
      const node = this.nodes.get(key) ?? new EdgeNode(group, id, this.#nodePorts);
      this.nodes.set(key, node);
      if (device !== undefined && !node.devices.has(device)) {
        node.devices.set(device, new Unit(group, id, device));
      }
      for (const unit of node.units()) if (!unit.isBorn) unit.tags = this.#book.pointsOf(unit);
    }
  }

  #state(view: PublishView): void {
    if (view.topic !== stateTopic(this.#config.hostId)) return;
    if (saysOffline(view.bytes.subarray(view.payloadStart, view.payloadEnd))) this.#ports.sayOnline();
  }

  #portsOfNodes(): NodePorts {
    const { clock } = this.#deps;
    return {
      reader: new MetricReader(),
      rows: this.#rows,
      late: this.#late,
      receivedUs: () => this.#receivedUs,
      steadyUs: () => clock.steadyUs(),
      reorderUs: () => this.#config.reorderMs * 1000,
      mayHold: (bytes) => this.#heldBytes() + bytes <= MOST_HELD_BYTES,
      mayGrow: () => this.#devices < MOST_DEVICES && ++this.#devices > 0,
      mayKnow: (unit, bytes) => this.#mayKnow(unit, bytes),
      bind: (unit) => {
        this.births++;
        return this.#book.bind(unit);
      },
      wantRebirth: (node, reason) => this.#wantRebirth(node, reason),
      heard: (node) => this.#rebirths.heard(subjectOf(node.own)),
      born: (node) => this.#rebirths.born(subjectOf(node.own), this.#deps.clock.steadyUs()),
      settled: (node) => this.#rebirths.settled(subjectOf(node.own)),
      gap: (whose, count, reason, fromUs = this.#receivedUs) => this.#gap(whose, count, reason, fromUs),
      told: (name, unit, detail) => this.#tell(name, subjectOf(unit), detail),
      deadline: (node, atUs) => {
        if (Number.isFinite(atUs)) this.#due.set(node, atUs);
        else this.#due.delete(node);
        this.#wake.at(atUs);
      },
    };
  }

  #mayKnow(unit: Unit, bytes: number): boolean {
    if (this.#book.pointsOf(unit).length > 0) return true;
    let known = bytes;
    for (const node of this.nodes.values()) for (const other of node.units()) known += other.bornBytes;
    return known <= MOST_BORN_BYTES;
  }

  #heldBytes(): number {
    return this.nodes.values().reduce((sum, node) => sum + node.heldBytes, 0);
  }

  #gap(whose: EdgeNode | Unit, count: number | undefined, reason: GapReason, fromUs: number): void {
    const lost = this.#gaps.get(whose) ?? new Map<GapReason, Lost>();
    const before = lost.get(reason) ?? { count: 0, fromUs };
    const isKnown = before.count !== undefined && count !== undefined;
    lost.set(reason, {
      count: isKnown ? (before.count ?? 0) + count : undefined,
      fromUs: Math.min(before.fromUs, fromUs),
    });
    this.#gaps.set(whose, lost);
  }

  #takeGaps(): readonly Gap[] {
    const atUs = this.#receivedUs;
    const gaps: Gap[] = [];
    for (const [{ tags }, lost] of this.#gaps) {
      if (tags.length === 0) continue; // nobody asked for what was lost
      for (const [reason, { count, fromUs }] of lost) {
        gaps.push({ source: this.#deps.id, tags, fromUs, toUs: Math.max(fromUs, atUs), count, reason });
      }
    }
    this.#gaps.clear();
    return gaps;
  }

  #tell(name: string, subject: string, detail: { readonly [key: string]: string | number }): void {
    const rate = this.#rates.get(name) ?? new EventRate(this.#deps, { kind: 'system', name });
    this.#rates.set(name, rate);
    rate.tell(subject, detail);
  }

  #wantRebirth(node: EdgeNode, reason: string): void {
    if (this.#deps.mode !== 'live') return;
    if (this.browsers === 0 && !this.#book.wants(node.own)) return;
    const nowUs = this.#deps.clock.steadyUs();
    if (this.#rebirths.want(subjectOf(node.own), nowUs)) {
      this.#tell('sparkplug.rebirth-wanted', subjectOf(node.own), { reason });
      this.#wake.at(this.#rebirths.nextUs(nowUs));
    }
  }

  /** A node may have been born before we came, and have nothing to say: asked, unless its birth comes by itself. */
  #wantUnborn(node: EdgeNode): void {
    if (this.#deps.mode !== 'live' || node.state !== 'unborn' || node.tags.length === 0) return;
    const nowUs = this.#deps.clock.steadyUs();
    this.#rebirths.want(subjectOf(node.own), nowUs, nowUs + this.#config.reorderMs * 1000);
    this.#wake.at(this.#rebirths.nextUs(nowUs));
  }

  /** @returns when there is something to do next */
  #wakeUp(): number {
    try {
      return this.#doDue();
    } catch (error) {
      // Not for whoever keeps the time to deal with: it is a fault of the source, as at a message.
      this.lost(Fault.from(error, 'sparkplug.failed', `source ${this.#deps.id}`));
      return Number.POSITIVE_INFINITY;
    }
  }

  #doDue(): number {
    const nowUs = this.#deps.clock.steadyUs();
    this.chunk();
    for (const [node, atUs] of this.#due) if (atUs <= nowUs) node.due(nowUs);
    this.chunkDone(0);
    for (const key of this.#rebirths.take(nowUs)) {
      const node = this.nodes.get(key);
      if (!node) continue;
      this.#ports.askRebirth(node);
      // It may not answer, or not be there: asked again, ever more seldom.
      this.#wantUnborn(node);
    }
    const dueUs = [...this.#due.values()].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return Math.min(dueUs, this.#rebirths.nextUs(nowUs));
  }
}

/** Tags that are another metric now, or another type: what was read last says nothing of them. */
function otherTags(before: readonly Point<Address>[], after: readonly Point<Address>[]): ReadonlySet<number> {
  const textOf = ({ tag, address }: Point<Address>) => JSON.stringify([tag.type, tag.access, address]);
  const was = new Map(before.map((point) => [point.tag.number, textOf(point)]));
  const others = after.filter((point) => was.get(point.tag.number) !== textOf(point));
  return new Set(others.map(({ tag }) => tag.number));
}

const limitsOf = (config: Config) => ({
  everyMs: config.rebirthEveryMs,
  perMinute: config.rebirthsPerMinute,
});
