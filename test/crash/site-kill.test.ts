import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killSites } from './killed-sites.ts';

const LANES = 2;
const ROUNDS = 25;

test(`after ${LANES * ROUNDS} kill -9 at full rate all that the broker saw confirmed is in the journal`, async (t) => {
  const sites = await killSites(t, { lanes: LANES, rounds: ROUNDS, chance: Math.random });
  for (const { published, confirmed, twice, redelivered, sent, events } of sites) {
    assert.ok(confirmed >= ROUNDS * 100, `only ${confirmed} confirmed under the kills`);
    t.diagnostic(
      `${published} published, ${confirmed} confirmed under ${ROUNDS} kills, ${twice} rows twice, ` +
        `${redelivered} of ${sent} messages were redeliveries, ${events} events in the chain`,
    );
  }
});
