import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { until } from '#test/until.ts';
import { keepCarried } from '#trust/hub/carried.ts';
import type { Membership } from '#trust/hub/membership.ts';
import { ReceiptWatch } from './watch.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const JOURNAL = '6f1b36d6-7b56-4c4a-9df5-0b6f1a4a6f01';

test('a receipt that was taken before the site started is told once there is a link, and of this hub only', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-watch-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'hub'));
  const positions = { security: 1, others: 2, history: 42 };
  const confirmed = { hub: JOURNAL, atUs: 5, positions, cursor: 0 };
  const sent = { upTo: positions, samples: 9, events: 3, parcels: 1, atUs: 6 };
  await keepCarried(dir, { pin: 'ours', journal: JOURNAL, confirmed, sent });
  const told: string[] = [];
  const carried: string[] = [];
  const watch = (pin: string) =>
    new ReceiptWatch(dir, {
      ...{ clock: systemClock(), log: quiet, journal: JOURNAL },
      membership: () => ({ pin }) as Membership,
      sent: (one) => void (one && carried.push(`${pin} ${one.samples}`)),
      confirmed: (history) => told.push(`${pin} ${history}`) > 0,
    });
  await using _other = watch('theirs');
  await using _own = watch('ours');
  await until('it is told', () => told.length > 0, 60_000);
  assert.deepEqual(told, ['ours 42']);
  assert.deepEqual([...new Set(carried)], ['ours 9']);
});
