import { join } from 'node:path';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import type { Row } from '../table.ts';
import { pathOf, START_US } from './mix.ts';

/* Child of history.ts: asks a large history and prints its rows as JSON. */

const [root = '', tagsText = '', daysText = ''] = process.argv.slice(2);
const [tags, days] = [Number(tagsText), Number(daysText)];
const DAY_US = 86_400e6;
const ROUNDS = 15;

const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
const month = { fromUs: START_US, toUs: START_US + (days + 1) * DAY_US };
const day = { fromUs: START_US + (days - 2) * DAY_US, toUs: START_US + (days - 1) * DAY_US };

async function timeMs(ask: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await ask();
  return performance.now() - beganMs;
}

/** The median of some rounds, each about other tags. @param ask is given the round */
async function timed(what: string, ask: (round: number) => Promise<unknown>): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timeMs(() => ask(round)));
  const first = times[0] ?? 0;
  times.sort((a, b) => a - b);
  const note = `median of ${ROUNDS}; first ${first.toFixed(0)} ms, longest ${(times.at(-1) ?? 0).toFixed(0)} ms`;
  return { what: `history: ${what}`, unit: 'ms', less: true, ours: times[ROUNDS >> 1] ?? 0, note };
}

const some = (count: number, round: number): string[] =>
  Array.from({ length: count }, (_, i) => pathOf((round * 701 + i * 97) % tags));

const rss = () => process.memoryUsage().rss / 1e6;

async function main(): Promise<Row[]> {
  const beforeMb = rss();
  let mostMb = beforeMb;
  const watch = setInterval(() => {
    mostMb = Math.max(mostMb, rss());
  }, 20);
  const rows: Row[] = [];
  {
    await using reader = openHistory(dirs);
    const trend = (round: number) =>
      reader.trend({ ...month, tag: pathOf((round * 701) % tags), points: 2000 });
    const firstMs = await timeMs(() => trend(0));
    rows.push({ what: 'history: first answer, thread and all', unit: 'ms', less: true, ours: firstMs });
    rows.push(await timed('trend of a tag, all of it to 2,000 points', (round) => trend(round + 1)));
    const aligned = (round: number, span: typeof day, stepUs: number) =>
      Array.fromAsync(reader.aligned({ ...span, tags: some(10, round), stepUs, fill: 'previous' }));
    rows.push(await timed('10 tags aligned, a day by the minute', (round) => aligned(round, day, 60e6)));
    rows.push(
      await timed('10 tags aligned, all of it by the hour', (round) => aligned(round, month, 3600e6)),
    );
    const asked = { ...month, bucketUs: 3600e6, aggregates: ['min', 'max', 'timeMean'] as const };
    rows.push(
      await timed('min, max, mean by time of a tag, hour by hour', (round) =>
        Array.fromAsync(reader.buckets({ ...asked, tags: some(1, round) })),
      ),
    );
    const atUs = day.fromUs + DAY_US / 3;
    rows.push(await timed('1,000 tags at a time', (round) => reader.valuesAt(some(1000, round), atUs)));
    rows.push(await timed('1,000 tags now', (round) => reader.valuesAt(some(1000, round), month.toUs)));
    rows.push(await timed('list of all tags', () => reader.tags()));
    rows.push(
      await timed('samples of a tag, all of it', (round) =>
        Array.fromAsync(reader.raw(some(1, round), month)),
      ),
    );
  }
  clearInterval(watch);
  rows.push({
    what: 'history: memory of the reader, at most',
    unit: 'MB',
    less: true,
    ours: mostMb - beforeMb,
    note: `${beforeMb.toFixed(0)} MB without it`,
  });
  const config = { ...dirs, quotaBytes: 2 ** 33, maxAgeUs: Number.POSITIVE_INFINITY };
  const openMs = await timeMs(async () => {
    await using historian = await openHistorian(config);
    if (historian.health.fault) throw historian.health.fault;
  });
  rows.push({ what: 'history: opened for writing, and closed', unit: 'ms', less: true, ours: openMs });
  return rows;
}

process.stdout.write(JSON.stringify(await main()));
