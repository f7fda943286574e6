import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { hubTransport } from '#cli/fleet/client.ts';
import { FleetApi } from '#contract/fleet-client.ts';
import type { Grant } from '#hub/people/rows.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { addSites } from './many-sites.ts';
import { HubRig, patience } from './rig.ts';

/* Who may speak for a site, as administrators decide it over the API; and the fleet in figures. */

const ALL = [{ role: 'administrator' }] as const;

describe('identities over the API of a hub', { concurrency: false }, () => {
  let rig: HubRig;
  let root: FleetApi;
  before(async () => {
    rig = await HubRig.start({ stores: true });
    root = await program('root', ALL);
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const program = async (name: string, grants: readonly Grant[]) =>
    new FleetApi(hubTransport(rig.url, await rig.hub.people.tokens.create({ name, grants }, 'test')));
  const join = (site: string, token: string) =>
    joinHub({ trustDir: rig.trustDir(site), hub: rig.url, token }, patience());

  test('a join token is made, waits, lets one box in, and waits no more', async () => {
    const asked = { site: 'n1', labels: { region: 'north' }, validForMs: 60_000 };
    const { token, endsUs } = await root.makeJoinToken(asked);
    assert.ok(Math.abs(endsUs / 1000 - Date.now() - 60_000) < 30_000);
    const [waiting] = await root.joinTokens();
    assert.deepEqual(
      [waiting?.site, waiting?.labels, waiting?.by],
      ['n1', { region: 'north' }, 'token:root'],
    );
    assert.ok(!token.includes(waiting?.id ?? token));
    await join('n1', token);
    assert.deepEqual(await root.joinTokens(), []);
    const { items } = await root.identities();
    assert.deepEqual(
      items.map(({ id, state, labels }) => [id, state, labels]),
      [['n1', 'active', { region: 'north' }]],
    );
    const [certificate] = await root.certificates('n1');
    assert.equal(certificate?.serial, items[0]?.serial);
  });

  test('a join token that was ended lets nobody in, and what is wrong is told', async () => {
    const { token } = await root.makeJoinToken({ site: 'n9' });
    const [{ id = '' } = {}] = await root.joinTokens();
    await assert.rejects(root.endJoinToken({ id: id.slice(0, 8) }), { code: 'hub.unknown-join-token' });
    await root.endJoinToken({ id });
    await assert.rejects(root.endJoinToken({ id }), { code: 'hub.unknown-join-token' });
    await assert.rejects(join('n9', token), { code: 'hub.token' });
    await assert.rejects(root.makeJoinToken({ site: 'North One' }), { code: 'hub.usage' });
    assert.deepEqual(await rig.events('n9'), ['security.join-token-made', 'security.join-token-revoked']);
  });

  test('administrators of a group decide about its sites alone, and make no tokens', async () => {
    await join('s1', await rig.token('s1', { region: 'south' }));
    const south = await program('south', [{ role: 'administrator', sites: 'region=south' }]);
    assert.deepEqual(
      (await south.identities()).items.map(({ id }) => id),
      ['s1'],
    );
    await assert.rejects(south.revokeSite('n1', { why: 'mine' }), { code: 'hub.unknown-site' });
    await assert.rejects(south.certificates('n1'), { code: 'hub.unknown-site' });
    await assert.rejects(south.makeJoinToken({ site: 'n2' }), { code: 'api.forbidden' });
    const engineer = await program('engineer', [{ role: 'engineer' }]);
    await assert.rejects(engineer.identities(), { code: 'api.forbidden' });
    await assert.rejects(engineer.revokeSite('s1', { why: 'for fun' }), { code: 'api.forbidden' });
    assert.deepEqual(await south.revokeSite('s1', { why: 'the cabinet was open' }), { identities: 1 });
    const [certificate] = await south.certificates('s1');
    assert.deepEqual(
      [certificate?.state, certificate?.why, certificate?.by],
      ['revoked', 'the cabinet was open', 'token:south'],
    );
    const { items } = await root.identities({ identity: ['revoked', 'cloned'] });
    assert.deepEqual(
      items.map(({ id }) => id),
      ['s1'],
    );
  });

  test('ten thousand sites are counted by state and by label, and listed in any order from any place', async () => {
    await addSites(rig.hub.database.pool, 10_000);
    const { counts, labels } = await root.fleet();
    const total = counts.reduce((sum, { sites }) => sum + sites, 0);
    assert.equal(total, 10_002);
    const groups = await root.groups({ label: 'region' });
    assert.ok(groups.length >= 10);
    assert.equal(labels.find(({ name }) => name === 'line')?.values, 7);
    const offline = counts
      .filter(({ state }) => state === 'offline')
      .reduce((sum, { sites }) => sum + sites, 0);
    assert.ok(offline > 0);
    const worst = (await root.sites({ sort: 'state', limit: 5 })).items;
    assert.ok(worst.every(({ state }) => state === 'stale'));
    const best = (await root.sites({ sort: 'state', order: 'desc', limit: 5 })).items;
    assert.ok(best.every(({ state }) => state === 'online'));
    const ids = async (offset: number) =>
      (await root.sites({ sort: 'since', offset, limit: 50 })).items.map(({ id }) => id);
    const [first, second, both] = [
      await ids(5000),
      await ids(5050),
      (await root.sites({ sort: 'since', offset: 5000, limit: 100 })).items.map(({ id }) => id),
    ];
    assert.deepEqual([...first, ...second], both);
    let seen = 0;
    for (let after: string | undefined; ; ) {
      const page = await root.sites({ limit: 4000, after, identity: ['active', 'expired'] });
      seen += page.items.length;
      after = page.next === undefined ? undefined : page.items.at(-1)?.id;
      if (after === undefined) break;
    }
    assert.equal(seen, 9991);
  });
});
