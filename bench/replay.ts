import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSite } from '#edge/blueprint.ts';
import { replayedFile } from '#edge/replay/files.ts';
import { durable } from '#edge/writes.ts';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';
import { Comparison } from '#replay/comparison.ts';
import { historyPast } from '#replay/history-past.ts';
import { journalPast } from '#replay/journal-past.ts';
import { Lane } from '#replay/lane.ts';
import { type Past, run } from '#replay/run.ts';
import { type Row, report } from './table.ts';

/*
 * Samples a second from a journal on disk through the decisions of a site, with large batches, as PLCs give them, and
 * with small ones, as brokers do. The peer reads the same journal and makes an object of each sample, as one would at
 * first. Then the same samples from a historian that has taken them from that journal, beside the journal's own replay:
 * rows of one time are one batch there, and both threads, that which reads and that which decides, are counted.
 */

const TAGS = 1000;

async function written(dir: string, rows: number, of: number): Promise<TagTable> {
  const table = new TagTable();
  await using journal = await openJournal({
    dir,
    quotaBytes: 2 ** 31,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 200,
  });
  for (let i = 0; i < TAGS; i++)
    journal.tag(table.declare({ path: `line/pump${i}/level`, type: 'number', access: 'read' }));
  for (let done = 0, b = 0; done < rows; done += of, b++) {
    journal.append(batchOf(b, of), { source: 'plc', atUs: timeOf(b, of) });
    const room = journal.room();
    if (room) await room;
  }
  await durable(journal);
  return table;
}

/** 10,000 samples a second. */
const timeOf = (b: number, of: number): number => 1_790_000_000_000_000 + b * of * 100;

function batchOf(b: number, of: number): Batch {
  const nowUs = timeOf(b, of);
  const batch = allocBatch(of, { receivedUs: nowUs });
  for (let i = 0; i < of; i++) {
    const n = b * of + i;
    batch.tag[i] = n % TAGS;
    batch.timeUs[i] = nowUs - (n % 3) * 1000;
    // Some decimals, some spikes above the limits.
    batch.value[i] = n % 50_021 === 0 ? 150 : Math.round(((n * 7919) % 9000) + 50) / 100;
  }
  return batch;
}

function siteText(): string {
  const tags = Array.from({ length: TAGS }, (_, i) => [
    `line/pump${i}/level`,
    { source: 'plc', address: { topic: `pump${i}` } },
  ]);
  const alarm = (when: string) => ({ when, priority: 'low', consequence: 'none', response: 'none' });
  const high = Array.from({ length: TAGS }, (_, i) => [
    `high${i}`,
    alarm(`tag("line/pump${i}/level") > 100`),
  ]);
  const mean = Array.from({ length: 20 }, (_, i) => [
    `mean${i}`,
    alarm(`mean(tag("line/pump${i}/level"), "10s") > 90`),
  ]);
  return JSON.stringify({
    site: 'bench',
    sources: { plc: { kind: 'mqtt', url: 'mqtt://127.0.0.1' } }, // never opened
    tags: Object.fromEntries(tags),
    alarms: Object.fromEntries([...high, ...mean]),
  });
}

interface Replayed {
  readonly perS: number;
  /** By the clock: a historian is read in a thread of its own meanwhile. */
  readonly perWallS: number;
  readonly found: number;
}

async function replayOf(dir: string): Promise<Replayed> {
  using reader = openReader(dir);
  const past = journalPast(reader, 0, (what) => {
    throw new Error(what);
  });
  return await timed(past, reader.tags());
}

/** The same samples from a historian that has taken them from that journal. */
async function historyReplayOf(dir: string): Promise<Replayed> {
  await using history = openHistory({ dir: historianOf(dir), journalDir: dir });
  const tags = await history.tags();
  const table = new TagTable();
  for (const { tag } of tags) table.declare(tag);
  const span = {
    paths: tags.map(({ tag }) => tag.path),
    fromUs: Math.min(...tags.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...tags.map(({ toUs }) => toUs)) + 1,
  };
  return await timed(historyPast(history, table, span), [...table]);
}

async function timed(past: Past, known: readonly Tag[]): Promise<Replayed> {
  const { blueprint, problems } = await checkSite(siteText());
  if (!blueprint) throw new Error(problems[0]?.message);
  const lane = new Lane({ file: replayedFile(blueprint), known });
  const comparison = new Comparison(0);
  const before = process.cpuUsage();
  const beganMs = performance.now();
  const { rows, lastUs } = await run({
    past,
    file: lane,
    other: undefined,
    comparison,
    toUs: Number.POSITIVE_INFINITY,
    progress: () => {},
  });
  const perS = perCpuSecond(rows, before);
  const perWallS = (rows * 1000) / (performance.now() - beganMs);
  const found = comparison.subjects(lastUs).reduce((sum, { file }) => sum + (file?.count ?? 0), 0);
  return { perS, perWallS, found };
}

const historianOf = (dir: string): string => `${dir}-historian`;

async function taken(dir: string): Promise<void> {
  await using historian = await openHistorian({
    dir: historianOf(dir),
    journalDir: dir,
    quotaBytes: 2 ** 31,
    maxAgeUs: Number.POSITIVE_INFINITY,
  });
  await historian.flush();
  if (historian.health.fault) throw historian.health.fault;
}

/** An object a sample, a map from tag to limits. */
function plainOf(dir: string): number {
  using reader = openReader(dir);
  const state = new Map<number, boolean>();
  let rows = 0;
  const before = process.cpuUsage();
  for (const item of reader.items(0)) {
    if (item.kind !== 'batch') continue;
    const samples = Array.from(item.batch.tag, (tag, i) => ({
      tag,
      value: item.batch.value[i] as number,
      timeUs: item.batch.timeUs[i] as number,
    }));
    for (const { tag, value } of samples) state.set(tag, value > 100);
    rows += samples.length;
  }
  return perCpuSecond(rows, before);
}

/** A second of processor time, so that what else runs on the machine does not count. */
function perCpuSecond(rows: number, before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (rows * 1e6) / (user + system);
}

async function measure(dir: string, rows: number, of: number): Promise<Row[]> {
  await written(dir, rows, of);
  await taken(dir);
  await replayOf(dir); // compiles what a program compiles that runs for longer than this
  const journal = await replayOf(dir);
  await historyReplayOf(dir);
  const history = await historyReplayOf(dir);
  const note = (found: number) => `${TAGS} limits, 20 windows; ${found} alarms raised`;
  const common = { unit: 'samples/s', goal: { least: 1e6 } };
  return [
    {
      ...common,
      what: `replayed from the journal through decisions, ${of} rows a batch`,
      ours: journal.perS,
      peer: { name: 'an object a sample, no decisions', value: plainOf(dir) },
      note: note(journal.found),
    },
    {
      ...common,
      what: `replayed from the historian, ${of} rows a batch`,
      ours: history.perS,
      peer: { name: 'from the journal', value: journal.perS },
      note: `${note(history.found)}; by the clock ${Math.round(history.perWallS)} samples/s, from the journal ${Math.round(journal.perWallS)}`,
    },
  ];
}

async function bench(quick: boolean): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const rows = quick ? 5e5 : 6e6;
    return [
      ...(await measure(join(dir, 'large'), rows, 1000)),
      ...(await measure(join(dir, 'small'), rows / 2, 10)),
      ...(await measure(join(dir, 'single'), rows / 4, 1)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await report(bench);
