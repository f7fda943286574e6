import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { openDatabase } from '#hub/database/database.ts';
import { parcelKeyStatement } from '#hub/parcel/keys.ts';
import { systemClock } from '#kernel/clock.ts';
import { renewMembership, showMembership } from '#trust/hub/enrol.ts';
import { newKey, pemOf } from '#trust/issue.ts';
import { until } from '../until.ts';
import { HubRig, patience } from './rig.ts';
import { HardwareToken } from './token.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const NODE = ['--disable-warning=ExperimentalWarning', MAIN, 'hub'];
const ROUNDS = Number(process.env.HOLDFAST_ROUNDS ?? 6);
/** Enough of them that one command takes a while. */
const PARCEL_KEYS = 300;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const run = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  promisify(execFile)(process.execPath, [...NODE, ...args], { env: { ...process.env, ...env } });

/** What it said on its way out. */
const complaint = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  run(args, env).then(
    ({ stdout }) => assert.fail(`it was done: ${stdout}`),
    (error) => String(error.stderr),
  );

function keyFile(dir: string, name: string): string {
  const path = join(dir, name);
  writeFileSync(path, randomBytes(32).toString('base64'));
  return path;
}

/** The database of a hub that is stopped. */
async function databaseOf(rig: HubRig, t: TestContext) {
  const database = await openDatabase({ dir: rig.dir, log: quiet, clock: systemClock(), as: 'command' });
  t.after(() => database[Symbol.asyncDispose]());
  return database;
}

test('sealing anew, killed at any moment: all keys open with the one text or with the other, never some with each', async (t) => {
  const rig = await HubRig.start();
  t.after(() => rig[Symbol.asyncDispose]());
  const membership = await rig.join('north');
  await parcelKeyStatement(rig.hub.database, rig.hub.authority, Date.now());
  const key = pemOf(await newKey());
  await rig.hub.database.pool.query(
    "INSERT INTO parcel_keys (id, key, made) SELECT 'more-' || n, $1, now() - interval '1 day' FROM generate_series(1, $2) n",
    [key, PARCEL_KEYS],
  );
  const files = [keyFile(rig.dir, 'one'), keyFile(rig.dir, 'other')] as [string, string];
  const env = { DATABASE_URL: rig.databaseUrl, HOLDFAST_HUB: join(rig.dir, 'commands') };
  const running = await complaint(['reseal', '--to', files[0]], env);
  assert.match(running, /a hub runs on this database/);
  await rig.stop();
  const { pool } = await databaseOf(rig, t);
  const kept = async () => {
    const { rows } = await pool.query<{ key: string }>(
      'SELECT key FROM authorities WHERE key IS NOT NULL UNION ALL SELECT key FROM parcel_keys',
    );
    return rows.map((row) => row.key);
  };
  const opens = (text: string, file: string): boolean => {
    try {
      createPrivateKey({ key: text, passphrase: readFileSync(file, 'utf8') });
      return true;
    } catch {
      return false;
    }
  };
  /** Of all keys. */
  const sealedWith = async (): Promise<number> => {
    const texts = await kept();
    assert.equal(texts.length, PARCEL_KEYS + 2);
    const by = files.map((file) => texts.filter((text) => opens(text, file)).length);
    assert.deepEqual(by.toSorted(), [0, texts.length].toSorted(), 'some with each');
    return by[0] === 0 ? 1 : 0;
  };
  const { stdout } = await run(['reseal', '--to', files[0]], env);
  assert.match(stdout, new RegExp(`^${PARCEL_KEYS + 2} keys are sealed`));
  let killed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const now = await sealedWith();
    const to = files[1 - now] as string;
    const child = spawn(process.execPath, [...NODE, 'reseal', '--to', to], {
      env: { ...process.env, ...env, HOLDFAST_HUB_KEY_FILE: files[now] },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    // In the midst of it, wherever that is.
    await until('it changes keys', async () => {
      const { rows } = await pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE state <> 'idle' AND query ILIKE 'update "parcel_keys"%'`,
      );
      return rows.length > 0 || child.exitCode !== null;
    });
    for (let n = 0; n < round; n++) await pool.query('SELECT 1');
    child.kill('SIGKILL');
    const [, signal] = await ended;
    if (signal === 'SIGKILL') killed++;
  }
  t.diagnostic(`killed ${killed} of ${ROUNDS}`);
  const now = await sealedWith();
  const old = files[now] as string;
  const next = files[1 - now] as string;
  await run(['reseal', '--to', next], { ...env, HOLDFAST_HUB_KEY_FILE: old });
  const again = await run(['reseal', '--to', next], { ...env, HOLDFAST_HUB_KEY_FILE: next });
  assert.match(again.stdout, /already/);
  assert.match(
    await complaint(['reseal', '--to', keyFile(rig.dir, 'third')], { ...env, HOLDFAST_HUB_KEY_FILE: old }),
    /does not open/,
  );
  await rig.startAgain({ databaseUrl: rig.databaseUrl, keyFile: next });
  await showMembership(
    await renewMembership(rig.trustDir('north'), { ...membership, hub: rig.url }, patience()),
    patience(),
  );
  await rig.stop();
  await assert.rejects(rig.startAgain({ databaseUrl: rig.databaseUrl, keyFile: old }), {
    code: 'hub.key-file',
  });
});

test('a hub moves its issuing key into an HSM with the key of the root; sites stay, the old key is forgotten', async (t) => {
  using token = new HardwareToken();
  const rig = await HubRig.start();
  t.after(() => rig[Symbol.asyncDispose]());
  const membership = await rig.join('north');
  const first = rig.hub.authority.certificates.at(-1);
  const rootKey = join(rig.dir, 'root-key.pem');
  const env = {
    DATABASE_URL: rig.databaseUrl,
    HOLDFAST_HUB: join(rig.dir, 'commands'),
    HOLDFAST_HUB_SIGNER: token.program,
  };
  const command = ['new-issuer', '--root-key', rootKey];
  assert.match(await complaint(command, env), /a hub runs on this database/);
  await rig.stop();
  const { pool } = await databaseOf(rig, t);
  const wrong = join(rig.dir, 'wrong.pem');
  writeFileSync(wrong, pemOf(await newKey()));
  assert.match(await complaint(['new-issuer', '--root-key', wrong], env), /not the key of the root/);
  assert.match(await complaint(['new-issuer', '--root-key', join(rig.dir, 'none')], env), /ENOENT/);
  const { stdout } = await run([...command, '--json'], env);
  assert.match(JSON.parse(stdout).serial, /^40/);
  const { rows } = await pool.query('SELECT kind, key FROM authorities ORDER BY made');
  assert.deepEqual(
    rows,
    ['root', 'issuing', 'issuing'].map((kind) => ({ kind, key: null })),
  );
  assert.ok(existsSync(rootKey), 'people lock it up themselves');
  const url = { databaseUrl: rig.databaseUrl };
  await assert.rejects(rig.startAgain(url), { code: 'hub.signer' });
  await rig.startAgain({ ...url, signer: token.program });
  const here = { ...membership, hub: rig.url };
  await showMembership(here, patience());
  const renewed = await renewMembership(rig.trustDir('north'), here, patience());
  await showMembership(renewed, patience());
  const issuing = rig.hub.authority.certificates.at(-1);
  assert.ok(issuing && renewed.certificate.verify(issuing.publicKey));
  assert.notEqual(issuing?.serialNumber, first?.serialNumber);
});
