import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedOf, hubQuery, isWanted, queryOf } from './asked.ts';

test('what stands in the address comes back to it, and nothing that is not known', () => {
  const query = {
    search: 'pump',
    labels: 'region=north',
    state: 'offline,never',
    sort: 'since',
    order: 'desc',
  };
  assert.deepEqual(queryOf(askedOf(new URLSearchParams(query))), query);
  assert.deepEqual(queryOf(askedOf(new URLSearchParams('state=broken&sort=size&identity=,'))), {});
});

test('retired sites are not there until they are asked for', () => {
  const count = { state: 'never', identity: 'retired', sites: 1 } as const;
  const usual = askedOf(new URLSearchParams());
  assert.equal(isWanted(usual, count), false);
  assert.ok(!hubQuery(usual).identity?.includes('retired'));
  const asked = askedOf(new URLSearchParams('identity=retired'));
  assert.equal(isWanted(asked, count), true);
  assert.deepEqual(hubQuery(asked).identity, ['retired']);
  assert.equal(isWanted(askedOf(new URLSearchParams('identity=retired&state=online')), count), false);
});
