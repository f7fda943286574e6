import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistorianConfig, HistoryReader, Series } from '#historian/api.ts';
import { mergeRows, type Rows } from '#historian/format/rows.ts';
import type { Journal, JournalConfig } from '#journal/api.ts';
import { openJournal } from '#journal/journal.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Scope } from '#test/scope.ts';
import { type Sample, samplesOf } from './samples.ts';

export const START_US = 1_790_000_000_000_000;

/** A data folder of the test's own, removed when it ends. */
export function folders(t: Scope): { readonly dir: string; readonly journalDir: string } {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-historian-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
}

export const historianConfig = (
  dirs: { readonly dir: string; readonly journalDir: string },
  over: Partial<HistorianConfig> = {},
): HistorianConfig => ({
  ...dirs,
  quotaBytes: 64 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  pollMs: 20,
  ...over,
});

export const journalAt = (dir: string, over: Partial<JournalConfig> = {}): Promise<Journal> =>
  openJournal({ dir, quotaBytes: 64 * 2 ** 20, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 5, ...over });

export const tagOf = (path: string): TagInfo => ({ path, type: 'number', access: 'read' });

/** Appends samples of one tag, some a batch, and waits for the disk. */
export async function append(
  journal: Journal,
  tag: number,
  samples: readonly Sample[],
  atUs = START_US,
): Promise<void> {
  journal.tag({ ...tagOf(`line/tag${tag}`), number: tag });
  const builder = new BatchBuilder();
  for (let from = 0; from < samples.length; from += 500) {
    for (const { timeUs, value, quality, wide } of samples.slice(from, from + 500)) {
      builder.addValue(tag, timeUs, wide ?? value, quality);
    }
    journal.append(builder.take({ receivedUs: START_US }), { source: 'plc', atUs: atUs + from });
  }
  const result = await new Promise((resolve) => journal.whenSettled(resolve));
  if (result !== 'durable') throw result;
}

export const everything = { fromUs: -(2 ** 53), toUs: 2 ** 53 + 2 };

export async function rawOf(reader: HistoryReader, path: string, span = everything): Promise<Sample[]> {
  const parts: Series[] = [];
  for await (const part of reader.raw([path], span)) parts.push(part);
  return parts.flatMap(samplesOf);
}

export const readings = (from: number, count: number, stepUs = 1_000_000): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    timeUs: START_US + (from + i) * stepUs,
    value: Math.round(1000 + 100 * Math.sin((from + i) / 50)) / 10,
    quality: 0,
    wide: undefined,
  }));

/** As the historian keeps them: in the order of time, equal ones once. */
export const kept = (...parts: readonly Rows[]): Sample[] => samplesOf(mergeRows(parts));
