import assert from 'node:assert/strict';
import type { Ledger, LedgerRow } from '#journal/accounts.ts';
import { openReader } from '#journal/reader.ts';

const ALWAYS = { fromUs: 0, toUs: Number.POSITIVE_INFINITY, tags: undefined } as const;

/**
 * The ledger of a journal, after every sum in it was checked: of each stage, of each sink, and by hour and tag against
 * the whole; waiting against the samples that are really there.
 */
export function checkedLedger(dir: string): { readonly ledger: Ledger; readonly rows: readonly LedgerRow[] } {
  using reader = openReader(dir);
  const ledger = reader.ledger();
  const { acquired, stored, lost, sinks } = ledger;
  assert.equal(acquired, stored + lost, 'acquired = stored + lost');
  const rows = reader.ledgerRows({ ...ALWAYS, each: 'both' });
  const sum = (of: (row: LedgerRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  assert.equal(
    sum((row) => row.stored),
    stored,
    'stored, by hour and tag',
  );
  assert.equal(
    sum((row) => row.lost),
    lost,
    'lost before, by hour and tag',
  );
  for (const sink of sinks) {
    const { id, delivered, rejected, leftOut, waiting } = sink;
    assert.equal(sink.stored, delivered + rejected + leftOut + waiting + sink.lost, `all of ${id}`);
    let there = 0;
    for (const item of reader.rows(sink.at)) if (item.kind === 'batch') there += item.batch.rows;
    assert.equal(waiting, there, `what waits for ${id}`);
    assert.equal(
      sum(({ sinks: all }) => all.find((one) => one.id === id)?.waiting ?? 0),
      waiting,
      `what waits for ${id}, by hour and tag`,
    );
  }
  for (const each of ['hour', 'tag'] as const)
    assert.equal(
      reader.ledgerRows({ ...ALWAYS, each }).reduce((all, row) => all + row.stored, 0),
      stored,
      `stored, each ${each}`,
    );
  return { ledger, rows };
}
