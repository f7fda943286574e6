import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { blueprintOf, StillClock, watchedSite } from '#edge/replay/fixture.ts';
import type { Site } from '#edge/site.ts';
import { allocBatch } from '#kernel/batch.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';

const rule = (limit: number, more = '') =>
  `{ when: 'tag("p/a") > ${limit}', do: [{ write: { tag: p/speed, value: 12, leaseMs: 6000 } }] ${more} }`;
const siteText = (rules: string) => `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/a: { source: plc, address: { holding: 0 } }
  p/speed: { source: plc, address: { holding: 5 }, access: readWrite, write: { range: [0, 50], maxStep: 5, lease: { maxMs: 9000, safe: 0 } } }
rules: { ${rules} }
`;

async function siteOf(t: TestContext, rules: string) {
  const clock = new StillClock();
  const blueprint = await blueprintOf(siteText(rules));
  const { site, asked } = await watchedSite(blueprint, journalConfig(t).dir, clock);
  const arrives = (value: number, afterMs = 100): void => {
    clock.atUs += afterMs * 1000;
    const batch = allocBatch(1, { receivedUs: clock.atUs });
    batch.tag[0] = site.core.table.number('p/a');
    batch.timeUs[0] = clock.atUs;
    batch.value[0] = value;
    site.core.path.accept('plc', { batch });
  };
  return { site, asked, clock, arrives };
}

const eventsOf = (site: Site, name: string) =>
  site.core.recent.last(100).flatMap(({ event }) => (event.name === name ? [event] : []));

test('a shadow decides live, writes nothing, and says what it would have written and which limit refuses it', async (t) => {
  const { site, asked, clock, arrives } = await siteOf(t, `try: ${rule(5, ', shadow: true')}`);
  await using _site = site;
  arrives(1);
  arrives(7);
  clock.atUs += 3_000_000;
  site.core.path.advance(); // it would renew what it holds
  assert.deepEqual(asked, []);
  assert.deepEqual(eventsOf(site, 'rule.on')[0]?.detail, { from: 'off', to: 'on', shadow: true });
  const [would, ...more] = eventsOf(site, 'rule.would-write');
  assert.deepEqual([would?.subject, would?.detail?.tag, would?.detail?.value], ['try', 'p/speed', 12]);
  assert.equal(would?.detail?.refusal, 'present-unknown');
  assert.deepEqual(more, []);
  const [status] = site.status().shadowRules;
  assert.deepEqual([status?.decisions, status?.wouldWrite, status?.state], [2, 1, 'on']);
});

test('a shadow is held against the rule that it may replace: times when one was on and the other not', async (t) => {
  const rules = `live: ${rule(20)}, try: ${rule(5, ', shadow: true, insteadOf: live')}`;
  const { site, arrives } = await siteOf(t, rules);
  await using _site = site;
  arrives(1);
  arrives(7);
  arrives(30, 2000);
  arrives(1, 1000);
  const [status] = site.status().shadowRules;
  assert.deepEqual([status?.differences, status?.differedMs], [1, 2000]);
  assert.equal(status?.last[0]?.on, 'try');
  assert.deepEqual(
    eventsOf(site, 'rule.agrees').map(({ detail }) => detail),
    [{ insteadOf: 'live', differedMs: 2000, shadow: true }],
  );
});

test('a rule that becomes a shadow gives back what it holds, and one that is none any more does not act by that', async (t) => {
  const { site, asked, clock, arrives } = await siteOf(t, `r: ${rule(5)}`);
  await using _site = site;
  arrives(1);
  arrives(7);
  assert.equal(asked.length, 1);
  site.apply(await blueprintOf(siteText(`r: ${rule(5, ', shadow: true')}`)), { by: 'test' });
  assert.match(asked[1] ?? '', / r release$/);
  arrives(1);
  arrives(8);
  site.apply(await blueprintOf(siteText(`r: ${rule(5)}`)), { by: 'test' });
  arrives(9);
  clock.atUs += 5_000_000;
  site.core.path.advance();
  assert.equal(asked.length, 2);
});

test('a shadow that cannot be one is told with its place', async () => {
  const problemsOf = async (rules: string) =>
    (await checkSite(siteText(rules))).problems.flatMap(({ severity, message }) =>
      severity === 'error' ? [message] : [],
    );
  const [noRule] = await problemsOf(`live: ${rule(1)}, try: ${rule(5, ', shadow: true, insteadOf: lice')}`);
  assert.equal(noRule, 'there is no other rule lice');
  assert.deepEqual(await problemsOf(`live: ${rule(1)}, try: ${rule(5, ', insteadOf: live')}`), [
    'only a shadow stands instead of a rule',
  ]);
  assert.deepEqual(await problemsOf(`try: ${rule(5, ', shadow: true, onBad: alarm')}`), [
    'a shadow raises no alarm',
  ]);
});
