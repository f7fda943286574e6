import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import type { JournalReader, LostBlock } from '#journal/api.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import { folder } from '#test/crash/edge-process.ts';
import { anEvent, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { append, everything, historianConfig, journalAt, rawOf, readings } from '#test/historian/folders.ts';
import { pick, type Report, type Rig, type Torture } from '../torture.ts';

const PAGE_BYTES = 4096;
const BATCHES = 120;
const ROWS = 50;
const MARK = { source: 'plc', atUs: START_US };

/** Changes some bytes of a file, or takes a page away. */
function scratch(path: string, rig: Rig): string {
  const { chance } = rig;
  const bytes = readFileSync(path);
  const at = Math.floor(chance.uniform() * bytes.length);
  const length = pick(chance, [1, 4, 64, PAGE_BYTES]);
  const end = Math.min(bytes.length, at + length);
  for (let i = at; i < end; i++) bytes[i] = Math.floor(chance.uniform() * 256);
  writeFileSync(path, bytes);
  return `${end - at} bytes at ${at}`;
}

interface Tally {
  acquired: number;
  stored: number;
  counted: number;
  readonly reasons: Set<string>;
  /** Journals that lost rows, and those of them in which each loss is counted to the row. */
  hit: number;
  exact: number;
  /** Largest part of the rows of one journal that was lost. */
  most: number;
}

/** A damaged journal opens, keeps what can be read, tells what cannot, and goes on. */
async function journalRound(rig: Rig, whole: string, tally: Tally): Promise<void> {
  const dir = `${whole}-scratched`;
  rmSync(dir, { recursive: true, force: true });
  cpSync(whole, dir, { recursive: true });
  const how = `journal: ${scratch(join(dir, 'journal.db'), rig)}`;
  const damage: string[] = [];
  {
    await using journal = await openJournal(
      { dir, quotaBytes: 64 * 2 ** 20, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 5 },
      { onDamage: (what) => damage.push(...what) },
    );
    damage.push(...journal.opened.damage);
    journal.append(series([-1]), MARK);
    assert.equal(await settled(journal), 'durable', how);
  }
  using reader = openReader(dir);
  const kept = new Map<number, number>();
  /** What the reader passed over: whoever follows it makes a gap of each. */
  const passed: LostBlock[] = [];
  const tell = (what: string, lost?: LostBlock) => {
    damage.push(what);
    if (lost) passed.push(lost);
  };
  for (const item of reader.items(0, tell))
    if (item.kind === 'batch')
      for (const value of item.batch.value) kept.set(value, (kept.get(value) ?? 0) + 1);
  assert.equal(kept.get(-1), 1, `${how}: what came after the damage is there`);
  kept.delete(-1);
  for (const [value, times] of kept)
    assert.ok(
      Number.isInteger(value) && value < BATCHES * ROWS && times === 1,
      `${how}: ${times} × ${value}`,
    );
  const lost = BATCHES * ROWS - kept.size;
  const told = `told: ${damage.join('; ')}`;
  assert.ok(lost === 0 || damage.length > 0, `${how}: ${lost} rows are gone and nobody was told`);
  const gaps = gapsOf(reader, damage);
  const counts = [...gaps.filter(({ source }) => source === undefined).map(({ count }) => count)];
  counts.push(...passed.map(({ rows }) => rows));
  const isTold = lost === 0 || counts.length > 0 || damage.some((what) => what.startsWith('gaps'));
  assert.ok(isTold, `${how}: ${lost} rows are gone without a gap; ${told}`);
  const sum = counts.reduce((all, count) => (all ?? 0) + (count ?? Number.NaN), 0) as number;
  assert.ok(
    Number.isNaN(sum) || counts.length === 0 || sum === lost,
    `${how}: ${lost} rows are gone, and ${sum} are counted; ${told}`,
  );
  if (lost > 0 && !Number.isNaN(sum)) tally.exact++;
  if (lost > 0) tally.hit++;
  tally.most = Math.max(tally.most, lost / (BATCHES * ROWS));
  for (const { reason } of gaps) tally.reasons.add(reason);
  tally.acquired += BATCHES * ROWS;
  tally.stored += kept.size;
  tally.counted += lost;
}

/** The table of gaps may be what was damaged: whoever asks is told. */
function gapsOf(reader: JournalReader, damage: string[]): readonly Gap[] {
  try {
    return reader.gaps(1000);
  } catch (error) {
    damage.push(`gaps cannot be read: ${messageOf(error)}`);
    return [];
  }
}

async function livedJournal(rig: Rig): Promise<string> {
  const dir = await folder(rig);
  await using journal = await openJournal({
    dir,
    quotaBytes: 64 * 2 ** 20,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 5,
  });
  let next = 0;
  for (let n = 0; n < BATCHES; n++) {
    journal.tag({ number: n % 20, path: `a/t${n % 20}`, type: 'number', access: 'read' });
    journal.append(
      series(
        Array.from({ length: ROWS }, () => next++),
        n % 20,
      ),
      MARK,
    );
    if (n % 3 === 0) journal.event(anEvent(`system.n${n}`), START_US + n);
    await settled(journal);
  }
  return dir;
}

const CHUNK_ROWS = 30_000;

/** A damaged chunk of the history loses only itself, and is a gap of as many rows. */
async function chunkRound(rig: Rig, dirs: Dirs, tally: Tally): Promise<void> {
  const { chance } = rig;
  const copy = { ...dirs, dir: `${dirs.dir}-scratched` };
  rmSync(copy.dir, { recursive: true, force: true });
  cpSync(dirs.dir, copy.dir, { recursive: true });
  const db = new DatabaseSync(join(copy.dir, 'historian.db'));
  const chunks = db.prepare('SELECT id, rows, body FROM chunks').all() as {
    id: number;
    rows: number;
    body: Uint8Array;
  }[];
  const { id, rows, body } = pick(chance, chunks);
  const broken = body.slice();
  const at = Math.floor(chance.uniform() * broken.length);
  broken[at] = (broken[at] ?? 0) ^ (1 << Math.floor(chance.uniform() * 8));
  db.prepare('UPDATE chunks SET body = ? WHERE id = ?').run(broken, id);
  db.close();
  await using reader = openHistory(copy);
  const left = (await rawOf(reader, 'line/tag0')).length;
  const how = `chunk ${id} of ${rows} rows, byte ${at}`;
  assert.equal(left, CHUNK_ROWS - rows, `${how}: only it is lost`);
  const gaps = await reader.gaps(everything);
  const counted = gaps.reduce((sum, { count }) => sum + (count ?? 0), 0);
  assert.equal(counted, rows, `${how}: ${JSON.stringify(gaps)}`);
  for (const { reason } of gaps) tally.reasons.add(reason);
  tally.acquired += CHUNK_ROWS;
  tally.stored += left;
  tally.counted += counted;
}

interface Dirs {
  readonly dir: string;
  readonly journalDir: string;
}

async function livedHistory(rig: Rig): Promise<Dirs> {
  const root = await folder(rig);
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  await using journal = await journalAt(dirs.journalDir);
  await using historian = await openHistorian(historianConfig(dirs));
  await append(journal, 0, readings(0, CHUNK_ROWS));
  await historian.flush();
  return dirs;
}

async function run(rig: Rig): Promise<Report> {
  const rounds = rig.times(10, 2000);
  const tally: Tally = { acquired: 0, stored: 0, counted: 0, reasons: new Set(), hit: 0, exact: 0, most: 0 };
  const [journal, history] = [await livedJournal(rig), await livedHistory(rig)];
  for (let round = 0; round < rounds; round++) {
    rig.progress(`round ${round + 1} of ${rounds}`);
    if (round % 2 === 0) await journalRound(rig, journal, tally);
    else await chunkRound(rig, history, tally);
  }
  const { acquired, stored, counted, reasons } = tally;
  return {
    tried: [rounds, 'damaged journals and chunks'],
    rows: { acquired, stored, counted, reasons: [...reasons], lost: acquired - stored - counted },
    notes: [
      `${tally.hit} journals lost rows, at most ${Math.round(tally.most * 100)} % of them`,
      `in ${tally.exact} of them every gap has its count`,
    ],
  };
}

export const damage: Torture = {
  name: 'damage',
  about:
    'bytes changed anywhere in the journal, or in a chunk of the history: only that is lost, and it is told',
  run,
};
