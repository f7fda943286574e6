import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { messageOf } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import type { Scope } from '#test/scope.ts';
import { until } from '#test/until.ts';
import { type EdgeProcess, folder, journalItems, toldLosses } from './edge-process.ts';

/** What the journal of a site that has ended holds, and what it says it has lost. */
export interface Account {
  /** Rows of sources in the journal. */
  readonly kept: number;
  /** Rows of the site itself beside them, about a source that it had lost. */
  readonly said: number;
  /** Rows among those kept that the site may have said itself: about a tag that had been silent. */
  readonly unclear: number;
  readonly told: ReturnType<typeof toldLosses>;
}

/**
 * Reads the journal of a site that has ended, which may lie in a mount namespace of its own.
 * @param onNumber called with each number among the rows of sources
 */
export async function accountOf(
  t: Scope,
  dir: string,
  onNumber: (value: number) => void = () => {},
): Promise<Account> {
  // SQLite does not find its way into the mount namespace of somebody else.
  const copy = await folder(t);
  cpSync(dir, copy, { recursive: true });
  const damage: string[] = [];
  let kept = 0;
  let said = 0;
  let unclear = 0;
  for (const item of journalItems(copy, damage)) {
    if (item.kind !== 'batch' || item.mark.derived) continue;
    const { batch } = item;
    for (let i = 0; i < batch.rows; i++) {
      if (batch.quality[i] === Quality.badNotConnected) {
        said++;
        continue;
      }
      kept++;
      if (batch.quality[i] === Quality.badNoCommunication) unclear++;
      if (!Number.isNaN(batch.value[i])) onNumber(batch.value[i] as number);
    }
  }
  assert.deepEqual(damage, []);
  return { kept, said, unclear, told: toldLosses(copy) };
}

/** A source that has nothing brings nothing for so long. */
const QUIET_MS = 300;

const NOTHING: Account = { kept: 0, said: 0, unclear: 0, told: { rows: 0, reasons: [] } };

/** Ends the site, once its sources bring nothing more: all that it took since `earlier` is in its journal, or counted as lost there. */
export async function allAccountedFor(
  t: Scope,
  edge: EdgeProcess,
  dir: string,
  earlier = NOTHING,
  onNumber?: (value: number) => void,
) {
  let last = -1;
  let seen = '';
  await until(
    'nothing comes any more, and all is on disk',
    async () => {
      await new Promise((again) => setTimeout(again, QUIET_MS));
      const { journal, samples: now } = await edge.status();
      const quiet = now === last && journal.pendingRows === 0 && journal.fault === undefined;
      seen = `${now} samples after ${last}, ${JSON.stringify(journal)}`;
      last = now;
      return quiet;
    },
    60_000,
  ).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}: ${seen}`);
  });
  const { samples, sources, journal, tags } = await edge.status();
  await edge.stop();
  const account = await accountOf(t, dir, onNumber);
  const { kept, said, unclear, told } = account;
  const accounted = kept + told.rows - earlier.kept - earlier.told.rows;
  const found = JSON.stringify({ kept, said, unclear, told, samples, journal });
  assert.ok(accounted >= samples, found);
  // Rows that the site itself said are in the count of losses too, where they were lost: those of this run only.
  const reopened = Object.values(sources).reduce((sum, { opened }) => sum + Math.max(0, opened - 1), 0);
  const most = told.rows > earlier.told.rows ? tags * reopened - (said - earlier.said) : 0;
  assert.ok(accounted <= samples + most + unclear - earlier.unclear, found);
  assert.equal(journal.lostRows, told.rows - earlier.told.rows);
  return { ...account, samples };
}
