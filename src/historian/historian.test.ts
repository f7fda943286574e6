import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeLock } from '#platform/sqlite.ts';
import {
  append,
  everything,
  folders,
  historianConfig,
  journalAt,
  rawOf,
  readings,
  START_US,
} from '#test/historian/folders.ts';
import { openHistorian } from './historian.ts';
import { openHistory } from './history.ts';
import { FILES } from './schema.ts';

test('what the journal holds comes back, whether it is in chunks already or not', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await using historian = await openHistorian(historianConfig(dirs));
  await using reader = openHistory(dirs);
  await append(journal, 0, readings(0, 3000));
  await append(journal, 1, readings(0, 10));
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 3000));
  await historian.flush();
  assert.equal(historian.position, journal.durableSeq);
  assert.equal(historian.health.rows, 3010);
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 3000));
  await append(journal, 0, readings(3000, 500));
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 3500));
  assert.deepEqual(await rawOf(reader, 'line/tag1'), readings(0, 10));
  assert.deepEqual(await rawOf(reader, 'line/other'), []);
});

test('flushes merge into large chunks, and late samples take their place', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await using historian = await openHistorian(historianConfig(dirs));
  await using reader = openHistory(dirs);
  const all = readings(0, 24_000);
  const late = all.filter((_, i) => i % 1000 === 7);
  const onTime = all.filter((_, i) => i % 1000 !== 7);
  for (let from = 0; from < onTime.length; from += 1000) {
    await append(journal, 0, onTime.slice(from, from + 1000));
    await historian.flush();
  }
  await append(journal, 0, late);
  await historian.flush();
  for (let i = 0; i < 16; i++) {
    await append(journal, 0, readings(24_000 + i * 600, 600));
    await historian.flush();
  }
  await until(() => historian.health.chunks < 12 && historian.health.rows === 24_000 + 9600);
  assert.deepEqual(await rawOf(reader, 'line/tag0'), [...all, ...readings(24_000, 9600)]);
});

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(holds());
}

test('an import takes its place by time and may be repeated', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await using historian = await openHistorian(historianConfig(dirs));
  await using reader = openHistory(dirs);
  await append(journal, 3, readings(5000, 100));
  await historian.flush();
  const rows = readings(0, 5050);
  const batch = {
    rows: rows.length,
    tag: new Uint32Array(rows.length),
    timeUs: Float64Array.from(rows, ({ timeUs }) => timeUs),
    value: Float64Array.from(rows, ({ value }) => value),
    quality: new Uint16Array(rows.length),
    receivedUs: START_US,
    late: true,
  };
  const tags = [{ path: 'line/tag3', type: 'number', access: 'read' }] as const;
  assert.equal(await historian.importRows({ tags, batch }), 5000);
  assert.equal(await historian.importRows({ tags, batch }), 0);
  assert.deepEqual(await rawOf(reader, 'line/tag3'), readings(0, 5100));
  const [known] = await reader.tags();
  assert.equal(known?.tag.path, 'line/tag3');
  assert.equal(known?.rows, 5100);
  assert.deepEqual(await reader.gaps(everything), []);
});

test('where few rows come the thread ends, and stands again for a flush, for many rows and for whoever asks', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  const rests = { ...historianConfig(dirs), calmMs: 50, flushMs: 3000 };
  await using historian = await openHistorian(rests, { journalRows: () => journal.health.durableRows });
  await using reader = openHistory(dirs);
  // Only a thread that has ended leaves the folder to others.
  const ended = () => {
    const release = takeLock(join(dirs.dir, FILES.lock));
    release?.();
    return release !== undefined;
  };
  await until(ended);
  await append(journal, 0, readings(0, 10));
  await historian.flush();
  assert.equal(historian.health.rows, 10);
  await until(ended);
  await append(journal, 0, readings(10, 10));
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 20));
  await until(() => historian.health.rows === 20);
  await until(ended);
  const writtenBytes = historian.health.writtenBytes;
  for (let from = 20; from < 40_020; from += 10_000) await append(journal, 0, readings(from, 10_000));
  await until(() => !ended());
  await Promise.all([historian.flush(), historian.flush()]);
  assert.equal(historian.health.rows, 40_020);
  assert.equal(historian.position, journal.durableSeq);
  assert.ok(historian.health.writtenBytes > writtenBytes);
  assert.equal(historian.health.fault, undefined);
});

test('a question is answered whether the thread that reads stands, ends at this moment or has ended', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await append(journal, 0, readings(0, 100));
  await using reader = openHistory(dirs, undefined, 5);
  for (const pauseMs of [0, 4, 5, 6, 7, 100, 0]) {
    assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 100));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
});
