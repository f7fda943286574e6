import { existsSync } from 'node:fs';
import type { BacktestReport } from '#contract/backtest.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { currentOf, LEARNED_STATE } from '#edge/detectors/learned-store.ts';
import {
  type BacktestOptions,
  backtest,
  backtestHistory,
  currentFile,
  firstArrivalUs,
  noPast,
} from '#edge/replay/backtest.ts';
import { readSitePast } from '#edge/replay/site-past.ts';
import type { HistoryReader, HistoryTag } from '#historian/api.ts';
import { openHistory } from '#historian/history.ts';
import { openReader } from '#journal/reader.ts';
import { Fault } from '#kernel/fault.ts';

export interface KeptOptions extends BacktestOptions {
  /** Absent: the journal where it still holds the whole span, otherwise the historian where that reaches further back. */
  readonly past?: 'journal' | 'history' | undefined;
}

/**
 * A back-test over what a data folder still holds: the journal is exact and short, the historian holds the samples of
 * long ago and nothing else. The report says which one it was.
 * @throws Fault as {@link backtest}; `backtest.usage` for what a historian cannot do
 */
export async function backtestKept(options: KeptOptions): Promise<BacktestReport> {
  const { dataDir, past, blueprint } = options;
  if (past === 'journal') return await backtest(options);
  if (past === undefined && !blueprint) return await backtest(options);
  await using reader = openHistory({ dir: historianDir(dataDir), journalDir: journalDir(dataDir) });
  const tags = await reader.tags();
  if (past === undefined && journalReaches(options, tags)) return await backtest(options);
  if (!blueprint) {
    throw new Fault('backtest.usage', 'a historian does not know which site files ran', {
      retry: 'never',
      hint: 'name the file to try; without --past history the files of then are replayed from the journal',
    });
  }
  return await overHistory({ ...options, blueprint }, reader, tags);
}

/** Whether the journal holds the span from its beginning, or the historian would be no better. */
function journalReaches({ dataDir, fromUs }: KeptOptions, tags: readonly HistoryTag[]): boolean {
  if (!existsSync(journalDir(dataDir))) return false;
  using reader = openReader(journalDir(dataDir));
  const firstUs = firstArrivalUs(reader);
  return firstUs <= (fromUs ?? Number.MAX_VALUE) || !(startOf(tags) < firstUs);
}

const startOf = (tags: readonly HistoryTag[]): number =>
  tags.reduce((first, { fromUs }) => Math.min(first, fromUs), Number.POSITIVE_INFINITY);

async function overHistory(
  options: KeptOptions & { readonly blueprint: NonNullable<BacktestOptions['blueprint']> },
  rows: HistoryReader,
  tags: readonly HistoryTag[],
): Promise<BacktestReport> {
  const { dataDir, against, fromUs, toUs } = options;
  const first = startOf(tags);
  const last = tags.reduce((newest, tag) => Math.max(newest, tag.toUs), Number.NEGATIVE_INFINITY);
  if (!((toUs ?? last) >= first && (fromUs ?? first) <= last)) {
    throw noPast(dataDir, tags.length > 0 ? { fromUs: first, toUs: last } : undefined);
  }
  const current = against === 'current' ? (await runningFile(dataDir)).blueprint : undefined;
  const paths = new Set(tags.map(({ tag: { path } }) => path));
  const learned = learnedNow(dataDir);
  return await backtestHistory(
    { ...options, current },
    { rows, paths, learned, fromUs: first, toUs: last + 1 },
  );
}

/** What detectors go on with now; a historian alone, such as an imported past, knows of none. */
function learnedNow(dataDir: string): Map<string, string> {
  if (!existsSync(journalDir(dataDir))) return new Map();
  using reader = openReader(journalDir(dataDir));
  const now = currentOf(reader.states(LEARNED_STATE));
  return new Map([...now].map(([id, { digest }]) => [id, digest]));
}

async function runningFile(dataDir: string): ReturnType<typeof currentFile> {
  using reader = openReader(journalDir(dataDir));
  return await currentFile(readSitePast(reader, 0));
}
