import type * as z from 'zod';
import type { Batch, Value } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Log } from '#kernel/log.ts';
import type { Tag, TagInfo } from '#kernel/tag-table.ts';

export type { Log } from '#kernel/log.ts';

/** What a plugin exports; `config` also makes its docs page, its editor hints and its form. */
export interface Definition<S extends z.ZodType, Running, D = Deps> {
  readonly kind: string;
  readonly config: S;
  /**
   * The signal covers opening only. An unreachable peer is a Fault that the supervisor retries, never a
   * configuration error.
   */
  open(config: z.output<S>, deps: D, signal: AbortSignal): Promise<Running>;
  /** Longest that opening may take, where the configuration has a say in it; absent: 15 s. */
  openMs?(config: z.output<S>): number;
}

/** A source also says how a tag is addressed at it: addresses sit on the tag, so that types can be instantiated. */
export interface SourceDef<S extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType>
  extends Definition<S, Source<z.output<S>>> {
  readonly address: A;
  /**
   * What the schemas cannot see: points that contradict each other or the configuration. Every finding names the
   * point (absent: the configuration itself) and what to write instead.
   */
  check?(config: z.output<S>, points: readonly Point<z.output<A>>[]): readonly Finding[];
  /** Whether the device bears a second session beside the first, so that a shadow may read it too. */
  readonly secondSession: boolean;
  /** Where it listens, in the order in which it is tried: what a source test asks first, by name and by port. */
  endpoints?(config: z.output<S>): readonly Endpoint[];
  /** What the protocol can say of its peer between the port and the session: offers, certificates, refusals. */
  explain?(config: z.output<S>, deps: Deps, signal: AbortSignal): AsyncIterable<TestStep>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Whether TLS begins with the first byte. */
  readonly tls?: boolean;
}

/** One step of a source test, from the outside in: name, port, TLS, session, first value. */
export interface TestStep {
  readonly step: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found, one sentence. */
  readonly said: string;
  readonly hint?: string;
}

/**
 * Looks for what there is of a protocol, in a range that people name: slowly, and only reading, because controllers
 * are weak and shared.
 */
export interface DiscoveryDef<R extends z.ZodType = z.ZodType> {
  readonly kind: string;
  /** The range, as options of the command line: hosts, ports, units, topics. */
  readonly range: R;
  /** What would be asked, and how long that takes: shown before anything leaves. @throws Fault `discover.range` */
  plan(range: z.output<R>): DiscoveryPlan;
  run(range: z.output<R>, deps: Pick<Deps, 'clock' | 'log'>, signal: AbortSignal): AsyncIterable<Discovered>;
}

export interface DiscoveryPlan {
  /** Sentences for people: each kind of request, to whom, how many. */
  readonly asks: readonly string[];
  readonly requests: number;
  /** At the pause between requests that the range gives. */
  readonly seconds: number;
}

export interface Discovered {
  /** Where: `opc.tcp://10.0.0.7:4840`, `10.0.0.9:502 unit 3`, a topic. */
  readonly at: string;
  readonly said: string;
  /** An entry for `sources` of the site file that would reach it. */
  readonly source?: { readonly id: string; readonly config: Json };
}

export interface Finding {
  /** Path of the tag concerned. */
  readonly tag?: string;
  readonly message: string;
  readonly hint: string;
}

/** A tag at a source: the number that rows carry, and where the device keeps it. */
export interface Point<Address = unknown> {
  readonly tag: Tag;
  readonly address: Address;
}

export interface Deps {
  /** Id of this source in the site file. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The tags of this source, addresses already validated by its schema. */
  readonly points: readonly Point[];
  readonly tags: Tags;
  /** Live reads and writes; a shadow only reads, and takes nothing away from the live one beside it. */
  readonly mode: 'live' | 'shadow';
  readonly trust: PeerTrust;
  /** A bounded queue for protocols that push. @param limitBytes rows beyond it pause the peer or become a gap */
  inbox(limitBytes: number): Inbox;
  /**
   * Use of the device as the source sees it, for the load budget: counters that only rise, and gauges. The same object
   * over all sessions and changes of a source.
   */
  readonly load: Load;
  /** What the site must know besides samples: a clock skew, a changed certificate. Source and time are added. */
  event(event: Pick<SiteEvent, 'kind' | 'name' | 'subject'> & Partial<SiteEvent>): void;
}

/**
 * Certificates of peers, which people trust or reject by command (IEC 62443-3-3 SR 1.8; OPC UA Part 4, 6.1.3). Nothing
 * is trusted by itself.
 */
export interface PeerTrust {
  /**
   * Whether this certificate is trusted for this peer. One that is not known yet waits in a list for people, and its
   * first sight is a security event; so is one that differs from what was trusted for this peer before.
   * @param peer where it was met, such as `opc.tcp://10.0.0.7:4840`
   * @param certificate DER
   * @param pinned SHA-256 fingerprints that the site file trusts, as hex, colons allowed
   */
  judge(peer: string, certificate: Uint8Array, pinned?: readonly string[]): Judgement;
  /** The site's own certificate and key for a protocol, made on first use and kept; PEM files. */
  identity(request: IdentityRequest): Promise<Identity>;
}

export type Judgement = 'trusted' | 'waiting' | 'changed' | 'rejected';

export interface IdentityRequest {
  /** Names the files: `opcua`. */
  readonly protocol: string;
  readonly commonName: string;
  /** In the subject alternative name (OPC UA Part 6, 6.2.2). */
  readonly uri?: string;
}

export interface Identity {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** The URI in the certificate, by which the application calls itself; the one of the first request, for good. */
  readonly uri?: string;
}

export interface Tags {
  /**
   * For tags that appear at run time (births, wildcards). The number is durable before its first row is.
   * @param staleAfterMs bad after this long without a row; 0 or absent: however long it is silent
   * @throws Fault `tag.owned` when the site file or another source has a tag of this path
   */
  declare(info: TagInfo, staleAfterMs?: number): Tag;
  /** Newest source time taken of a tag, earlier runs included, to tell rows that are sent again; 0 when not known. */
  newestUs?(tag: number): number;
}

/** The PLC load budget: what the device bears (caps, from the configuration) beside what it is asked. */
export interface Load {
  /** Counted by the source for each request it sends. @param ms until its answer or time-out; undefined: none to wait for */
  request(ms: number | undefined, outcome: 'ok' | 'timeout' | 'refused' | 'garbage'): void;
  /** Most of each that the configuration allows; shown beside the use. */
  caps(caps: {
    readonly connections?: number;
    readonly perSecond?: number;
    readonly outstanding?: number;
  }): void;
}

/** One step of a source: rows, holes it knows of, and whom to tell once all is on disk. */
export interface Delivery {
  readonly batch: Batch;
  readonly gaps?: readonly Gap[];
  /** Called once: `durable` after the fsync, or the Fault that kept the rows from the disk. */
  readonly settled?: (result: 'durable' | Fault) => void;
}

export interface Source<C = unknown> extends AsyncDisposable {
  /**
   * True when the peer kept what it sent while we were away, so that coming back leaves no gap. Where that holds for
   * some tags only, these: the absence is told as a gap of the others.
   */
  readonly resumed?: boolean | ReadonlySet<number>;
  /**
   * Waits for rows. Called again once these are accepted: that is the backpressure. A rejection is a fault of the
   * whole source: the supervisor disposes it and opens it again. A device that is merely silent sends rows with a
   * bad quality instead.
   */
  read(signal: AbortSignal): Promise<Delivery>;
  /** Absent on read-only sources. Never rejects for what the device does; never retries. */
  write?(command: Command, signal: AbortSignal): Promise<WriteResult>;
  /**
   * What can be found there: nodes, registers, topics, devices; for commissioning and inventory.
   * @param forMs how long to listen where nothing can be asked for and things speak by themselves
   */
  browse?(from: string | undefined, signal: AbortSignal, forMs?: number): AsyncIterable<Found>;
  /**
   * Takes a changed configuration and changed points without dropping the session. `read` may be under way. Rows that
   * were read before it resolves must not be mixed into batches with a later `receivedUs`: by that the supervisor knows
   * which rows of changed points still have their earlier meaning. Not called for fields marked `restart`.
   * @returns false when it cannot, having changed nothing: then it is opened anew, as also where this is absent
   */
  reconfigure?(next: C, points: readonly Point[]): Promise<boolean>;
}

/** One thing found at a device: what its tag entry would say. */
export interface Found {
  /** As the device calls it. */
  readonly name: string;
  /** Names from the root of the device down to it, for the path of the tag; absent where there is no tree. */
  readonly place?: readonly string[];
  readonly address: Json;
  readonly type?: TagInfo['type'];
  readonly access?: TagInfo['access'];
  readonly description?: string;
  /** UCUM code where it is known. */
  readonly unit?: string;
  readonly range?: TagInfo['range'];
  readonly states?: TagInfo['states'];
  readonly value?: number | Value;
  /** Path of the tag that reads it, where the source knows: several addresses may lead to one thing. */
  readonly tag?: string;
}

/** A queue between a protocol that pushes and the supervisor that pulls. */
export interface Inbox {
  /**
   * Takes a delivery and its size. False: it is full now, pause the peer until `onDrain`; this delivery is in.
   * A peer that cannot be paused asks `full` first and counts a gap instead.
   */
  push(delivery: Delivery, bytes: number): boolean;
  readonly full: boolean;
  onDrain(resume: () => void): void;
  /** For the source's own `read`. Rejects with the fault once `fail` was called and the queue is empty. */
  take(signal: AbortSignal): Promise<Delivery>;
  /** Ends the queue: what is in it is still taken, then `take` rejects. */
  fail(fault: Fault): void;
}

/** What an action does outside the site's machines: a message, a webhook. */
export interface Action {
  readonly id: number;
  /**
   * The actuator's own fields of the site file, expressions already evaluated. Without expressions it is one frozen
   * object, the same each time.
   */
  readonly config: Json;
  readonly by: string;
  readonly deadlineUs: number;
}

export type ActionResult = { readonly state: 'done' | 'failed' | 'unknown'; readonly reason?: string };

export interface Actuator extends AsyncDisposable {
  /**
   * Up to four at a time. Never rejects for what the receiver does. A result at once, without a promise, where nobody's
   * answer is waited for: many actions are then done in one turn.
   * @throws Fault `actuator.not-sent`, see {@link notSent}: nothing left, and the action is given again until its
   *   deadline. After any other rejection nobody knows what was done: it ends as unknown and is never repeated
   */
  act(action: Action, signal: AbortSignal): ActionResult | Promise<ActionResult>;
}

export interface ActuatorDef<S extends z.ZodType = z.ZodType> extends Definition<S, Actuator> {
  /** Schema of one action in a rule's `do`, below the key that names the kind. */
  readonly action: z.ZodType;
  /** How it tells people of an alarm; absent where it cannot. */
  readonly notice?: NoticeForm;
}

export interface NoticeForm {
  /** Fields of a notice's step beside `to`: recipients, a topic. */
  readonly fields: z.ZodType;
  /** @param fields as the schema made them @returns the configuration of an action */
  render(text: NoticeText, fields: unknown): Json;
}

/** What everybody is told of an alarm, in words and for programs. */
export interface NoticeText {
  /** The same for every attempt at the same notice, and unlike that of all others. */
  readonly key: string;
  readonly subject: string;
  readonly text: string;
  readonly detail: { readonly [field: string]: Json };
}

/**
 * What a sink promises. Exactly once: the far side keeps our position with the rows. At least once: it confirms, and
 * what was unconfirmed is sent again. Best effort: nothing comes back (UDP, a diode); never counts as delivered.
 */
export type DeliveryClass = 'exactly-once' | 'at-least-once' | 'best-effort';

export interface SinkDef<S extends z.ZodType = z.ZodType> extends Definition<S, Sink, SinkDeps> {
  readonly delivers: DeliveryClass;
}

/** What a sink is given: it reads no device and declares nothing. */
export interface SinkDeps extends Pick<Deps, 'id' | 'clock' | 'log' | 'event'> {
  /** Name of the site: first segment of the unified namespace. */
  readonly site: string;
  /** Rows carry numbers; names appear only at the borders. */
  readonly tags: {
    /** @throws Fault `tag.unknown` */
    get(number: number): Tag;
  };
}

/** One entry of the journal as a sink sees it; `batch.late` marks history sent by a device. */
export interface Entry {
  /** Position in the journal; ascends, with holes. */
  readonly seq: number;
  readonly batch: Batch;
  /** Id of the source. */
  readonly source: string;
  /** Whether these rows were made here, out of others. */
  readonly derived: boolean;
}

/** A row that the far side will never take. */
export interface Rejected {
  readonly seq: number;
  readonly row: number;
  readonly reason: string;
}

export interface Receipt {
  /** Sequence of the last entry of which every row was confirmed, rejected or left out, and of all before it too. */
  readonly confirmed: number;
  /** Rows confirmed by the far side in the entries up to there; those that the configuration leaves out do not count. */
  readonly rows: number;
  /** Rows refused in the entries up to there: dead letters. */
  readonly rejected: readonly Rejected[];
}

export interface Sink extends AsyncDisposable {
  /** Resolves when the far side is gone, so that this shows also while there is nothing to deliver. */
  readonly lost?: Promise<Fault>;
  /**
   * Delivers in order. May confirm only the first entries; the others are given again. The cursor moves to `confirmed`
   * and no further.
   * @throws Fault when not even one entry could be confirmed: the supervisor opens the sink again and repeats them
   */
  deliver(entries: readonly Entry[], signal: AbortSignal): Promise<Receipt>;
}
