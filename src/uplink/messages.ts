// Long because every message is written and read in one place.
import type { EventLane, PagedTable } from '#journal/api.ts';
import { ByteSink, ByteSource } from '#journal/bytes.ts';
import { readPacked, writePacked } from '#journal/packed.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import {
  type AnswerMessage,
  type AskedMessage,
  askedIn,
  faultIn,
  type ReportMessage,
  reportRows,
} from './reports.ts';

/* What site and hub say to each other, as bytes: docs/formats/uplink.md. */

export const VERSION = 2;
/** A site that speaks this one is served as well: it reports nothing, and nothing is asked of it. */
export const OLDEST_VERSION = 1;
/** From here on a site reports its state and what it counts, and may be asked to acknowledge alarms. */
export const REPORTS_SINCE = 2;
/** What one page or list of events may unpack to. */
const UNPACKED_BYTES = 16 * 2 ** 20;
const UUID_BYTES = 16;
/** Entries of a table of checksums: at 64 rows a page, more tags than a site can have. */
const MOST_PAGES = 2 ** 17;

const Type = {
  hello: 1,
  page: 2,
  events: 3,
  live: 4,
  history: 5,
  ping: 6,
  report: 7,
  answer: 8,
  welcome: 33,
  stored: 34,
  refused: 35,
  pong: 36,
  ledger: 9,
  counted: 41,
  asked: 37,
} as const;

/** Lanes with a position at the hub. */
export const LANES = ['security', 'others', 'history'] as const;
export type Lane = (typeof LANES)[number];
/** Tables that are carried in pages; the last is not the journal's: what the site file says of alarms. */
export type CarriedTable = PagedTable | 'alarms';
export const TABLES: readonly CarriedTable[] = ['tags', 'gaps', 'alarms'];
/** Those that a site of the oldest version has. */
const OLDEST_TABLES: readonly CarriedTable[] = ['tags', 'gaps'];

/** First of all: who speaks, and which journal the positions are in. */
export interface Hello {
  readonly kind: 'hello';
  readonly version: number;
  readonly site: string;
  /** UUID. */
  readonly journal: string;
  readonly epoch: number;
  readonly software: string;
}

/** A page of a small table; it takes the place of what the hub had of it. */
export interface PageMessage {
  readonly kind: 'page';
  readonly table: CarriedTable;
  readonly page: number;
  readonly text: string;
}

/** A stretch of a lane: all there is of it in (after, upTo]. */
export interface Stretch {
  readonly after: number;
  readonly upTo: number;
}

export interface EventsMessage extends Stretch {
  readonly kind: 'events';
  readonly lane: EventLane;
  /** As the journal's `eventList` made it; read by {@link eventsIn}. */
  readonly list: Uint8Array;
}

export interface LiveMessage {
  readonly kind: 'live';
  /** Entry of the journal as of which these are the newest values, on disk or not; the block has it as its sequence. */
  readonly stamp: number;
  readonly block: Uint8Array;
}

export interface HistoryMessage extends Stretch {
  readonly kind: 'history';
  /** Its sequence is `upTo`. */
  readonly block: Uint8Array;
}

/** What became of the samples of the journal, as the site counts, at a position that the hub has confirmed. */
export interface LedgerMessage {
  readonly kind: 'ledger';
  readonly atUs: number;
  readonly position: number;
  readonly acquired: number;
  readonly stored: number;
  /** Before they were stored, or before they came to the hub. */
  readonly lost: number;
  readonly waiting: number;
  /** Holes without a count. */
  readonly unknown: number;
}

const LEDGER_FIELDS = ['atUs', 'position', 'acquired', 'stored', 'lost', 'waiting', 'unknown'] as const;

export type FromSite =
  | Hello
  | PageMessage
  | EventsMessage
  | LiveMessage
  | HistoryMessage
  | LedgerMessage
  | ReportMessage
  | AnswerMessage
  | { readonly kind: 'ping' };

export type Positions = { readonly [lane in Lane]: number };

export interface Welcome {
  readonly kind: 'welcome';
  readonly version: number;
  /** UUID of the hub's database: one that was set up anew has another. */
  readonly hub: string;
  readonly positions: Positions;
  /** Checksums of the pages that the hub has. */
  readonly pages: { readonly [table in CarriedTable]: ReadonlyMap<number, number> };
}

export type FromHub =
  | Welcome
  /** Durable at the hub up to there. Of live values: the stamp; of reports: the revision. */
  | { readonly kind: 'stored'; readonly lane: Lane | 'live' | 'report'; readonly upTo: number }
  /** All samples that the hub has of this journal up to there, which it has confirmed or confirms next. */
  | { readonly kind: 'counted'; readonly upTo: number; readonly total: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'pong' }
  | AskedMessage;

const CONFIRMED = [...LANES, 'live', 'report'] as const;

/** The whole frame: length, type, body. */
export function frameOf(message: FromSite | FromHub): Uint8Array<ArrayBuffer> {
  const sink = new ByteSink(64 + ('block' in message ? message.block.length : 0));
  sink.u32(0);
  sink.u8(Type[message.kind]);
  writeBody(sink, message);
  sink.setU32(0, sink.length - 4);
  return sink.bytes;
}

function writeBody(sink: ByteSink, message: FromSite | FromHub): void {
  switch (message.kind) {
    case 'hello':
      sink.u8(message.version);
      writeUuid(sink, message.journal);
      sink.varint(message.epoch);
      sink.text(message.site);
      sink.text(message.software);
      return;
    case 'page':
      sink.u8(TABLES.indexOf(message.table));
      sink.varint(message.page);
      writePacked(sink, Buffer.from(message.text));
      return;
    case 'events':
      sink.u8(LANES.indexOf(message.lane));
      writeStretch(sink, message);
      sink.put(message.list);
      return;
    case 'history':
      writeStretch(sink, message);
      sink.put(message.block);
      return;
    case 'live':
      sink.varint(message.stamp);
      sink.put(message.block);
      return;
    case 'report':
      sink.varint(message.revision);
      sink.varint(message.since);
      writePacked(sink, Buffer.from(JSON.stringify(message.rows)));
      return;
    case 'answer':
      sink.varint(message.id);
      writePacked(sink, Buffer.from(JSON.stringify(message.fault ?? null)));
      return;
    case 'welcome':
      sink.u8(message.version);
      writeUuid(sink, message.hub);
      for (const lane of LANES) sink.varint(message.positions[lane]);
      for (const table of tablesOf(message.version)) writePages(sink, message.pages[table]);
      return;
    case 'ledger':
      for (const field of LEDGER_FIELDS) sink.varint(message[field]);
      return;
    case 'counted':
      sink.varint(message.upTo);
      sink.varint(message.total);
      return;
    case 'stored':
      sink.u8(CONFIRMED.indexOf(message.lane));
      sink.varint(message.upTo);
      return;
    case 'refused':
      sink.text(message.code);
      sink.text(message.message);
      return;
    case 'asked':
      writePacked(sink, Buffer.from(JSON.stringify(message.asked)));
      return;
    case 'ping':
    case 'pong':
      return;
  }
}

const tablesOf = (version: number): readonly CarriedTable[] =>
  version < REPORTS_SINCE ? OLDEST_TABLES : TABLES;

function writeStretch(sink: ByteSink, { after, upTo }: Stretch): void {
  sink.varint(after);
  sink.varint(upTo - after);
}

function writePages(sink: ByteSink, pages: ReadonlyMap<number, number>): void {
  sink.varint(pages.size);
  for (const [page, crc] of pages) {
    sink.varint(page);
    sink.u32(crc);
  }
}

/** @throws Fault `uplink.malformed` */
export function readFromSite(type: number, body: Uint8Array): FromSite {
  return reading(body, (source): FromSite => {
    switch (type) {
      case Type.hello:
        return {
          kind: 'hello',
          version: source.u8(),
          journal: readUuid(source),
          epoch: whole(source),
          site: source.text(),
          software: source.text(),
        };
      case Type.page:
        return {
          kind: 'page',
          table: choice(TABLES, source.u8()),
          page: whole(source),
          text: Buffer.from(readPacked(source, UNPACKED_BYTES)).toString(),
        };
      case Type.events: {
        const lane = choice(['security', 'others'] as const, source.u8());
        return { kind: 'events', lane, ...readStretch(source), list: source.take(source.left) };
      }
      case Type.live:
        return { kind: 'live', stamp: whole(source), block: source.take(source.left) };
      case Type.history:
        return { kind: 'history', ...readStretch(source), block: source.take(source.left) };
      case Type.ledger: {
        const read = LEDGER_FIELDS.map((field) => [field, whole(source)] as const);
        return { kind: 'ledger', ...(Object.fromEntries(read) as Omit<LedgerMessage, 'kind'>) };
      }
      case Type.report:
        return {
          kind: 'report',
          revision: whole(source),
          since: whole(source),
          rows: reportRows(jsonIn(source)),
        };
      case Type.answer: {
        const id = whole(source);
        const fault = faultIn(jsonIn(source));
        return { kind: 'answer', id, ...(fault && { fault }) };
      }
      case Type.ping:
        return { kind: 'ping' };
    }
    throw malformed(`it has the unknown type ${type}`);
  });
}

/** @throws Fault `uplink.malformed` */
export function readFromHub(type: number, body: Uint8Array): FromHub {
  return reading(body, (source): FromHub => {
    switch (type) {
      case Type.welcome: {
        const version = source.u8();
        return {
          kind: 'welcome',
          version,
          hub: readUuid(source),
          positions: { security: whole(source), others: whole(source), history: whole(source) },
          pages: {
            tags: readPages(source),
            gaps: readPages(source),
            alarms: version < REPORTS_SINCE ? new Map() : readPages(source),
          },
        };
      }
      case Type.stored:
        return { kind: 'stored', lane: choice(CONFIRMED, source.u8()), upTo: whole(source) };
      case Type.counted:
        return { kind: 'counted', upTo: whole(source), total: whole(source) };
      case Type.refused:
        return { kind: 'refused', code: source.text(), message: source.text() };
      case Type.pong:
        return { kind: 'pong' };
      case Type.asked:
        return { kind: 'asked', asked: askedIn(jsonIn(source)) };
    }
    throw malformed(`it has the unknown type ${type}`);
  });
}

function jsonIn(source: ByteSource): Json {
  return JSON.parse(Buffer.from(readPacked(source, UNPACKED_BYTES)).toString()) as Json;
}

export interface CarriedEvent {
  readonly seq: number;
  /** Canonical JSON. */
  readonly body: string;
}

/** @throws Fault `uplink.malformed` also where an event lies outside of the stretch */
export function eventsIn({ list, after, upTo }: EventsMessage): CarriedEvent[] {
  return reading(list, (source) => {
    const plain = new ByteSource(readPacked(source, UNPACKED_BYTES));
    const events: CarriedEvent[] = [];
    for (let seq = 0; plain.left > 0; ) {
      const step = whole(plain);
      seq += step;
      if (step === 0 || seq <= after || seq > upTo)
        throw malformed(`event ${seq} lies outside of ${after} to ${upTo}`);
      events.push({ seq, body: plain.text() });
    }
    return events;
  });
}

/** All of the body, no less and no more. */
function reading<T>(body: Uint8Array, read: (source: ByteSource) => T): T {
  const source = new ByteSource(body);
  let value: T;
  try {
    value = read(source);
  } catch (error) {
    throw error instanceof Fault && error.code === 'uplink.malformed' ? error : malformed(messageOf(error));
  }
  if (source.left > 0) throw malformed(`it has ${source.left} bytes too many`);
  return value;
}

function readStretch(source: ByteSource): Stretch {
  const after = whole(source);
  const upTo = after + whole(source);
  if (upTo === after || !Number.isSafeInteger(upTo)) throw malformed('its stretch is empty or too long');
  return { after, upTo };
}

function readPages(source: ByteSource): Map<number, number> {
  const pages = new Map<number, number>();
  const count = whole(source);
  if (count > MOST_PAGES) throw malformed(`it names ${count} pages`);
  for (let i = 0; i < count; i++) pages.set(whole(source), source.u32());
  return pages;
}

function whole(source: ByteSource): number {
  const value = source.varint();
  if (Number.isSafeInteger(value)) return value;
  throw malformed(`it holds the number ${value}`);
}

function choice<T>(of: readonly T[], index: number): T {
  const chosen = of[index];
  if (chosen !== undefined) return chosen;
  throw malformed(`it holds the unknown code ${index}`);
}

function writeUuid(sink: ByteSink, uuid: string): void {
  sink.put(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

function readUuid(source: ByteSource): string {
  const hex = Buffer.from(source.take(UUID_BYTES)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const malformed = (what: string): Fault =>
  new Fault('uplink.malformed', `a message of the uplink cannot be read: ${what}`, {
    hint: 'Do both sides speak the same version?',
  });
