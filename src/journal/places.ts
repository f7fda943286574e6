import type { DatabaseSync } from 'node:sqlite';
import { Fault, messageOf } from '#kernel/fault.ts';
import { troubleOf } from '#platform/sqlite.ts';
import type { JournalReader } from './api.ts';
import { holesWithin } from './holes.ts';

/** Is told what cannot be read. */
export type Tell = NonNullable<Parameters<JournalReader['items']>[1]>;

/** Where a block lies: the sequences of its first and its last mark. */
export interface Place {
  readonly seq: number;
  readonly last: number;
}

/** Finds one block after the other in a table that may be damaged anywhere. */
export class Places {
  readonly #db: DatabaseSync;
  readonly #isDamage: (error: unknown) => boolean;

  /** @param damage which errors are to be passed over */
  constructor(db: DatabaseSync, damage: (error: unknown) => boolean = isDamage) {
    this.#db = db;
    this.#isDamage = damage;
  }

  /**
   * The first block behind a position, or the one that reaches beyond it. Passes over pages that the disk has spoilt, and
   * tells so: what lies behind them is as good as ever.
   */
  next(after: number, upTo: number, tell: Tell): Place | undefined {
    try {
      const place = this.#nextBlock(after, upTo);
      this.#holdSequence(after, (place?.seq ?? upTo + 1) - 1, tell);
      return place;
    } catch (error) {
      if (!this.#isDamage(error)) throw error;
      const behind = firstReadable(after, upTo, (from) => this.#firstBehind(from, upTo), this.#isDamage);
      const end = behind ? `before block ${behind.seq}` : `up to ${upTo}`;
      tell(`blocks after ${after} and ${end} cannot be read: ${messageOf(error)}`, {
        last: behind ? behind.seq - 1 : upTo,
        rows: undefined,
        span: undefined,
      });
      return behind;
    }
  }

  /** Between two blocks there are only events: a sequence that nobody has was in a block that is gone. */
  #holdSequence(after: number, upTo: number, tell: Tell): void {
    if (upTo <= after) return;
    const { events } = this.#db
      .prepare('SELECT count(*) AS events FROM events WHERE seq > ? AND seq <= ?')
      .get(after, upTo) as { events: number };
    // What is oldest goes to make room, and is counted there.
    const isOldest = !this.#db.prepare('SELECT 1 FROM blocks WHERE seq <= ? LIMIT 1').get(after);
    if (events === upTo - after || isOldest) return;
    const [known] = holesWithin(this.#db, 'blocks', after + 1, upTo);
    if (known) {
      // Counted already, when the journal was brought over from a damaged file.
      if (known.rows !== 0)
        tell(`entries ${known.first} to ${known.last} were lost to damage, and are counted`);
      return;
    }
    tell(`${upTo - after - events} entries between ${after} and ${upTo + 1} are missing`, {
      last: upTo,
      rows: undefined,
      span: undefined,
    });
  }

  #nextBlock(after: number, upTo: number): Place | undefined {
    // The block that begins before the position may reach beyond it.
    const begun = this.#db
      .prepare('SELECT seq, last FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
      .get(after) as { seq: number; last: number } | undefined;
    if (begun && begun.last > after) return checked(begun, upTo);
    return this.#firstBehind(after, upTo);
  }

  #firstBehind(after: number, upTo: number): Place | undefined {
    const place = this.#db
      .prepare('SELECT seq, last FROM blocks WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1')
      .get(after, upTo) as unknown as Place | undefined;
    if (place) return checked(place, upTo);
    // A spoilt key may be beyond the end: seen from there it is known whether there is more.
    const end = this.#db
      .prepare('SELECT seq, last FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
      .get(upTo) as unknown as Place | undefined;
    if (end && end.seq > after)
      throw new Fault('journal.damaged-block', `block ${end.seq} is there, and none before it can be found`, {
        retry: 'never',
      });
    return undefined;
  }
}

/** SQLite reads a spoilt row as gladly as a sound one: a block that ends nowhere would end the walk. */
function checked(place: Place, upTo: number): Place {
  const { seq, last } = place;
  if (Number.isSafeInteger(last) && last >= seq && last <= upTo) return place;
  throw new Fault('journal.damaged-block', `block ${seq} says that it ends at ${last}`, { retry: 'never' });
}

export const isDamage = (error: unknown): boolean =>
  troubleOf(error) === 'damaged' || (error instanceof Fault && error.code === 'journal.damaged-block');

/** What can be found first behind a position, by halving: which keys a spoilt page held is known to nobody. */
export function firstReadable<T>(
  after: number,
  upTo: number,
  find: (after: number) => T | undefined,
  passOver: (error: unknown) => boolean,
): T | undefined {
  let found: T | undefined;
  for (let [from, to] = [after, upTo]; from < to; ) {
    const middle = Math.floor((from + to) / 2);
    try {
      found = find(middle);
      to = middle;
    } catch (error) {
      if (!passOver(error)) throw error;
      from = middle + 1;
    }
  }
  return found;
}

/** The same from the other end. @param find what can be found last, up to a position */
export function lastReadable<T>(upTo: number, find: (upTo: number) => T): T | undefined {
  let found: T | undefined;
  for (let [from, to] = [0, upTo]; from < to; ) {
    const middle = Math.ceil((from + to) / 2);
    try {
      found = find(middle);
      from = middle;
    } catch {
      to = middle - 1;
    }
  }
  return found;
}
