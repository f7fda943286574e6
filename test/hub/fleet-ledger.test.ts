import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { hubTransport } from '#cli/fleet/client.ts';
import { FleetApi } from '#contract/fleet-client.ts';
import { HubRig } from './rig.ts';

const A_JOURNAL = '00000000-0000-4000-8000-00000000000';

describe('the ledger of the fleet, read', { concurrency: false }, () => {
  let rig: HubRig;
  let api: FleetApi;
  before(async () => {
    rig = await HubRig.start();
    for (const site of ['north', 'south', 'new']) await rig.join(site);
    const grants = [{ role: 'viewer' as const }];
    api = new FleetApi(hubTransport(rig.url, await rig.hub.people.tokens.create({ name: 'x', grants }, 't')));
    await rig.hub.database.pool.query(`
      INSERT INTO journals (site, uuid, epoch, software, began) VALUES
        ('north', '${A_JOURNAL}1', 1, '1', '2026-01-01'), ('north', '${A_JOURNAL}2', 1, '1', '2026-02-01'),
        ('south', '${A_JOURNAL}3', 1, '1', '2026-01-01');
      INSERT INTO lane_positions (journal, lane, position, count) VALUES
        (1, 0, 1, 1000), (1, 2, 90, 60), (2, 2, 9, 30), (3, 2, 50, 40);
      INSERT INTO site_ledgers (journal, at_us, position, acquired, stored, lost, waiting, unknown, count) VALUES
        (1, 5, 50, 100, 98, 10, 40, 1, 50), (3, 7, 30, 50, 50, 0, 15, 0, 30);
      INSERT INTO site_gaps (journal, id, from_us, to_us, count, reason, body) VALUES
        (1, 1, 0, 1, 8, 'quota', '{}'), (1, 2, 0, 1, 2, 'quota', '{}'), (1, 3, 0, 1, NULL, 'site-down', '{}')`);
  });
  after(() => rig?.[Symbol.asyncDispose]());

  test('both sides are compared where the site counted, and what came since waits no more', async () => {
    const { items } = await api.ledger();
    const zero = { acquired: 0, stored: 0, delivered: 0, waiting: 0, lost: 0, difference: 0, unknown: 0 };
    assert.deepEqual(items, [
      { ...zero, site: 'new' },
      {
        site: 'north',
        acquired: 130,
        stored: 128,
        delivered: 90,
        waiting: 30,
        lost: 10,
        difference: 0,
        unknown: 1,
        toldUs: 5,
      },
      {
        ...zero,
        site: 'south',
        acquired: 50,
        stored: 50,
        delivered: 40,
        waiting: 5,
        difference: 5,
        toldUs: 7,
      },
    ]);
    for (const { acquired, delivered, waiting, lost, difference } of items)
      assert.equal(acquired, delivered + waiting + lost + difference);
  });

  test('lists in pages, by label and by what is wrong', async () => {
    const first = await api.ledger({ limit: 1 });
    assert.equal(first.next, '/api/ledger?limit=1&after=new');
    assert.equal((await api.ledger({ after: 'new', limit: 1 })).items[0]?.site, 'north');
    assert.deepEqual(
      (await api.ledger({ differing: 'true' })).items.map(({ site }) => site),
      ['south'],
    );
    assert.deepEqual((await api.ledger({ differing: 'false' })).items.length, 2);
    assert.deepEqual((await api.ledger({ labels: 'line' })).items, []);
  });

  test('one site has a part for each of its boxes, and the reasons of what is missing', async () => {
    const { journals, holes } = await api.siteLedger('north');
    assert.deepEqual(
      journals.map(({ journal, delivered, acquired, toldUs }) => [
        journal.at(-1),
        delivered,
        acquired,
        toldUs,
      ]),
      [
        ['2', 30, 30, undefined],
        ['1', 60, 100, 5],
      ],
    );
    assert.deepEqual(holes, [
      { reason: 'quota', gaps: 2, samples: 10, unknown: 0 },
      { reason: 'site-down', gaps: 1, samples: 0, unknown: 1 },
    ]);
    await assert.rejects(api.siteLedger('none'), { code: 'hub.unknown-site' });
  });

  test('the parts of a site add up while samples come', async () => {
    const ended = new AbortController();
    const coming = (async () => {
      while (!ended.signal.aborted)
        await rig.hub.database.pool.query('UPDATE lane_positions SET count = count + 1 WHERE lane = 2');
    })();
    try {
      for (let i = 0; i < 50; i++) {
        const { delivered, journals } = await api.siteLedger('north');
        assert.equal(
          journals.reduce((sum, part) => sum + part.delivered, 0),
          delivered,
        );
      }
    } finally {
      ended.abort();
      await coming;
    }
  });
});
