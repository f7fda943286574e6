import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { AlertStatus, DetectorStatus, EndedAlert } from '#contract/routes/replies.ts';
import { period } from '#decide/detectors/fixture.ts';
import { learnFrozen } from '#decide/detectors/frozen.ts';
import { learnedText } from '#decide/detectors/learned.ts';
import { alertHandlers } from '#edge/api/alerts.ts';
import { detectorHandlers } from '#edge/api/detectors.ts';
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
    tags:
      flow: { unit: m3/h, source: plc, address: { holding: 0 } }
    detectors:
      stuck: { description: Its flow stands still, kind: frozen, tags: [flow, yard/outside], everyMs: 100 }
assets:
  hall/p1: { type: pump }
  hall/p2: { type: pump }
tags:
  yard/outside: { source: plc, address: { holding: 1 } }
`;
const LEARNED = learnedText(learnFrozen(period(['flow', 'yard/outside'], 50, (i) => [i % 5, i])));
const STUCK = 'hall/p1/stuck';
const signal = new AbortController().signal;
const as = (areas?: readonly string[]) =>
  ({ caller: { name: 'ann', role: 'operator', areas, via: 'session' } satisfies Caller }) as never;

/** Moments of 100 ms, of which the clock of the site knows nothing: batches carry them. */
function arrive({ core }: Site, values: { readonly [path: string]: number }): void {
  const batch = new BatchBuilder();
  const nowUs = core.clock.nowUs();
  for (const [path, value] of Object.entries(values)) batch.add(core.table.number(path), nowUs, value, 0);
  core.path.accept('plc', { batch: batch.take({ receivedUs: nowUs }) });
}

async function asked(t: Parameters<typeof servedSite>[0]) {
  const { site } = await servedSite(t, SITE);
  const alerts = alertHandlers(site);
  const { detector } = detectorHandlers(site);
  return {
    site,
    one: async (id: string, areas?: readonly string[]) =>
      await detector({ params: { detector: id } } as never, signal, as(areas)),
    standing: async (areas?: readonly string[]) =>
      await alerts.alerts({ query: { prefix: '' } } as never, signal, as(areas)),
    ended: async () =>
      (await alerts.endedAlerts({ query: { prefix: '', limit: 10 } } as never, signal, as())).items,
    judge: async (body: object) => await alerts.judgeAlert({ body } as never, signal, as()),
  };
}

test('slashes of an id before more of the address are told to be encoded, not taken for another detector', async (t) => {
  const { address } = await servedSite(t, SITE);
  const ask = async (method: string, path: string) => {
    const reply = await fetch(`${address.url}/api/detectors/${path}`, {
      method,
      headers: { authorization: `Bearer ${address.token}` },
    });
    return (await reply.json()) as { readonly title: string; readonly hint?: string };
  };
  for (const [method, last, code] of [
    ['GET', 'learning', 'detector.unknown'],
    ['GET', 'learned', 'detector.unknown'],
    ['POST', 'learn', 'api.not-found'],
    ['POST', 'learning/end', 'api.not-found'],
  ] as const) {
    const said = await ask(method, `${STUCK}/${last}`);
    assert.equal(said.title, code, last);
    assert.match(said.hint ?? '', new RegExp(`%2F: ${method} /api/detectors/hall%2Fp1%2Fstuck/${last}$`));
  }
  const other = await ask('GET', 'hall/p1/stukc');
  assert.match(other.hint ?? '', /did you mean hall\/p1\/stuck/);
});

/** Until it is found: the moments come with real time. */
async function freeze(site: Site): Promise<void> {
  for (let i = 0; site.core.decisions.alerts().length === 0 && i < 200; i++) {
    arrive(site, { 'hall/p1/flow': 3, 'yard/outside': i });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('what a detector learned takes effect; what it finds is listed with why, judged, and counted', async (t) => {
  const { site, one, standing, ended, judge } = await asked(t);
  const { detectors } = site.core;
  assert.deepEqual([(await one(STUCK)).state, (await one(STUCK)).learned], ['not-learned', undefined]);
  const digest = await detectors.store.put(LEARNED);
  detectors.learned(STUCK, digest, { fromUs: 1, toUs: 2, by: 'ann' });
  assert.equal((await one(STUCK)).learned?.digest, digest);
  assert.throws(() => detectors.learned('hall/p9/stuck', digest, { by: 'ann' }), {
    code: 'detector.unknown',
  });
  assert.throws(() => detectors.learned(STUCK, 'ab'.repeat(32), { by: 'ann' }), { code: 'detector.learned' });

  await assert.rejects(judge({ id: STUCK, verdict: 'false', by: 'ann' }), { code: 'detector.no-finding' });
  await freeze(site);
  const [alert] = z
    .array(AlertStatus)
    .length(1)
    .parse(said(await standing()));
  assert.equal(alert?.rule, STUCK);
  assert.deepEqual(
    [alert?.detector?.kind, alert?.detector?.reasons.map(({ tag }) => tag), alert?.condition],
    ['frozen', ['hall/p1/flow'], true],
  );
  assert.match(alert?.text ?? '', /flow has been 3 for \d+ moments/);

  await judge({ id: STUCK, sinceUs: alert?.sinceUs, verdict: 'known', why: 'being cleaned', by: 'ann' });
  assert.equal((await standing())[0]?.verdict, 'known');
  const status = DetectorStatus.parse(said(await judge({ id: STUCK, verdict: 'false', by: 'ann' })));
  const { findings, known, open, falsePerWeek } = status.figures;
  assert.deepEqual(
    [status.state, findings, status.figures.false, known, open, falsePerWeek],
    ['found', 1, 1, 0, 0, 1],
  );
  await assert.rejects(judge({ id: STUCK, sinceUs: 5, verdict: 'true', by: 'ann' }), {
    code: 'detector.no-finding',
  });

  for (let i = 0; site.core.decisions.alerts().length > 0 && i < 100; i++) {
    arrive(site, { 'hall/p1/flow': 4 + i });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [over] = z
    .array(EndedAlert)
    .length(1)
    .parse(said(await ended()));
  assert.deepEqual([over?.sinceUs, over?.verdict, over?.detector?.kind], [alert?.sinceUs, 'false', 'frozen']);
  assert.match(over?.detector?.reasons[0]?.text ?? '', /flow has been 3 for \d+ moments/);
  assert.ok((over?.detector?.atEnd?.certainty ?? 1) < (over?.detector?.certainty ?? 0));
});

test('who is limited to areas sees no values from beyond them', async (t) => {
  const { site, one, standing } = await asked(t);
  const { detectors } = site.core;
  detectors.learned(STUCK, await detectors.store.put(LEARNED), { by: 'ann' });
  await freeze(site);
  assert.deepEqual((await one(STUCK, ['hall'])).tags, ['hall/p1/flow']);
  assert.deepEqual(
    (await standing(['hall']))[0]?.inputs?.map(({ path }) => path),
    ['hall/p1/flow'],
  );
  assert.deepEqual(await standing(['yard']), []);
});
