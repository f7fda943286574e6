import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { openReader } from '#journal/reader.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { builtLibrary, noPowerCut } from '#test/crash/power-cut.ts';
import { bundledWriter } from '#test/crash/writer-process.ts';
import { pick, type Report, type Rig, type Torture } from '../torture.ts';

const SOURCE = new URL('../failing-writes.c', import.meta.url).pathname;
const WRITER = new URL('../short-writer.ts', import.meta.url).pathname;
const { ENOSPC, EIO, EROFS, EDQUOT } = constants.errno;

type Spans = readonly (readonly [from: number, upTo: number])[];

interface Written {
  readonly appended: number;
  readonly durable: Spans;
  /** Their source heard that they were not settled. */
  readonly unsettled: Spans;
  /** The disk still failed when the journal was closed. */
  readonly endedFailing: boolean;
  readonly unexpected: readonly string[];
}

interface Failing {
  readonly from: number;
  readonly to: number;
  readonly errno: number;
}

interface Setting {
  readonly writer: string;
  readonly library: string;
  readonly dir: string;
}

/** Runs the writer while some of its writes fail. @returns what it said, and how many writes there were */
async function write({ writer, library, dir }: Setting, { from, to, errno }: Failing) {
  rmSync(dir, { recursive: true, force: true });
  const report = `${dir}.writes`;
  const env = {
    ...process.env,
    LD_PRELOAD: library,
    FAIL_DIR: dir,
    FAIL_FROM: `${from}`,
    FAIL_TO: `${to}`,
    FAIL_ERRNO: `${errno}`,
    FAIL_REPORT: report,
  };
  const args = [writer, dir, `${to - from}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 300_000 });
  const written = JSON.parse(stdout) as Written;
  return { written, writes: Number(readFileSync(report, 'utf8')) };
}

/**
 * Every row is kept once or counted as lost; every settled one is kept. Where the disk fails to the very end there is
 * nowhere to write a count to: rows may then be missing, as after a kill, whose source knows that they were not settled.
 */
function judge(dir: string, { appended, durable, unexpected, ...end }: Written, how: string) {
  assert.deepEqual(unexpected, [], how);
  using reader = openReader(dir);
  const damage: string[] = [];
  const kept = new Map<number, number>();
  for (const item of reader.items(0, (what) => damage.push(what)))
    if (item.kind === 'batch')
      for (const value of item.batch.value) kept.set(value, (kept.get(value) ?? 0) + 1);
  assert.deepEqual(damage, [], how);
  assert.equal(reader.verify().broken, undefined, how);
  const twice = [...kept].filter(([, times]) => times > 1);
  assert.deepEqual(twice, [], `${how}: rows that are there more than once`);
  const missing = missingOf(durable, kept);
  assert.deepEqual(missing, [], `${how}: settled and not there`);
  const gaps = reader.gaps(10_000);
  const counted = gaps.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const unwritten = appended - kept.size - counted;
  const known = end.endedFailing ? missingOf(end.unsettled, kept).length : 0;
  const rows = `${kept.size} kept, ${counted} counted, ${known} known to their source as unsettled`;
  assert.ok(unwritten === 0 || unwritten + counted === known, `${how}: of ${appended} rows ${rows}`);
  return {
    stored: kept.size,
    counted,
    acquired: appended - unwritten,
    unwritten,
    reasons: gaps.map(({ reason }) => reason),
  };
}

const missingOf = (spans: Spans, kept: ReadonlyMap<number, number>): number[] =>
  spans
    .flatMap(([from, upTo]) => Array.from({ length: upTo - from + 1 }, (_, i) => from + i))
    .filter((n) => !kept.has(n));

async function run(rig: Rig): Promise<Report> {
  const library = builtLibrary(rig, SOURCE);
  const setting = { writer: bundledWriter(rig, WRITER), library, dir: journalConfig(rig).dir };
  rig.after(() => rmSync(`${setting.dir}.writes`, { force: true }));
  const whole = await write(setting, { from: 0, to: 0, errno: ENOSPC });
  judge(setting.dir, whole.written, 'on a sound disk');
  const all = Array.from({ length: whole.writes }, (_, i) => i);
  // In the long form every one of them, in the short one a few by chance.
  const times = Math.min(all.length, rig.times(8, all.length));
  const places = times === all.length ? all : Array.from({ length: times }, () => pick(rig.chance, all));
  const total = { acquired: 0, stored: 0, counted: 0, unwritten: 0 };
  const reasons = new Set<string>();
  for (const [i, from] of places.entries()) {
    const errno = rig.chance.uniform() < 0.7 ? ENOSPC : pick(rig.chance, [EIO, EROFS, EDQUOT]);
    const failing = { from, to: from + pick(rig.chance, [1, 2, 10, 60]), errno };
    rig.progress(`write ${from} of ${whole.writes}, ${i + 1} of ${places.length} runs`);
    const { written } = await write(setting, failing);
    const seen = judge(setting.dir, written, `failing writes ${JSON.stringify(failing)}`);
    for (const key of ['acquired', 'stored', 'counted', 'unwritten'] as const) total[key] += seen[key];
    for (const reason of seen.reasons) reasons.add(reason);
  }
  const { unwritten, ...rows } = total;
  const notes =
    unwritten > 0
      ? [`${unwritten} rows more never settled: the disk failed until the program had ended`]
      : [];
  return {
    tried: [places.length, `places of ${whole.writes} at which the disk fails`],
    rows: { ...rows, reasons: [...reasons], lost: rows.acquired - rows.stored - rows.counted },
    notes,
  };
}

export const failingWrites: Torture = {
  name: 'failing-writes',
  about:
    'a journal whose disk is full, read-only or broken from the n-th write or sync on, for each n: nothing settled is lost',
  impossible: noPowerCut,
  run,
};
