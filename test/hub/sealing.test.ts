import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '#hub/authority/authority.ts';
import { keyOf, parcelKeyStatement } from '#hub/parcel/keys.ts';
import { newKey } from '#trust/issue.ts';
import { HubRig } from './rig.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

test('with a file to seal them with, no key lies plain in the database, and none opens without it', async () => {
  await using rig = await HubRig.start();
  const { database } = rig.hub;
  const open = (keyFile?: string) =>
    openAuthority(database, { dir: rig.dir, log: quiet, keyFile, nowMs: Date.now });
  const file = (name: string, text = randomBytes(32).toString('base64')) => {
    const path = join(rig.dir, name);
    writeFileSync(path, `${text}\n`);
    return path;
  };
  const kept = async () => {
    const { rows } = await database.pool.query<{ key: string }>(
      'SELECT key FROM authorities WHERE key IS NOT NULL UNION ALL SELECT key FROM parcel_keys',
    );
    return rows.map(({ key }) => key);
  };
  await parcelKeyStatement(database, rig.hub.authority, Date.now());
  assert.ok(
    (await kept()).every((key) => key.startsWith('-----BEGIN PRIVATE KEY-----')),
    'plain, as before',
  );

  const right = file('right');
  const sealed = await open(right);
  const keys = await kept();
  assert.equal(keys.length, 2);
  for (const key of keys) {
    assert.match(key, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    // Of a standard form: people get at it without us.
    const args = ['pkey', '-noout', '-passin', `file:${right}`];
    execFileSync('openssl', args, { input: key, stdio: ['pipe', 'ignore', 'ignore'] });
  }
  assert.equal(sealed.pin, rig.hub.authority.pin);
  const { publicKey } = await sealed.issueSite('north', await newKey(), Date.now());
  assert.equal(publicKey.asymmetricKeyType, 'ec');
  await open(right);
  assert.deepEqual(await kept(), keys, 'sealed once');
  // The hub that runs goes on; one that starts must have the file.
  await rig.join('south');
  const looks = await open();
  assert.equal(looks.pin, sealed.pin, 'whoever only looks does not');
  await assert.rejects(looks.issueServer([], Date.now()), { code: 'hub.key-file', message: /are sealed/ });
  const id = (await database.queries.selectFrom('parcel_keys').select('id').executeTakeFirstOrThrow()).id;
  const { queries } = database;
  assert.ok(await keyOf({ queries, authority: sealed }, id));
  await assert.rejects(keyOf({ queries, authority: looks }, id), { code: 'hub.key-file' });
  const other = await open(file('other'));
  await assert.rejects(other.issueServer([], Date.now()), { code: 'hub.key-file', message: /does not open/ });
  await assert.rejects(open(file('short', 'secret')), { code: 'hub.key-file', message: /fewer than 32/ });
  await assert.rejects(open(join(rig.dir, 'none')), { code: 'hub.key-file', message: /ENOENT/ });
});
