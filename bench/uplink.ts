/*
 * A backlog on its way to a hub: a journal with samples of 10,000 tags, the site's end of the uplink, a socket, the hub's end
 * and a real PostgreSQL with its own settings, all on this machine; then what the hub keeps of it once it is sorted.
 */
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { sortOne } from '#hub/telemetry/sorter.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { plant } from '#test/fleet/plant-mix.ts';
import { database, scratch, uplinkServer } from '#test/uplink/hub-rig.ts';
import { openSession } from '#uplink/site/session.ts';
import { type Row, report } from './table.ts';

const PER_S = 10_000;
/** Twenty times what such a site acquires. */
const GOAL = 20 * PER_S;
const LIMIT_MS = 600_000;

async function bench(quick: boolean): Promise<Row[]> {
  const seconds = quick ? 20 : 300;
  await using stack = new AsyncDisposableStack();
  const scope = { after: (end: () => unknown) => void stack.defer(async () => void (await end())) };
  const { pool } = await database(scope, ['north']);
  const dir = scratch(scope);
  const drained = await drain(scope, pool, dir, seconds);
  const samples = seconds * PER_S;
  const begun = performance.now();
  while (await sortOne(pool, { rows: 1, waitS: 0 }));
  const sortedS = (performance.now() - begun) / 1000;
  const { rows } = await pool.query<{ bytes: string }>('SELECT sum(length(body)) AS bytes FROM telemetry');
  rmSync(dir, { recursive: true, force: true });
  return [
    {
      what: 'backlog of one site drained to a hub',
      unit: 'samples/s',
      ours: samples / drained.seconds,
      goal: { least: GOAL },
      note: `${(drained.bytes / samples).toFixed(2)} B a sample before TLS; site, hub and PostgreSQL on this machine`,
    },
    {
      what: 'sorted into chunks at the hub',
      unit: 'samples/s',
      ours: samples / sortedS,
      note: `${(Number(rows[0]?.bytes) / samples).toFixed(2)} B a sample kept`,
    },
  ];
}

async function drain(
  scope: Parameters<typeof database>[0],
  pool: Pool,
  dir: string,
  seconds: number,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const { server } = uplinkServer(scope, pool);
  const path = join(dir, 'hub.sock');
  const identity = { site: 'north', serial: '1', instance: '1' };
  const listening = createServer((stream) => server.accept(stream, Buffer.alloc(0), identity)).listen(path);
  scope.after(() => listening.close());
  const config = {
    dir: join(dir, 'journal'),
    quotaBytes: 2 ** 31,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 500,
  };
  await using journal = await openJournal(config);
  for (const batch of plant(seconds, PER_S)) {
    journal.append(batch, { source: 'plc', atUs: batch.receivedUs });
    await journal.room();
  }
  await new Promise((resolve) => journal.whenSettled(resolve));
  await using feed = openFeed(config.dir);
  const stop = new AbortController();
  const stream = connect(path);
  const begun = performance.now();
  let left = seconds * PER_S;
  const ports = {
    site: 'north',
    software: 'bench',
    clock: systemClock(),
    journal,
    feed,
    tagsVersion: () => 0,
    newest: () => ({ version: 0, batch: allocBatch(0, { receivedUs: 0 }) }),
    welcomed: () => {},
    stored(lane: string, _: number, count: number) {
      if (lane === 'history') left -= count;
      if (left === 0) stop.abort();
    },
    gap: () => {},
    damage: () => {},
    counted: () => {},
    ledger: async () => undefined,
    lost: () => {},
  };
  const signal = AbortSignal.timeout(LIMIT_MS);
  await using session = await openSession(stream, { budget: {}, everyMs: 1000 }, ports, signal);
  await session.run(AbortSignal.any([stop.signal, signal]));
  if (left > 0) throw new Error(`${left} samples were not confirmed`);
  return { seconds: (performance.now() - begun) / 1000, bytes: stream.bytesWritten };
}

await report(bench);
