import type { Pool } from 'pg';
import type { Work } from '#hub/uplink/api.ts';
import { eventsContent, historyContent, pageContent } from '#hub/uplink/content.ts';
import { type Standing, standingOf } from '#hub/uplink/positions.ts';
import type { Writers } from '#hub/uplink/writers.ts';
import { checkBlock } from '#journal/block.ts';
import { withoutMarks } from '#journal/carry.ts';
import { Fault } from '#kernel/fault.ts';
import {
  type EventsMessage,
  type Hello,
  type HistoryMessage,
  LANES,
  type Lane,
  type LedgerMessage,
  type PageMessage,
} from '#uplink/messages.ts';
import { damaged, type ParcelHeader } from '#uplink/parcel/header.ts';
import type { Packed } from '#uplink/parcel/sections.ts';
import { BLOCK_LIMITS } from '#uplink/rows.ts';

export interface IntakePorts {
  readonly pool: Pool;
  readonly writer: Pick<Writers, 'add'>;
}

/** On their way to the database; what comes waits beyond. */
const MOST_BYTES = 8 * 2 ** 20;
/** Pages wait for the end of the parcel; many times those of the largest site. */
const MOST_PAGES = 20_000;
const MOST_PAGE_BYTES = 64 * 2 ** 20;
const LEDGER_BYTES = 128;

export interface Taken {
  /** New at the hub. */
  samples: number;
  events: number;
  /** Stretches that it had. */
  known: number;
  /** Lanes that go on behind a stretch that the hub has not got. */
  readonly missing: Set<Lane>;
}

type StretchMessage = EventsMessage | HistoryMessage;
type WorkBody = Work extends infer W
  ? W extends Work
    ? Omit<W, 'journal' | 'bytes' | 'done'>
    : never
  : never;

/** Stores what one parcel holds where the hub stands now, as what comes over the uplink is stored. */
export class Intake {
  readonly taken: Taken = { samples: 0, events: 0, known: 0, missing: new Set() };
  readonly #ports: IntakePorts;
  readonly #site: string;
  readonly #journal: string;
  /** Where the lanes stand in the database once what was added is there. */
  readonly #stored: { [lane in Lane]: number } = { security: 0, others: 0, history: 0 };
  /** Up to there nothing is missing. */
  readonly #covered: { [lane in Lane]: number } = { security: 0, others: 0, history: 0 };
  /** How far the parcel itself goes. */
  readonly #end: { [lane in Lane]: number };
  readonly #pages = new Map<string, PageMessage>();
  #pageBytes = 0;
  #counted: LedgerMessage | undefined;
  #standing: Standing | undefined;
  #epoch = 0;
  #bytes = 0;
  #waiting: Promise<void>[] = [];

  constructor(
    ports: IntakePorts,
    { site, journal, after }: Pick<ParcelHeader, 'site' | 'journal' | 'after'>,
  ) {
    this.#ports = ports;
    this.#site = site;
    this.#journal = journal;
    this.#end = { ...after };
  }

  /** @throws Fault `parcel.damaged`, `uplink.malformed`, `uplink.out-of-place`, `uplink.not-stored`; errors of the database */
  async take(packed: Packed): Promise<void> {
    const { message } = packed;
    if (message.kind === 'hello') return await this.#greet(message);
    if (!this.#standing) throw damaged('it does not say what it is of');
    if (message.kind === 'page') this.#page(message);
    else if (message.kind === 'ledger') this.#counted = message;
    else if (message.kind === 'events' || message.kind === 'history') this.#stretch(packed, message);
    else throw damaged(`it holds a message '${message.kind}'`);
    if (this.#bytes >= MOST_BYTES) await this.settle();
  }

  /** Resolves once all of it is in the database. @throws as {@link Intake.take} */
  async settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const result of await Promise.allSettled(waiting))
      if (result.status === 'rejected') throw result.reason;
  }

  #page(message: PageMessage): void {
    this.#pages.set(`${message.table}/${message.page}`, message);
    this.#pageBytes += message.text.length;
    if (this.#pages.size > MOST_PAGES || this.#pageBytes > MOST_PAGE_BYTES)
      throw new Fault('uplink.too-much', `it holds more than ${MOST_PAGES} pages of tags and gaps`);
  }

  async #greet(hello: Hello): Promise<void> {
    if (hello.site !== this.#site || hello.journal !== this.#journal || this.#standing)
      throw damaged('its beginning and its contents are not of one site');
    this.#standing = await standingOf(this.#ports.pool, hello);
    this.#epoch = hello.epoch;
    Object.assign(this.#stored, this.#standing.positions);
    Object.assign(this.#covered, this.#standing.positions);
  }

  #stretch(packed: Packed, message: StretchMessage): void {
    const lane = message.kind === 'events' ? message.lane : 'history';
    const covered = this.#covered[lane];
    this.#end[lane] = message.upTo;
    if (message.upTo <= covered) {
      this.taken.known++;
      return;
    }
    if (message.after > covered) {
      this.taken.missing.add(lane);
      return;
    }
    this.#covered[lane] = message.upTo;
    const content =
      message.kind === 'events' ? eventsAfter(message, covered) : historyAfter(packed, message, covered);
    // Nothing but what it has: the next stretch moves the lane over it.
    if (!content) return;
    if (content.kind === 'history') this.taken.samples += content.rows;
    else this.taken.events += content.events.length;
    const after = this.#stored[lane];
    this.#stored[lane] = message.upTo;
    const bytes = message.kind === 'events' ? message.list.length * 8 : message.block.length;
    this.#add({ lane, epoch: this.#epoch, after, upTo: message.upTo, content }, bytes);
  }

  /**
   * The end of what there is. Pages have no position: they take the place of what the hub has only where nothing of it is
   * from later than the parcel.
   */
  async finish(): Promise<void> {
    await this.settle();
    const standing = this.#standing;
    if (!standing) return;
    const { positions, pages } = standing;
    const isLater = LANES.every((lane) => this.#end[lane] >= positions[lane]);
    const isNews = isLater && LANES.some((lane) => this.#stored[lane] > positions[lane]);
    for (const page of this.#pages.values())
      if (isNews || !pages[page.table].has(page.page))
        this.#add({ ...pageContent(page), lane: 'page' }, page.text.length * 2);
    if (this.#counted) await this.#ledger(standing.journal, this.#counted);
    await this.settle();
  }

  /** What the site counts holds where the hub stands just there, and nothing later is known. */
  async #ledger(journal: number, { kind: _, ...counted }: LedgerMessage): Promise<void> {
    const { rows } = await this.#ports.pool.query<{ readonly count: string }>(
      `SELECT p.count FROM lane_positions p LEFT JOIN site_ledgers s USING (journal)
       WHERE p.journal = $1 AND p.lane = $2 AND p.position = $3
         AND (s.journal IS NULL OR s.position < $3 OR (s.position = $3 AND s.at_us <= $4))`,
      [journal, LANES.indexOf('history'), counted.position, counted.atUs],
    );
    const [found] = rows;
    if (found) this.#add({ lane: 'ledger', counted, total: Number(found.count) }, LEDGER_BYTES);
  }

  #add(work: WorkBody, bytes: number): void {
    const { journal } = this.#standing as Standing;
    this.#bytes += bytes;
    const settled = Promise.withResolvers<void>();
    const done = (result: 'stored' | Fault) =>
      result === 'stored' ? settled.resolve() : settled.reject(result);
    this.#waiting.push(settled.promise);
    this.#ports.writer.add({ ...work, journal, bytes, done } as Work);
  }
}

/** Those that the hub has not got. */
function eventsAfter(message: EventsMessage, covered: number) {
  const events = eventsContent(message).events.filter(({ seq }) => seq > covered);
  return events.length > 0 ? ({ kind: 'events', events } as const) : undefined;
}

function historyAfter({ entries }: Packed, message: HistoryMessage, covered: number) {
  const { upTo, block } = message;
  const content = historyContent(message, true);
  if (entries.length !== checkBlock(upTo, block).marks)
    throw damaged('a block has other entries than are named');
  const known = entries.filter((seq) => seq <= covered).length;
  if (known === 0) return content;
  if (known === entries.length) return undefined;
  const rest = withoutMarks(upTo, block, known, BLOCK_LIMITS);
  return historyContent({ ...message, block: rest }, true);
}
