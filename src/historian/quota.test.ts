import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  append,
  everything,
  folders,
  historianConfig,
  journalAt,
  rawOf,
  START_US,
} from '#test/historian/folders.ts';
import type { Sample } from '#test/historian/samples.ts';
import { openHistorian } from './historian.ts';
import { openHistory } from './history.ts';

/** Rows that no coding makes small, so that few of them fill a quota. */
const noise = (from: number, count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    timeUs: START_US + (from + i) * 1_000_000,
    value: Math.sin((from + i) * 1e6) * 1e3,
    quality: 0,
    wide: undefined,
  }));

test('above the quota the oldest go first, counted in gaps', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  const quotaBytes = 2 * 2 ** 20;
  await using historian = await openHistorian(historianConfig(dirs, { quotaBytes }));
  const total = 400_000;
  for (let from = 0; from < total; from += 20_000) {
    await append(journal, 0, noise(from, 20_000));
    await historian.flush();
    assert.ok(historian.health.usedBytes <= quotaBytes, `${historian.health.usedBytes} bytes`);
  }
  await using reader = openHistory(dirs);
  const left = await rawOf(reader, 'line/tag0');
  assert.deepEqual(left, noise(total - left.length, left.length));
  assert.ok(left.length > 50_000, `${left.length} rows are left`);
  const gaps = await reader.gaps(everything);
  assert.ok(gaps.every(({ reason }) => reason === 'quota'));
  assert.equal(
    gaps.reduce((sum, { count }) => sum + (count ?? 0), 0),
    total - left.length,
  );
});

test('what was recorded longer ago than the limit goes, whatever the clock of the samples says', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  const hourUs = 3_600e6;
  await using historian = await openHistorian(historianConfig(dirs, { maxAgeUs: 10 * hourUs }));
  for (let hour = 0; hour < 24; hour++) {
    await append(journal, 0, noise(hour * 5000, 5000), START_US + hour * 0.9 * hourUs);
    await historian.flush();
  }
  await using reader = openHistory(dirs);
  let left = 0;
  for (let i = 0; i < 300 && (left === 0 || left > 70_000); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = (await rawOf(reader, 'line/tag0')).length;
  }
  assert.ok(left >= 50_000 && left <= 70_000, `${left} rows are left`);
  const gaps = await reader.gaps(everything);
  assert.ok(gaps.length > 0 && gaps.every(({ reason }) => reason === 'age'));
});
