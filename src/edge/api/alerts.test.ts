import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { AlertStatus, EndedAlert } from '#contract/routes/replies.ts';
import { alertHandlers } from '#edge/api/alerts.ts';
import { servedSite } from '#edge/api/fixture.ts';
import type { Site } from '#edge/site.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import type { Caller } from '#kernel/rights.ts';

/** As it goes over the wire. */
const said = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Nobody listens there: nothing but what the test hands in has a value. */
const SITE = `site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
types:
  pump:
    tags: { flow: { unit: m3/h, source: plc, address: { holding: 0 } } }
    rules:
      slow: { description: It gives little, when: 'flow < 5 || tag("yard/limit") > 9', alert: 'only {{ flow }}' }
assets:
  hall/p1: { type: pump }
  hall/p2: { type: pump }
  yard/p3: { type: pump }
tags:
  yard/limit: { source: plc, address: { holding: 1 } }
rules:
  whole: { when: 'tag("yard/limit") > 5', alert: the limit is high }
`;
const signal = new AbortController().signal;
const as = (areas?: readonly string[]) =>
  ({ caller: { name: 'ann', role: 'viewer', areas, via: 'session' } satisfies Caller }) as never;

function arrive({ core }: Site, values: { readonly [path: string]: number }): void {
  const batch = new BatchBuilder();
  const nowUs = core.clock.nowUs();
  for (const [path, value] of Object.entries(values)) batch.add(core.table.number(path), nowUs, value, 0);
  core.path.accept('plc', { batch: batch.take({ receivedUs: nowUs }) });
}

async function asked(t: Parameters<typeof servedSite>[0]) {
  const { site } = await servedSite(t, SITE);
  const handlers = alertHandlers(site);
  const standing = async (prefix = '', areas?: readonly string[]) =>
    await handlers.alerts({ query: { prefix } } as never, signal, as(areas));
  const ended = async (query: object = {}, areas?: readonly string[]) =>
    await handlers.endedAlerts({ query: { prefix: '', limit: 100, ...query } } as never, signal, as(areas));
  return { site, standing, ended };
}

test('what stands is told with its rule, its start and its inputs now, the newest first', async (t) => {
  const { site, standing } = await asked(t);
  assert.deepEqual(await standing(), []);
  const beforeUs = site.core.clock.nowUs();
  arrive(site, { 'hall/p1/flow': 3, 'yard/limit': 1 });
  arrive(site, { 'yard/limit': 7 });
  const [newest, first] = await standing();
  z.array(AlertStatus)
    .length(2)
    .parse(said(await standing()));
  assert.equal(newest?.rule, 'whole');
  const { sinceUs = 0, inputs = [], condition, ...told } = first ?? {};
  assert.deepEqual(told, {
    rule: 'hall/p1/slow',
    asset: 'hall/p1',
    description: 'It gives little',
    text: 'only 3',
    when: 'flow < 5 || tag("yard/limit") > 9',
  });
  // Half a second: the two clocks are not read at once.
  assert.ok(sinceUs >= beforeUs - 500_000 && sinceUs <= site.core.clock.nowUs() + 500_000);
  assert.deepEqual(
    inputs.map(({ path, unit }) => [path, unit]),
    [
      ['yard/limit', undefined],
      ['hall/p1/flow', 'm3/h'],
    ],
  );
  assert.ok(condition !== undefined);
  assert.deepEqual(
    (await standing('hall/')).map(({ rule }) => rule),
    ['hall/p1/slow'],
  );
});

test('what has ended is paged, the newest first, and shows how long it was and what ended it', async (t) => {
  const { site, ended } = await asked(t);
  const beforeUs = site.core.clock.nowUs();
  for (const path of ['hall/p1', 'hall/p2', 'yard/p3']) {
    arrive(site, { [`${path}/flow`]: 3, 'yard/limit': 1 });
    arrive(site, { [`${path}/flow`]: 8, 'yard/limit': 1 });
  }
  const { items, next } = await ended({ limit: 2 });
  assert.deepEqual(
    items.map(({ rule, asset, text, cause }) => [rule, asset, text, cause]),
    [
      ['yard/p3/slow', 'yard/p3', 'only 3', 'condition'],
      ['hall/p2/slow', 'hall/p2', 'only 3', 'condition'],
    ],
  );
  z.array(EndedAlert).length(2).parse(said(items));
  const rest = await ended({ limit: 2, ...next });
  assert.deepEqual([rest.items.map(({ rule }) => rule), rest.next], [['hall/p1/slow'], undefined]);
  const [last] = rest.items;
  assert.deepEqual(last?.inputs, [
    { quality: 'good', tag: 'yard/limit', value: 1 },
    { quality: 'good', tag: 'hall/p1/flow', value: 8 },
  ]);
  const { sinceUs = 0, endedUs = 0, lastedMs = -1 } = last ?? {};
  assert.ok(endedUs >= beforeUs && lastedMs >= 0 && sinceUs === endedUs - lastedMs * 1000);
  assert.deepEqual((await ended({ to: beforeUs })).items, []);
  assert.equal((await ended({ prefix: 'hall/', from: beforeUs })).items.length, 2);
});

test('whoever is limited to areas sees the alerts there, and no value from elsewhere', async (t) => {
  const { site, standing, ended } = await asked(t);
  arrive(site, { 'hall/p1/flow': 3, 'hall/p2/flow': 3, 'yard/p3/flow': 3, 'yard/limit': 7 });
  arrive(site, { 'hall/p2/flow': 8, 'yard/p3/flow': 8 });
  const [one, ...others] = await standing('', ['hall']);
  assert.deepEqual([one?.rule, others], ['hall/p1/slow', []]);
  assert.deepEqual(
    one?.inputs?.map(({ path }) => path),
    ['hall/p1/flow'],
  );
  const { items } = await ended({}, ['hall']);
  assert.deepEqual(
    items.map(({ rule, inputs }) => [rule, inputs.map(({ tag }) => tag)]),
    [['hall/p2/slow', ['hall/p2/flow']]],
  );
});
