import type { Duplex } from 'node:stream';
import type { Pool } from 'pg';
import { Fault } from '#kernel/fault.ts';
import { FRAME_BYTES, FrameReader } from '#uplink/frames.ts';
import {
  type FromHub,
  type FromSite,
  frameOf,
  type Hello,
  type HistoryMessage,
  type Lane,
  OLDEST_VERSION,
  REPORTS_SINCE,
  readFromSite,
  TABLES,
  VERSION,
} from '#uplink/messages.ts';
import type { ReportMessage } from '#uplink/reports.ts';
import type { UplinkIdentity } from '../uplink.ts';
import type { Work } from './api.ts';
import { eventsContent, historyContent, newestRows, pageContent } from './content.ts';
import type { Intake } from './intake.ts';
import { greet } from './positions.ts';
import { reportContent } from './report-content.ts';
import { takeAsked } from './reports.ts';
import type { Writers } from './writers.ts';

export interface ConnectionPorts {
  readonly pool: Pool;
  readonly writer: Pick<Writers, 'add'>;
  readonly intake: Pick<Intake, 'add'>;
  /** Reads no more from this one while so much waits to be stored that memory would not bear it. */
  isFull(): boolean;
  /** It is resumed once there is room again. */
  wantsRoom(connection: Connection): void;
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  /** Why it was hung up on. */
  cut(connection: Connection, fault: Fault): void;
}

/** Of one connection, waiting to be stored: more than a site sends unasked. */
const MOST_BYTES = 4 * 2 ** 20;
/** In memory, about. */
const ROW_BYTES = 1000;
const ANSWER_BYTES = 500;
/** Of a stretch of samples in memory, beside its block; and of each newest value that it has. */
const STRETCH_BYTES = 500;
const NEWEST_BYTES = 150;
const CLOSING_MS = 10_000;
/** Many times the pages of the largest site. */
const MOST_PAGES = 20_000;
const LEDGER_BYTES = 128;
/** A site counts as of a position that it has on its disk: some confirmations behind the last one. */
const TOTALS_KEPT = 256;
/** Many times the sources of the largest site. */
const MOST_SOURCES = 10_000;

/** One site that is connected: what it says is checked, queued to be stored, and confirmed. */
export class Connection {
  readonly identity: UplinkIdentity;
  /** Sweeps of the hub since it said anything. */
  silentSweeps = 0;
  readonly #stream: Duplex;
  readonly #ports: ConnectionPorts;
  readonly #reader: FrameReader;
  #state: 'greeting' | 'greeted' | 'open' | 'closed' = 'greeting';
  #journal = 0;
  #epoch = 0;
  readonly #at: { [lane in Lane]: number } = { security: 0, others: 0, history: 0 };
  #stamp = 0;
  /** Samples that the hub has, by position of the last ones confirmed: what the site counts is compared there. */
  readonly #totals = new Map<number, number>();
  #version = VERSION;
  /** Of what it reported last. */
  #revision = 0;
  /** Pages that the hub has of it. */
  readonly #pages = { tags: new Set<number>(), gaps: new Set<number>(), alarms: new Set<number>() };
  readonly #sources = new Set<string>();
  #asking: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(stream: Duplex, identity: UplinkIdentity, ports: ConnectionPorts) {
    this.identity = identity;
    this.#stream = stream;
    this.#ports = ports;
    this.#reader = new FrameReader((type, body) => this.#heard(readFromSite(type, body)));
    stream.on('data', (chunk: Uint8Array) => this.#read(chunk));
    stream.on('error', () => this.#close());
    stream.on('end', () => this.#close());
    stream.on('close', () => this.#close());
  }

  /** Hangs up on a site that did something wrong. */
  cut(fault: Fault): void {
    if (this.#state === 'closed') return;
    this.#ports.cut(this, fault);
    this.close(fault);
  }

  /** Tells the site why, and hangs up. */
  close(fault: Fault): void {
    if (this.#state === 'closed') return;
    this.#say({ kind: 'refused', code: fault.code, message: fault.message });
    this.#state = 'closed';
    this.#stream.resume(); // what still comes is thrown away
    this.#stream.end(() => this.#stream.destroy());
    // One that takes nothing any more.
    setTimeout(() => this.#stream.destroy(), CLOSING_MS).unref();
    this.#ports.closed(this);
  }

  /** Whether we do not listen just now: then it cannot be said to be silent. */
  get isPaused(): boolean {
    return this.#stream.isPaused();
  }

  /** Reads on where it had to wait for others. */
  resume(): void {
    if (this.#stream.isPaused() && this.#waiting < MOST_BYTES) this.#stream.resume();
  }

  #read(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.silentSweeps = 0;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.cut(Fault.from(error, 'uplink.failed', `the uplink of ${this.identity.site}`));
      return;
    }
    if (this.#waiting >= MOST_BYTES) this.#stream.pause();
    else if (this.#ports.isFull()) {
      this.#stream.pause();
      this.#ports.wantsRoom(this);
    }
  }

  #heard(message: FromSite): void {
    if (this.#state === 'closed') return; // what came in one piece with what ended it
    if (message.kind === 'hello') {
      if (this.#state !== 'greeting') throw unexpected(message.kind);
      this.#state = 'greeted';
      this.#greet(message).catch((error) =>
        this.cut(Fault.from(error, 'hub.database', `where ${this.identity.site} stands`)),
      );
      return;
    }
    if (message.kind === 'ping') this.#say({ kind: 'pong' });
    else if (this.#state !== 'open') throw unexpected(message.kind);
    else this.#take(message);
  }

  async #greet(hello: Hello): Promise<void> {
    const { site } = this.identity;
    if (hello.version < OLDEST_VERSION) throw otherVersion(hello.version);
    this.#version = Math.min(hello.version, VERSION);
    if (hello.site !== site) throw wrongSite(site, hello.site);
    const { journal, hub, positions, total, pages } = await greet(this.#ports.pool, hello);
    if (this.#state === 'closed') return;
    this.#journal = journal;
    this.#epoch = hello.epoch;
    Object.assign(this.#at, positions);
    for (const table of TABLES) for (const page of pages[table].keys()) this.#pages[table].add(page);
    this.#reader.limitBytes = FRAME_BYTES;
    this.#state = 'open';
    this.#ports.opened(this);
    this.#say({ kind: 'welcome', version: this.#version, hub, positions, pages });
    this.#count(positions.history, total);
    this.ask();
  }

  /** Looks for what waits to be asked of the site, and asks it. One look after the other: each tells all there is. */
  ask(): void {
    if (this.#version < REPORTS_SINCE) return;
    this.#asking = this.#asking.then(() => this.#ask());
  }

  async #ask(): Promise<void> {
    if (this.#state !== 'open') return;
    try {
      this.#say({ kind: 'asked', asked: await takeAsked(this.#ports.pool, this.#journal) });
    } catch (error) {
      // It comes back, and is asked then.
      this.close(Fault.from(error, 'hub.database', 'what is asked of the site'));
    }
  }

  #take(message: Exclude<FromSite, Hello | { readonly kind: 'ping' }>): void {
    switch (message.kind) {
      case 'page':
        if (this.#pages[message.table].add(message.page).size > MOST_PAGES)
          throw tooMuch(`more than ${MOST_PAGES} pages of ${message.table}`);
        this.#add({ ...pageContent(message), lane: 'page' }, message.text.length * 2, undefined);
        return;
      case 'report':
        this.#report(message);
        return;
      case 'answer': {
        const { id, fault } = message;
        this.#add({ lane: 'answer', id, fault }, ANSWER_BYTES, undefined);
        return;
      }
      case 'live':
        if (message.stamp < this.#stamp) throw outOfOrder(`stamp ${message.stamp}`);
        this.#stamp = message.stamp;
        this.#add(
          { lane: 'live', epoch: this.#epoch, stamp: message.stamp, values: newestRows(message) },
          message.block.length * 8,
          message.stamp,
        );
        return;
      case 'ledger': {
        const { kind: _, ...counted } = message;
        const total = this.#totals.get(counted.position);
        // Of longer ago than we remember: the next one follows.
        if (total !== undefined) this.#add({ lane: 'ledger', counted, total }, LEDGER_BYTES, undefined);
        return;
      }
      case 'events':
        this.#stretch(message.lane, message, eventsContent(message), message.list.length * 8);
        return;
      case 'history': {
        const { length } = message.block;
        this.#waiting += length;
        this.#ports.intake.add(length, () => {
          this.#waiting -= length;
          this.#takeHistory(message);
        });
        return;
      }
    }
  }

  #takeHistory(message: HistoryMessage): void {
    if (this.#state !== 'open') return;
    try {
      const content = historyContent(message, message.upTo >= this.#stamp);
      const bytes = STRETCH_BYTES + message.block.length + content.newest.length * NEWEST_BYTES;
      this.#stretch('history', message, content, bytes);
    } catch (error) {
      this.cut(Fault.from(error, 'uplink.failed', `the uplink of ${this.identity.site}`));
    }
  }

  #report(message: ReportMessage): void {
    const { revision, since } = message;
    if (revision <= this.#revision || revision >= 2 ** 32 || since > revision)
      throw outOfOrder(`revision ${revision} of its report`);
    this.#revision = revision;
    const content = reportContent(message);
    for (const id of content.sources.keys()) this.#sources.add(id);
    if (this.#sources.size > MOST_SOURCES) throw tooMuch(`more than ${MOST_SOURCES} sources`);
    const rows = message.rows.length;
    this.#add(
      { lane: 'report', epoch: this.#epoch, revision, since, content },
      (rows + 1) * ROW_BYTES,
      revision,
    );
  }

  #stretch(
    lane: Lane,
    { after, upTo }: { readonly after: number; readonly upTo: number },
    content: ReturnType<typeof historyContent> | ReturnType<typeof eventsContent>,
    bytes: number,
  ): void {
    if (after !== this.#at[lane]) throw outOfOrder(`${lane} after ${after}`);
    this.#at[lane] = upTo;
    this.#add({ lane, epoch: this.#epoch, after, upTo, content }, bytes, upTo);
  }

  /** @param upTo that is confirmed */
  #add(work: WorkBody, bytes: number, upTo: number | undefined): void {
    this.#waiting += bytes;
    const done = (result: 'stored' | Fault, total?: number): void => {
      this.#waiting -= bytes;
      if (result !== 'stored') this.cut(result);
      else if (upTo !== undefined && 'after' in work) {
        const counted = work.lane === 'history' && total !== undefined && this.#count(upTo, total);
        // Told before it is confirmed, so that the site's own ledger moves both in one step.
        this.#say(...(counted ? [counted] : []), { kind: 'stored', lane: work.lane, upTo });
      } else if (upTo !== undefined && (work.lane === 'live' || work.lane === 'report'))
        this.#say({ kind: 'stored', lane: work.lane, upTo });
      if (!this.#ports.isFull()) this.resume();
      else if (this.isPaused && this.#state !== 'closed') this.#ports.wantsRoom(this);
    };
    this.#ports.writer.add({ ...work, journal: this.#journal, bytes, done } as Work);
  }

  /** @returns what a site that counts is told */
  #count(upTo: number, total: number): FromHub | undefined {
    this.#totals.set(upTo, total);
    for (const [first] of this.#totals) {
      if (this.#totals.size <= TOTALS_KEPT) break;
      this.#totals.delete(first);
    }
    return this.#version >= REPORTS_SINCE ? { kind: 'counted', upTo, total } : undefined;
  }

  /** In one piece: each piece costs a record of TLS, and a call of the system. */
  #say(...messages: readonly FromHub[]): void {
    if (this.#state === 'closed') return;
    const frames = messages.map(frameOf);
    this.#stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stream.destroy();
    this.#ports.closed(this);
  }
}

type WorkBody = Work extends infer W
  ? W extends Work
    ? Omit<W, 'journal' | 'bytes' | 'done'>
    : never
  : never;

const unexpected = (kind: string): Fault =>
  new Fault('uplink.malformed', `the site said '${kind}' where that has no meaning`);

const wrongSite = (site: string, claimed: string): Fault =>
  new Fault('uplink.wrong-site', `the certificate of ${site} was shown for '${claimed}'`, {
    retry: 'never',
    hint: 'Does the site file name the site that its identity was issued for?',
  });

const otherVersion = (version: number): Fault =>
  new Fault('uplink.version', `this hub speaks version ${VERSION} of the uplink, the site ${version}`, {
    hint: 'Update the older of the two.',
  });

const tooMuch = (what: string): Fault => new Fault('uplink.too-much', `the site sent ${what}`);

const outOfOrder = (what: string): Fault =>
  new Fault('uplink.malformed', `the site sent ${what} out of its order`);
