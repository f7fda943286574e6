import { countedFor, hubSink } from '#edge/hub-ledger.ts';
import type { Ledger } from '#journal/accounts.ts';
import type { Feed } from '#journal/api.ts';
import { rowsOfMarks } from '#journal/block.ts';
import { Fault } from '#kernel/fault.ts';
import type { CarriedState } from '#trust/hub/carried.ts';
import type { LedgerMessage } from '#uplink/messages.ts';
import type { Content } from './contents.ts';

/* What a site counts is carried with what it counts: a hub that nothing leads back from learns of it in no other way. */

export type Given = NonNullable<CarriedState['given']>;

/** The journal's own accounts; undefined while it has none. @param position for `behind` */
export async function accountsOf(feed: Feed, position?: number): Promise<Ledger | undefined> {
  try {
    return await feed.ledger(position);
  } catch (error) {
    if (error instanceof Fault && error.code.startsWith('journal.')) return undefined;
    throw error;
  }
}

/** What was given away so far; undefined where an earlier version has not counted it. */
export function givenSoFar({ given, sent, confirmed }: CarriedState, ledger: Ledger): Given | undefined {
  const { at, delivered, beyond } = hubSink(ledger);
  if (given && given.upTo >= at) return given;
  if (at > 0) return { upTo: at, total: delivered + (beyond ?? 0) };
  if (confirmed) return undefined;
  return sent ? { upTo: sent.upTo.history, total: sent.samples } : { upTo: 0, total: 0 };
}

/** With one more stretch, which may have been given before in part or as a whole. */
export function givenWith(given: Given, { message, entries, upTo, count }: Content): Given | undefined {
  if (message.kind !== 'history' || upTo <= given.upTo) return given;
  if (message.after > given.upTo) return undefined;
  const known = entries.filter((seq) => seq <= given.upTo).length;
  const rows =
    known === 0 ? count : rowsOfMarks(upTo, message.block, upTo + known - 1, Number.POSITIVE_INFINITY);
  return { upTo, total: given.total + rows };
}

/** What became of all samples up to where the parcels end now: those that were not given, and wait no more, are lost. */
export async function statementOf(
  feed: Feed,
  { upTo: position, total }: Given,
  atUs: number,
): Promise<LedgerMessage | undefined> {
  const ledger = await accountsOf(feed, position);
  if (!ledger) return undefined;
  const hub = hubSink(ledger);
  const counted = countedFor(ledger, hub, hub.beyond ?? 0);
  const { behind: waiting } = ledger;
  const lost = hub.lostBefore + Math.max(0, counted.stored - total - waiting);
  return { kind: 'ledger', atUs, position, ...counted, lost, waiting };
}
