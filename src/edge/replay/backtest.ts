import type { BacktestReport } from '#contract/backtest.ts';
import { infoOf } from '#contract/check-peers.ts';
import type { TagModel } from '#contract/model.ts';
import { openDetector } from '#decide/detectors/opening.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { journalDir, learnedDir } from '#edge/data-folder.ts';
import { currentOf, LEARNED_STATE, learnedText } from '#edge/detectors/learned-store.ts';
import { type BlueprintFile, checkedFile, fileHistory, replayedFile } from '#edge/replay/files.ts';
import { learnedAt, readSitePast, type SitePast, textAt } from '#edge/replay/site-past.ts';
import type { JournalReader } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { Fault } from '#kernel/fault.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';
import { Comparison } from '#replay/comparison.ts';
import type { LearnedPast } from '#replay/file.ts';
import { type HistoryRows, historyPast } from '#replay/history-past.ts';
import { journalPast } from '#replay/journal-past.ts';
import { Lane } from '#replay/lane.ts';
import { type Past, run } from '#replay/run.ts';

export interface BacktestOptions {
  readonly dataDir: string;
  /** The file to try; absent: the files that decided then, which must find what was recorded. */
  readonly blueprint: Blueprint | undefined;
  /** Name of the file, for the report. */
  readonly name: string;
  readonly against: 'record' | 'current';
  /** Wall clock; the whole of what is kept when absent. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** How much of the past before `fromUs` rules and alarms settle on. */
  readonly warmUpUs: number;
  progress(part: number, rows: number, rowsPerS: number): void;
}

/**
 * Replays the past of a data folder, of a running site or of a stopped one, and says what the file would have found
 * beside what was found. Only reads.
 * @throws Fault `journal.none`, `backtest.no-past`, `replay.unknown-file`, `replay.old-file`
 */
export async function backtest(options: BacktestOptions): Promise<BacktestReport> {
  using reader = openReader(journalDir(options.dataDir));
  const span = spanOf(reader, options);
  const afterSeq = options.fromUs === undefined ? 0 : reader.seqBefore(span.fromUs - options.warmUpUs);
  const past = readSitePast(reader, afterSeq);
  const known = reader.tags();
  const before = options.blueprint && (await currentFile(past).catch(() => undefined));
  const hidden = derivedNow(options.blueprint, before?.blueprint, known);
  const now = currentOf(reader.states(LEARNED_STATE));
  const learned = learnedPast(options.dataDir, learnedAt(past, Number.POSITIVE_INFINITY, now));
  const then = learnedPast(options.dataDir, learnedAt(past, afterSeq, now));
  const tried = await triedFile(options, past, afterSeq);
  const file = new Lane({ ...tried, known, hidden, learned: tried.follow ? then : learned });
  const other =
    options.against === 'current' ? new Lane({ file: await currentFile(past), known, learned }) : undefined;
  for (const event of past.assets) for (const lane of [file, other]) lane?.before(event);
  const damage: string[] = [];
  const entries = journalPast(reader, afterSeq, (what) => damage.push(what));
  const report = await compared(options, span, known, entries, file, other);
  const remarked = remarks(options, past, before?.blueprint, file.unfitting);
  return { ...report, notes: [...damage, ...remarked, ...unlearned(options.blueprint, learned)] };
}

/**
 * The same over the samples of a historian, such as an imported past, which has no record of what was found: against
 * nothing, or against another file.
 */
export async function backtestHistory(
  options: BacktestOptions & { readonly blueprint: Blueprint; readonly current?: Blueprint | undefined },
  history: KeptHistory,
): Promise<BacktestReport> {
  const { blueprint, current, warmUpUs } = options;
  const files = current ? [blueprint, current] : [blueprint];
  const table = new TagTable();
  for (const { model } of files) for (const tag of model.tags) table.declare(infoOf(tag));
  const known = [...table].filter(({ path }) => history.paths.has(path));
  const fromUs = Math.max(options.fromUs ?? history.fromUs, history.fromUs);
  const toUs = Math.min(options.toUs ?? history.toUs, history.toUs);
  // What a file derives, it derives again: rows that were kept of it must not stand beside that.
  const derived = files.map(
    ({ model }) => new Set(model.tags.flatMap((tag) => (isComputed(tag) ? [tag.path] : []))),
  );
  const entries = historyPast(history.rows, table, {
    paths: known.map(({ path }) => path).filter((path) => !derived.every((some) => some.has(path))),
    fromUs: fromUs - warmUpUs,
    toUs,
  });
  const learned = learnedPast(options.dataDir, history.learned);
  const [file, other] = files.map((one, i) => {
    const hidden = known.filter(({ path }) => derived[i]?.has(path)).map(({ number }) => number);
    return new Lane({ file: replayedFile(one), known: [...table], hidden: new Set(hidden), learned });
  }) as [Lane, Lane | undefined];
  const report = await compared(options, { fromUs, toUs, endUs: toUs }, known, entries, file, other);
  return {
    ...report,
    past: 'history',
    against: current ? 'current' : 'nothing',
    notes: [...HISTORY_NOTES, ...unlearned(blueprint, learned)],
  };
}

/** What a historian holds, and where it is read from. */
export interface KeptHistory extends Omit<Stretch, 'endUs'> {
  readonly rows: HistoryRows;
  readonly paths: ReadonlySet<string>;
  /** Digests of the files that detectors go on with now, by id. */
  readonly learned: ReadonlyMap<string, string>;
}

const HISTORY_NOTES: readonly string[] = [
  'from the historian: times, values and qualities are those that the journal had, no row is resampled; ' +
    'a change below the deadband was never kept',
  'rows come in the order of their source times: when they arrived, what arrived late, and rows that were equal ' +
    'are not known, so delays and windows may end some moments otherwise than they did',
  'a historian keeps no record of what was found and no acts of people: modes and tag-outs are those of a new site',
];

async function compared(
  options: BacktestOptions,
  span: Stretch,
  known: readonly Tag[],
  past: Past,
  file: Lane,
  other: Lane | undefined,
): Promise<BacktestReport> {
  const comparison = new Comparison(span.fromUs);
  const startMs = performance.now();
  const perS = (rows: number) => (rows * 1000) / Math.max(performance.now() - startMs, 1);
  const progress = (timeUs: number, rows: number) => options.progress(partOf(span, timeUs), rows, perS(rows));
  const done = await run({ past, file, other, comparison, toUs: span.toUs, progress });
  const toUs = Math.max(Math.min(span.toUs, done.lastUs), span.fromUs);
  return {
    file: options.name,
    data: options.dataDir,
    past: 'journal',
    against: options.against,
    fromUs: span.fromUs,
    toUs,
    rows: done.rows,
    rowsPerS: Math.round(perS(done.rows)),
    subjects: comparison.subjects(toUs),
    equal: comparison.differenceCount === 0,
    ...tagsOf(options.blueprint, known, done.seen),
    notes: [],
    differences: comparison.differences,
    differenceCount: comparison.differenceCount,
  };
}

/** Wall clock. */
interface Stretch {
  readonly fromUs: number;
  /** What arrived later is left. */
  readonly toUs: number;
  /** As far as anything is kept, about: for the progress. */
  readonly endUs: number;
}

function spanOf(reader: JournalReader, { fromUs, toUs, dataDir }: BacktestOptions): Stretch {
  const extent = reader.extent();
  const first = firstArrivalUs(reader);
  const span = {
    fromUs: Math.max(fromUs ?? first, first),
    toUs: toUs ?? Number.POSITIVE_INFINITY,
    endUs: Math.min(toUs ?? Number.POSITIVE_INFINITY, extent?.toUs ?? 0),
  };
  if (extent && span.fromUs <= span.endUs) return span;
  throw noPast(dataDir, extent && { fromUs: first, toUs: extent.toUs });
}

export function noPast(dataDir: string, held: { fromUs: number; toUs: number } | undefined): Fault {
  const kept = held ? `; it keeps ${iso(held.fromUs)} to ${iso(held.toUs)}` : '';
  return new Fault('backtest.no-past', `${dataDir} has no samples of that time${kept}`, {
    retry: 'never',
    hint: 'name another time with --from and --to, or another folder with --data',
  });
}

/** Infinity where nothing is kept. */
export function firstArrivalUs(reader: JournalReader): number {
  for (const item of reader.items(0)) {
    if (item.kind === 'batch' && !item.batch.late) return item.batch.receivedUs;
  }
  return Number.POSITIVE_INFINITY;
}

const learnedPast = (dataDir: string, digests: ReadonlyMap<string, string>): LearnedPast => ({
  digests,
  text: (digest) => learnedText(learnedDir(dataDir), digest),
});

/** Detectors of the file that find nothing, because they have learned nothing here. */
function unlearned(blueprint: Blueprint | undefined, { digests, text }: LearnedPast): string[] {
  const without = (blueprint?.spec.detectors ?? []).filter((one) => {
    const digest = one.learned ?? digests.get(one.id);
    const read = digest === undefined ? undefined : text(digest);
    const file = digest === undefined || read === undefined ? undefined : { digest, text: read };
    return openDetector({ ...one, file }).detector === undefined;
  });
  if (without.length === 0) return [];
  const names = without.slice(0, 3).map(({ id }) => id);
  return [
    `${without.length} detectors have learned nothing that fits and find nothing, such as ${names.join(', ')}`,
  ];
}

/** A tag that the site makes by itself. */
const isComputed = ({ derive, detector }: TagModel): boolean =>
  derive !== undefined || detector !== undefined;

const iso = (us: number): string => new Date(us / 1000).toISOString();

const partOf = ({ fromUs, endUs }: Stretch, timeUs: number): number =>
  Math.min(Math.max((timeUs - fromUs) / Math.max(endUs - fromUs, 1), 0), 1);

async function triedFile(
  { blueprint }: BacktestOptions,
  past: SitePast,
  afterSeq: number,
): Promise<Omit<ConstructorParameters<typeof Lane>[0], 'known'>> {
  if (blueprint) return { file: replayedFile(blueprint) };
  const texts = [...new Set(past.texts.map(({ text }) => text))];
  const files = await Promise.all(texts.map(checkedFile));
  const first = textAt(past, afterSeq);
  const file = files.find((one) => one.blueprint.text === first) as BlueprintFile;
  return { file, follow: fileHistory(files), states: past.states };
}

export const currentFile = (past: SitePast): Promise<BlueprintFile> =>
  checkedFile(textAt(past, Number.POSITIVE_INFINITY));

function tagsOf(blueprint: Blueprint | undefined, known: readonly Tag[], seen: Uint8Array) {
  const numbers = new Map(known.map(({ path, number }) => [path, number]));
  const measured = (blueprint?.model.tags ?? []).filter((tag) => tag.source !== undefined);
  const paths = measured.filter(isRead).map(({ path }) => path);
  return {
    unknownTags: paths.filter((path) => !numbers.has(path)),
    silentTags: paths.filter((path) => numbers.has(path) && seen[numbers.get(path) ?? 0] !== 1),
  };
}

const isRead = ({ access }: TagModel): boolean => access !== 'write';

/** Tags that the file derives and the past had measured: what was measured must not stand beside what is derived. */
function derivedNow(
  blueprint: Blueprint | undefined,
  before: Blueprint | undefined,
  known: readonly Tag[],
): ReadonlySet<number> {
  const paths = new Set(blueprint?.model.tags.flatMap((tag) => (isComputed(tag) ? [tag.path] : [])));
  const measured = before?.model.tags.filter(({ path, source }) => source !== undefined && paths.has(path));
  const numbers = new Map(known.map(({ path, number }) => [path, number]));
  return new Set(measured?.flatMap(({ path }) => numbers.get(path) ?? []));
}

/** Fields of a tag that its rows were made with before they were kept. */
const BEFORE_KEPT = ['scale', 'range', 'deadband', 'type'] as const;

function remarks(
  { blueprint, against }: BacktestOptions,
  past: SitePast,
  current: Blueprint | undefined,
  unfitting: number,
): string[] {
  const notes: string[] = [];
  if (unfitting > 0)
    notes.push(
      `${unfitting} acts of operators did not fit: the alarm is not in this file, or was in another state`,
    );
  if (!blueprint || past.texts.length === 0) return notes;
  if (against === 'record') {
    const digests = new Set(past.texts.map(({ digest }) => digest));
    if (digests.size > 1) notes.push(`the record was made by ${digests.size} site files in turn`);
  }
  const before = new Map(current?.model.tags.map((tag) => [tag.path, tag]));
  const otherwise = blueprint.model.tags.filter((tag) => {
    const was = before.get(tag.path);
    return was && BEFORE_KEPT.some((field) => JSON.stringify(tag[field]) !== JSON.stringify(was[field]));
  });
  if (otherwise.length > 0) {
    notes.push(
      `rows are as they were kept: another ${BEFORE_KEPT.join(', ')} does nothing to them ` +
        `(${otherwise.length} tags, such as ${otherwise[0]?.path})`,
    );
  }
  return notes;
}
