import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { joinHub, renewMembership, showMembership } from '#trust/hub/enrol.ts';
import { type Membership, nextKey, readMembership } from '#trust/hub/membership.ts';
import { HubRig, patience } from './rig.ts';

const DAY_MS = 86_400_000;
const show = (membership: Membership) => showMembership(membership, patience());

describe('a site joins a hub and stays its own', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start();
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const stateOf = async ({ certificate }: Membership) => {
    const { rows } = await rig.hub.database.pool.query(
      'SELECT state, why FROM identities WHERE serial = $1',
      [certificate.serialNumber],
    );
    return rows[0];
  };

  test('the token says who it is; the key lies at the site, for its owner only', async () => {
    const trustDir = rig.trustDir('north-1');
    const token = await rig.token('north-1', { region: 'north' });
    const membership = await joinHub({ trustDir, hub: rig.url, token }, patience());
    assert.equal(membership.site, 'north-1');
    assert.equal(membership.certificate.checkPrivateKey(membership.key), true);
    await show(membership);
    const file = join(trustDir, 'hub/membership.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual((await readMembership(trustDir))?.certificate.raw, membership.certificate.raw);
    assert.ok(!existsSync(join(trustDir, 'hub/next.key')));
    const { rows } = await rig.hub.database.pool.query("SELECT labels FROM sites WHERE id = 'north-1'");
    assert.deepEqual(rows, [{ labels: { region: 'north' } }]);
  });

  test('a token lets one box in, and no other, not even once that is out', async () => {
    const token = await rig.token('once');
    const ask = (name: string) => joinHub({ trustDir: rig.trustDir(name), hub: rig.url, token }, patience());
    const first = await ask('once');
    await assert.rejects(ask('twice'), { code: 'hub.token', message: /has been used/ });
    await show(first);
    await rig.hub.identities.end('once', 'revoked', { by: 'test', why: 'stolen' });
    await assert.rejects(ask('once'), { code: 'hub.token' });
  });

  test('an answer that was lost is asked for again, with the same key', async () => {
    const token = await rig.token('lost');
    const trustDir = rig.trustDir('lost');
    const key = await nextKey(trustDir);
    const secret = token.split('.')[1] ?? '';
    const given = await rig.hub.identities.join(secret, key);
    const membership = await joinHub({ trustDir, hub: rig.url, token }, patience());
    assert.equal(membership.certificate.serialNumber, given.serialNumber);
    await show(membership);
  });

  test('a token that ended, or that nobody made, lets nobody in', async () => {
    const token = await rig.token('late');
    rig.aheadMs = 2 * 3_600_000;
    const asked = { trustDir: rig.trustDir('late'), hub: rig.url };
    await assert.rejects(joinHub({ ...asked, token }, patience()), {
      code: 'hub.token',
      message: /ended at/,
    });
    rig.aheadMs = 0;
    const made = token.replace(/\.[\w-]{43}\./, `.${'A'.repeat(43)}.`);
    await assert.rejects(joinHub({ ...asked, token: made }, patience()), {
      code: 'hub.token',
      message: /not known/,
    });
    await assert.rejects(joinHub({ ...asked, token: 'hfj1.short' }, patience()), { code: 'hub.token-form' });
  });

  test('a hub that was not pinned is told nothing', async () => {
    await using other = await HubRig.start();
    const token = await rig.token('fooled');
    const asked = { trustDir: rig.trustDir('fooled'), hub: other.url, token };
    await assert.rejects(joinHub(asked, patience()), { code: 'hub.not-the-hub', message: /another one/ });
    // Its token was not used up.
    await joinHub({ ...asked, hub: rig.url }, patience());
  });

  test('a new certificate ends the old one once it is shown, not before', async () => {
    const old = await rig.join('renews');
    const renewed = await renewMembership(rig.trustDir('renews'), old, patience());
    assert.notEqual(renewed.certificate.serialNumber, old.certificate.serialNumber);
    assert.ok(!renewed.key.equals(old.key));
    await show(old);
    await show(renewed);
    await assert.rejects(show(old), { code: 'hub.identity-ended', message: /renewed/ });
    assert.deepEqual(await stateOf(old), { state: 'retired', why: 'renewed' });
    await show(renewed);
  });

  test('after any time offline it comes back with what it has, which lets it renew and nothing else', async () => {
    const old = await rig.join('away');
    await show(old);
    rig.aheadMs = 3000 * DAY_MS;
    await assert.rejects(show(old), { code: 'hub.identity-expired' });
    const back = await renewMembership(rig.trustDir('away'), old, patience());
    await show(back);
    rig.aheadMs = 0;
  });

  test('a box that takes the place of another retires it, and nobody takes it for a copy', async () => {
    const old = await rig.join('worn');
    const replacement = await rig.join('worn', rig.trustDir('worn-2'));
    await show(replacement);
    await assert.rejects(show(old), { code: 'hub.identity-ended', message: /replaced/ });
    await assert.rejects(renewMembership(rig.trustDir('worn'), old, patience()), {
      code: 'hub.identity-ended',
    });
    const told = await rig.events('worn');
    assert.deepEqual(
      told.filter((name) => !name.endsWith('token-made')),
      ['security.site-joined', 'security.site-joined'],
    );
  });

  test('who shows a certificate that its site has long replaced is a copy of the box', async () => {
    const old = await rig.join('copied');
    const renewed = await renewMembership(rig.trustDir('copied'), old, patience());
    await show(renewed);
    rig.aheadMs = 3_600_000;
    for (let i = 0; i < 2; i++) await assert.rejects(show(old), { code: 'hub.identity-ended' });
    rig.aheadMs = 0;
    const told = await rig.events('copied');
    assert.equal(told.filter((name) => name === 'security.old-identity-used').length, 1);
  });

  test('a database from a backup takes the certificates that it has lost, of sites that it knows', async () => {
    const { pool } = rig.hub.database;
    const lose = async (one: Membership) => {
      await pool.query('UPDATE join_tokens SET serial = NULL WHERE serial = $1', [
        one.certificate.serialNumber,
      ]);
      await pool.query('DELETE FROM identities WHERE serial = $1', [one.certificate.serialNumber]);
    };
    const old = await rig.join('restored');
    const renewed = await renewMembership(rig.trustDir('restored'), old, patience());
    await show(renewed);
    await lose(renewed);
    // By itself nothing is taken up: whoever has read the key that issues could make identities.
    await assert.rejects(show(renewed), { code: 'hub.foreign-certificate' });
    await assert.rejects(rig.hub.identities.adopt({ forMs: 100 * DAY_MS, by: 'test' }), {
      code: 'hub.usage',
    });
    await rig.hub.identities.adopt({ forMs: DAY_MS, by: 'test' });
    await pool.query("UPDATE identities SET state = 'active', first_used = NULL WHERE site = 'restored'");
    await show(renewed);
    assert.ok((await rig.events('restored')).includes('security.identity-adopted'));
    assert.equal((await stateOf(old)).state, 'retired');

    const revoked = await rig.join('barred');
    const later = await renewMembership(rig.trustDir('barred'), revoked, patience());
    await rig.hub.identities.end('barred', 'revoked', { by: 'test', why: 'stolen' });
    await lose(later);
    await assert.rejects(show(later), { code: 'hub.foreign-certificate' });

    const unknown = await rig.join('unheard-of');
    await lose(unknown);
    await assert.rejects(show(unknown), { code: 'hub.foreign-certificate' });
    rig.aheadMs = 2 * DAY_MS;
    const late = await rig.join('late-renewed');
    await lose(late);
    await rig.hub.database.pool.query("UPDATE identities SET site = 'late-renewed' WHERE serial = $1", [
      old.certificate.serialNumber,
    ]);
    await assert.rejects(show(late), { code: 'hub.foreign-certificate' });
    rig.aheadMs = 0;
  });

  test('a revoked site is out, and a retired one; a token lets a new box in', async () => {
    for (const how of ['revoked', 'retired'] as const) {
      const old = await rig.join(`gone-${how}`);
      await rig.hub.identities.end(`gone-${how}`, how, { by: 'test', why: 'the box was stolen' });
      await assert.rejects(show(old), { code: 'hub.identity-ended', message: /the box was stolen/ });
      await show(await rig.join(`gone-${how}`));
    }
    await assert.rejects(rig.hub.identities.end('nobody', 'revoked', { by: 'test', why: '' }), {
      code: 'hub.unknown-site',
    });
  });

  test('what is damaged on the disk says so and names the way out', async () => {
    const trustDir = rig.trustDir('damaged');
    await rig.join('damaged');
    truncateSync(join(trustDir, 'hub/membership.json'), 100);
    await assert.rejects(readMembership(trustDir), { code: 'hub.membership', hint: /join anew/ });
    assert.ok(readFileSync(join(trustDir, 'hub/membership.json')).length === 100);
  });
});
