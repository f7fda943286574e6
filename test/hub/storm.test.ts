import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CrowdConfig, Identity } from '#test/fleet/api.ts';
import { makeIdentities } from '#test/fleet/identities.ts';
import { SimulatedJournal } from '#test/fleet/simulated-journal.ts';
import { runSite, type Tally } from '#test/fleet/simulated-site.ts';
import { until } from '#test/until.ts';
import { askHub } from '#trust/hub/ask.ts';
import { dialHub } from '#trust/hub/dial.ts';
import { HubRig, patience } from './rig.ts';

const SITES = 200;
const LONG_MS = 240_000;

test('hundreds that come at once are let in as the hub bears it, a person gets through, and all are there in the end', async (t) => {
  // Narrow, so that some hundreds are for it what thousands are for a real one.
  const handshakes = { atOnce: 8, waitMs: 500, turnMs: 100 };
  const greetings = { atOnce: 2, waitMs: 300, turnMs: 20 };
  await using rig = await HubRig.start({ stores: true, admission: { handshakes, greetings } });
  const file = join(rig.dir, 'identities.json');
  const identities = await makeIdentities(join(rig.dir, 'made'), rig.databaseUrl, SITES, file);
  const config: CrowdConfig = {
    ...{ hub: rig.url, pin: identities.pin, identities: file, from: 0, to: SITES },
    ...{ tags: 2, samplesPerS: 2, backlogS: 1 },
  };
  const journal = new SimulatedJournal(config);
  const tally: Tally = { connected: 0, lost: 0, why: new Map(), samples: 0, historyMs: [], liveMs: [] };
  const end = new AbortController();
  const begun = performance.now();
  const sites = identities.made.map((one: Identity) => runSite(config, one, journal, tally, end.signal));
  t.after(async () => {
    end.abort();
    await Promise.all(sites);
  });
  await until('the first are there', () => tally.connected > 0, LONG_MS);
  const asked = { method: 'GET', path: '/health' } as const;
  let answered: string | undefined;
  await until(
    'a person is answered',
    async () => {
      answered = await dialHub({ hub: rig.url, pin: identities.pin }, patience())
        .then((dialled) => askHub(dialled, asked, patience()))
        .catch(() => undefined);
      return answered !== undefined;
    },
    LONG_MS,
  );
  assert.deepEqual(JSON.parse(answered ?? ''), { ok: true });
  await until('all are there', () => tally.connected === SITES, LONG_MS);
  const seconds = (performance.now() - begun) / 1000;
  const tries = SITES + tally.lost;
  t.diagnostic(
    `${SITES} sites in ${seconds.toFixed(1)} s, ${tries} tries: ${JSON.stringify([...tally.why])}`,
  );
  await until('all is stored', () => tally.samples >= 2 * SITES, LONG_MS);
  assert.ok(tally.lost > 0, 'nobody was sent away: then this shows nothing');
  // Each that is sent away comes again when there is a place: a storm would be many times as many tries.
  assert.ok(tries < 10 * SITES, `${tries} tries`);
  const known = new Set(['hub.busy', 'hub.unreachable']);
  assert.deepEqual(
    [...tally.why.keys()].filter((code) => !known.has(code)),
    [],
  );
});
