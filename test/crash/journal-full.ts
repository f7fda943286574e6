import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { messageOf } from '#kernel/fault.ts';
import { until } from '#test/until.ts';
import { anEvent, itemsOf, noise, START_US, series, settled, valuesOf } from './journal-fixture.ts';

/*
 * Child of journal-full.test.ts, alone on a small file system of its own that it fills to the last byte. Prints one JSON
 * line of what it saw; the parent judges.
 */

const [mount = '', mode = ''] = process.argv.slice(2);
const dir = join(mount, 'journal');
const filler = join(mount, 'filler');
const unexpected: string[] = [];
process.on('uncaughtException', (error) => unexpected.push(messageOf(error)));
process.on('unhandledRejection', (error) => unexpected.push(messageOf(error)));

/** Takes every free byte of the file system. */
function fill(): void {
  let path = filler;
  for (let size = 2 ** 20; size >= 1; ) {
    try {
      path = `${filler}-${performance.now()}`;
      writeFileSync(path, new Uint8Array(size), { flag: 'wx' });
    } catch {
      rmSync(path, { force: true });
      size = Math.floor(size / 2);
    }
    if (statfsSync(mount).bavail === 0) return;
  }
}

function free(): void {
  rmSync(join(mount, 'ballast'), { force: true });
}

const config = {
  dir,
  // Larger than the file system: it is the disk that gives out, not the quota.
  quotaBytes: 64 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 10,
  windowBytes: 2 ** 20,
};

/**
 * A disk filled by somebody else, while the journal has old samples that it can give up.
 * @param withTags every batch brings a tag that is new
 */
async function shrink(withTags = false): Promise<object> {
  await using journal = await openJournal(config);
  const results: Record<string, number> = {};
  let rows = 0;
  const write = async (batches: number, from: number) => {
    for (let n = from; n < from + batches; n++) {
      journal.append(noise(10_000, n), { source: 'plc', atUs: START_US + n });
      journal.event(anEvent(`system.n${n}`), START_US + n);
      rows += 10_000;
      if (withTags) {
        const description = 'x'.repeat(1000);
        journal.tag({ number: n, path: `a/t${n}`, type: 'number', access: 'read', description });
      }
      const result = await settled(journal);
      const name = result === 'durable' ? result : result.code;
      results[name] = (results[name] ?? 0) + 1;
    }
  };
  await write(60, 0);
  fill();
  await write(60, 60);
  const { health } = journal;
  return { results, rows, lostRows: health.lostRows, fault: health.fault?.code };
}

/**
 * Somebody takes every byte the moment it is free, also those of the reserve, while many full blocks wait at once: more
 * than the log of one transaction could hold. Then a little room comes back: less than all that waits would need.
 */
async function crowd(): Promise<object> {
  writeFileSync(join(mount, 'ballast'), new Uint8Array(4 * 2 ** 20));
  await using journal = await openJournal({ ...config, windowBytes: 32 * 2 ** 20 });
  let rows = 0;
  const append = (batches: number) => {
    for (let n = 0; n < batches; n++) {
      journal.append(noise(20_000, rows), { source: 'plc', atUs: START_US + rows });
      journal.event(anEvent(`system.n${rows}`), START_US + rows);
      rows += 20_000;
    }
  };
  for (let n = 0; n < 90; n++) {
    append(2);
    await settled(journal);
  }
  const greedy = setInterval(fill, 1);
  for (let n = 0; n < 8; n++) {
    append(30);
    await settled(journal);
  }
  clearInterval(greedy);
  free();
  await until(
    'it writes on what it has',
    () => journal.health.fault === undefined && journal.health.pendingRows === 0,
    30_000,
  );
  const { health } = journal;
  return { rows, lostRows: health.lostRows, fault: health.fault?.code };
}

/** A disk so full that nothing can be given up: everything waits in a bounded window until there is space again. */
async function starve(): Promise<object> {
  writeFileSync(join(mount, 'ballast'), new Uint8Array(8 * 2 ** 20));
  await using journal = await openJournal(config);
  fill();
  const results: Record<string, number> = {};
  let rows = 0;
  let most = 0;
  for (let n = 0; n < 300; n++) {
    journal.append(noise(2000, n), { source: 'plc', atUs: START_US + n });
    journal.event(anEvent(`system.n${n}`), START_US + n);
    rows += 2000;
    if (n % 10 === 9) {
      const result = await settled(journal);
      const name = result === 'durable' ? result : result.code;
      results[name] = (results[name] ?? 0) + 1;
    }
    most = Math.max(most, journal.health.pendingBytes);
    const room = journal.room();
    if (room) await room;
  }
  const fault = journal.health.fault?.code;
  free();
  await until(
    'it writes again',
    () => journal.health.fault === undefined && journal.health.pendingRows === 0,
    20_000,
  );
  journal.append(series([42]), { source: 'plc', atUs: START_US + 1000 });
  const last = await settled(journal);
  return {
    results,
    rows: rows + 1,
    most,
    fault,
    last: last === 'durable' ? last : last.code,
    lostRows: journal.health.lostRows,
  };
}

/** Started on a disk without a free byte: the site runs, and what it gives is written once there is space. */
async function start(): Promise<object> {
  {
    await using journal = await openJournal(config);
    journal.tag({ number: 0, path: 'a/b', type: 'number', access: 'read' });
    journal.append(series([1]), { source: 'plc', atUs: START_US });
    await settled(journal);
  }
  writeFileSync(join(mount, 'ballast'), new Uint8Array(2 ** 20));
  rmSync(join(dir, 'journal.reserve'), { force: true });
  fill();
  await using journal = await openJournal(config);
  const fault = journal.health.fault?.code;
  const tags = journal.opened.tags.length;
  journal.append(series([2]), { source: 'other', atUs: START_US + 1 });
  const result = await settled(journal);
  free();
  await until(
    'it writes',
    () => journal.health.fault === undefined && journal.health.pendingRows === 0,
    20_000,
  );
  const sources = itemsOf(dir).map((item) => (item.kind === 'batch' ? item.mark.source : ''));
  return { fault, tags, result: result === 'durable' ? result : result.code, sources, rows: 2 };
}

const MODES: Record<string, () => Promise<object>> = {
  shrink,
  tags: () => shrink(true),
  crowd,
  starve,
  start,
};
const seen = await (MODES[mode] ?? start)();
using reader = openReader(dir);
const gaps = reader.gaps(10_000);
const { events, broken } = reader.verify();
const values = valuesOf(dir);
process.stdout.write(
  `${JSON.stringify({
    kept: values.length,
    newest: values.at(-1),
    told: gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0),
    reasons: [...new Set(gaps.map((gap) => gap.reason))],
    tags: reader.tags().length,
    ...seen,
    events,
    broken,
    unexpected,
  })}\n`,
);
