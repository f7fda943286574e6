import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Item, Journal, JournalConfig } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import type { SiteEvent } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Scope } from '#test/scope.ts';

/** A journal folder of the test's own, removed when it ends. */
export function journalConfig(t: Scope, over: Partial<JournalConfig> = {}): JournalConfig {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return { dir, quotaBytes: 16 * 2 ** 20, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 20, ...over };
}

export const settled = (journal: Journal): Promise<'durable' | Fault> =>
  new Promise((resolve) => journal.whenSettled(resolve));

export const START_US = 1_790_000_000_000_000;

/** One row a value, one second apart. */
export function series(values: readonly number[], tag = 0, fromUs = START_US): Batch {
  const batch = allocBatch(values.length, { receivedUs: fromUs });
  values.forEach((value, i) => {
    batch.tag[i] = tag;
    batch.value[i] = value;
    batch.timeUs[i] = fromUs + i * 1_000_000;
  });
  return batch;
}

/** Rows that no coding makes small, so that few of them fill a quota. */
export function noise(rows: number, seed: number, fromUs = START_US): Batch {
  const batch = allocBatch(rows, { receivedUs: fromUs });
  let state = seed >>> 0;
  const halves = new Uint32Array(batch.value.buffer);
  for (let i = 0; i < halves.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Keeps the exponent of a small number: no NaN among them.
    halves[i] = i % 2 === 1 ? 0x3ff00000 | (state >>> 12) : state;
  }
  batch.timeUs.fill(fromUs);
  return batch;
}

export const anEvent = (name: string, timeUs = START_US): SiteEvent => ({
  kind: 'system',
  name,
  timeUs,
  subject: 'site',
  detail: { text: name.repeat(3), n: 5 },
});

export function itemsOf(dir: string, afterSeq = 0, damage: string[] = []): Item[] {
  using reader = openReader(dir);
  return [...reader.items(afterSeq, (what) => damage.push(what))];
}

/** All numeric values kept, in order. */
export const valuesOf = (dir: string): number[] =>
  itemsOf(dir).flatMap((item) => (item.kind === 'batch' ? [...item.batch.value] : []));
