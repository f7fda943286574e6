import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import type { Ledger, SinkLedger } from '#journal/accounts.ts';
import type { LedgerMessage } from '#uplink/messages.ts';

/* What a site counts, as its hub compares it with what it has: docs/formats/uplink.md. */

/** Of the cursor of the hub; where it has none yet all of the journal waits for it. */
export const hubSink = ({ sinks, stored, lost }: Ledger): SinkLedger =>
  sinks.find(({ id }) => id === HUB_CURSOR) ?? {
    ...{
      id: HUB_CURSOR,
      at: 0,
      stored,
      lostBefore: lost,
      delivered: 0,
      rejected: 0,
      leftOut: 0,
      waiting: 0,
      lost: 0,
    },
    beyond: undefined,
  };

/** What is the same wherever the hub stands. @param beyond what it had before this ledger began was acquired and stored as well */
export function countedFor(
  ledger: Ledger,
  { stored, lostBefore }: SinkLedger,
  beyond: number,
): Pick<LedgerMessage, 'acquired' | 'stored' | 'unknown'> {
  const unaccounted = ledger.acquired - ledger.stored - ledger.lost;
  return {
    acquired: stored + lostBefore + unaccounted + beyond,
    stored: stored + beyond,
    unknown: ledger.unknown,
  };
}
