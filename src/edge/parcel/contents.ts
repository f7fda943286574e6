import type { Feed, PagedTable } from '#journal/api.ts';
import { Fault } from '#kernel/fault.ts';
import { FRAME_BYTES } from '#uplink/frames.ts';
import { type FromSite, type Lane, type Positions, VERSION } from '#uplink/messages.ts';
import type { Packed } from '#uplink/parcel/sections.ts';

/** Raw bytes of a stretch: more than over a link, because nothing has to pass it. */
const BLOCK_BYTES = 2 ** 20;
const LIST_BYTES = 256 * 1024;

/** One message for a parcel, and how far its lane is with it. */
export interface Content extends Packed {
  readonly lane?: Lane;
  readonly upTo: number;
  /** Samples or events in it. */
  readonly count: number;
}

export interface Teller {
  /** Of blocks that cannot be read. */
  damage(what: string): void;
}

/**
 * What the journal has after the positions, as far as it is on disk: security events, other events, tags and gaps, then
 * samples, and what has changed of tags and gaps meanwhile.
 */
export async function* contents(feed: Feed, after: Positions, teller: Teller): AsyncGenerator<Content> {
  for (const lane of ['security', 'others'] as const) yield* events(feed, lane, after[lane]);
  const known = { tags: new Map<number, number>(), gaps: new Map<number, number>() };
  yield* pages(feed, known);
  yield* history(feed, after.history, teller);
  yield* pages(feed, known);
}

async function* pages(
  feed: Feed,
  known: { readonly [table in PagedTable]: Map<number, number> },
): AsyncGenerator<Content> {
  for (const table of ['tags', 'gaps'] as const) {
    for (const { page, crc, text } of await feed.pages(table, known[table])) {
      known[table].set(page, crc);
      yield { message: { kind: 'page', table, page, text }, entries: [], upTo: 0, count: 0 };
    }
  }
}

async function* events(feed: Feed, lane: 'security' | 'others', position: number): AsyncGenerator<Content> {
  let after = position;
  for (let seen = position; ; ) {
    const { bytes: list, upTo, count, full } = await feed.events(lane, seen, LIST_BYTES);
    seen = upTo;
    if (list) {
      yield { message: { kind: 'events', lane, after, upTo, list }, entries: [], lane, upTo, count };
      after = upTo;
    }
    if (!full) return;
  }
}

async function* history(feed: Feed, position: number, teller: Teller): AsyncGenerator<Content> {
  let after = position;
  for (let seen = position; ; ) {
    const { bytes: block, upTo, count, full, entries = [], damage } = await read(feed, seen, BLOCK_BYTES);
    for (const what of damage) teller.damage(what);
    seen = upTo;
    if (block) {
      const message = { kind: 'history', after, upTo, block } as const;
      yield { message, entries: [...entries], lane: 'history', upTo, count };
      after = upTo;
    }
    if (!full) return;
  }
}

async function read(feed: Feed, after: number, limitBytes: number): ReturnType<Feed['block']> {
  const carried = await feed.block('parcel', after, limitBytes);
  if (!carried.bytes || carried.bytes.length < FRAME_BYTES - 64) return carried;
  if (limitBytes > 1) return await read(feed, after, 1);
  throw new Fault('parcel.too-large', `entry ${carried.upTo} of the journal is too large for a parcel`, {
    retry: 'never',
    hint: 'Over a link it becomes a counted gap; connect the site once.',
  });
}

export interface Speaker {
  readonly site: string;
  readonly journal: string;
  readonly epoch: number;
  readonly software: string;
}

export const helloOf = ({ site, journal, epoch, software }: Speaker): FromSite => ({
  ...{ kind: 'hello', version: VERSION, site, journal, epoch, software },
});
