import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { accountFor } from '#hub/database/account.ts';
import { type Database, openDatabase } from '#hub/database/database.ts';
import { migrate } from '#hub/database/migrate.ts';
import { isPostgres, postmasterOf } from '#hub/database/postmaster.ts';
import { copiedPrograms } from '#hub/database/programs.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { until } from '../until.ts';
import { hubFolder } from './rig.ts';

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LIMIT_MS = 120_000;

describe("the hub's own PostgreSQL", { concurrency: false }, () => {
  let dir: string;
  let database: Database;
  const open = (as: 'hub' | 'command', url?: string) =>
    openDatabase({ dir, log: silent, clock: systemClock(), as, url });
  before(async () => {
    dir = hubFolder();
    database = await open('hub');
  });
  after(async () => {
    await database?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const pid = () => Number(readFileSync(join(dir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);

  test('it is durable, listens on no network, and does not run as root', async () => {
    const settings = await database.pool.query(
      "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'full_page_writes') ORDER BY 1",
    );
    assert.deepEqual(
      settings.rows.map(({ setting }) => setting),
      ['on', 'on', ''],
    );
    const uids = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'));
    assert.notEqual(uids?.[1], '0');
  });

  test('a command comes beside the hub; another hub does not', async () => {
    await using beside = await open('command');
    assert.equal((await beside.pool.query('SELECT 1 AS one')).rows[0].one, 1);
    await assert.rejects(open('hub'), { code: 'hub.running', retry: 'never' });
  });

  test('killed, it comes back with everything that was committed', async () => {
    await database.pool.query('CREATE TABLE kept (n int)');
    await database.pool.query('INSERT INTO kept VALUES (42)');
    const before = pid();
    const another = () => ![undefined, before].includes(postmasterOf(join(dir, 'postgres/data'))?.pid);
    process.kill(before, 'SIGKILL');
    const kept = () =>
      database.pool.query('SELECT n FROM kept').then(
        ({ rows }) => rows[0]?.n,
        () => undefined,
      );
    // What the killed one started answers on for a moment: only another one counts.
    await until('another one answers', async () => another() && (await kept()) === 42, LIMIT_MS);
  });

  test('tables of a later version are left alone', async () => {
    await database.pool.query("INSERT INTO migrations (name) VALUES ('9999-of-tomorrow')");
    await assert.rejects(open('command'), { code: 'hub.database-newer', message: /9999-of-tomorrow/ });
    await database.pool.query("DELETE FROM migrations WHERE name = '9999-of-tomorrow'");
  });

  test('a step that fails leaves nothing behind, and several hubs do each step once', async () => {
    const bad = { name: '9000-bad', sql: 'CREATE TABLE half (n int); SELECT nonsense' };
    const known = await database.pool.query<{ name: string }>('SELECT name FROM migrations');
    const all = [...known.rows.map(({ name }) => ({ name, sql: '' })), bad];
    await assert.rejects(migrate(database.pool, all), { code: 'hub.migration', message: /9000-bad/ });
    assert.equal((await database.pool.query("SELECT to_regclass('half') AS half")).rows[0].half, null);
    const good = { name: '9000-bad', sql: 'CREATE TABLE whole (n int)' };
    const done = await Promise.all([1, 2, 3].map(() => migrate(database.pool, [...all.slice(0, -1), good])));
    assert.deepEqual(done.flat(), ['9000-bad']);
    await database.pool.query("DELETE FROM migrations WHERE name = '9000-bad'");
  });

  test('a database that is not there, or lets nobody in, is told without its password', async () => {
    const url = `postgresql://holdfast:se-cret@localhost/nowhere?host=${encodeURIComponent(join(dir, 'postgres/run'))}`;
    await assert.rejects(open('command', url), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'hub.database');
      assert.match(error.message, /localhost\/nowhere/);
      assert.doesNotMatch(error.message, /se-cret/);
      return true;
    });
  });

  test('ended, it leaves no process behind, and the next hub finds its data', async () => {
    const last = pid();
    await database[Symbol.asyncDispose]();
    // One whose end nobody has asked about yet still has its number.
    assert.ok(!isPostgres(last));
    await using once = await open('command');
    assert.equal((await once.pool.query('SELECT n FROM kept')).rows[0].n, 42);
  });

  test('programs in a folder that its user may not enter are copied, once', async () => {
    const copy = await copiedPrograms(dir);
    const made = statSync(copy.postgres).ctimeMs;
    const { postgres } = await copiedPrograms(dir);
    assert.equal(statSync(postgres).ctimeMs, made);
    assert.ok(postgres.startsWith(dir));
    const account = await accountFor(join(dir, 'postgres/data'));
    const env = { LD_LIBRARY_PATH: `${join(dir, 'postgres/lib')}:${copy.lib}` };
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { ...account, env, cwd: '/' });
    assert.match(stdout, /PostgreSQL/);
  });

  test('a folder that its user may not enter is told, with the way out', {
    skip: process.getuid?.() !== 0,
  }, async () => {
    const closed = join(dir, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    chownSync(closed, 0, 0);
    const asked = { dir: join(closed, 'hub'), log: silent, clock: systemClock(), as: 'command' as const };
    await assert.rejects(openDatabase(asked), {
      code: 'hub.postgres',
      hint: new RegExp(`chmod o\\+x ${closed}`),
    });
  });
});
