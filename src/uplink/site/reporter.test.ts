import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ManualClock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import type { ReportMessage, ReportRow } from '../reports.ts';
import type { ReportPorts } from './api.ts';
import { Reporter } from './reporter.ts';

const START_US = 1_700_000_000_000_000;

/** What a site says, which the test changes, and what a hub makes of the reports. */
function rig() {
  const clock = new ManualClock(START_US);
  const rows = new Map<string, ReportRow>();
  const there = new Map<string, { readonly revision: number; readonly body: Json }>();
  let revision = 0;
  const ports: ReportPorts = {
    definitions: rows,
    definitionPages: () => [],
    rows: () => rows.values(),
    nextRevision: () => ++revision,
    asked: () => {},
  };
  return {
    clock,
    ports,
    there,
    put: (key: string, body: Json) => void rows.set(key, ['alarm', key, body]),
    drop: (key: string) => void rows.delete(key),
    take(report: ReportMessage) {
      for (const [, key, body] of report.rows) {
        if (body === null) there.delete(key);
        else there.set(key, { revision: report.revision, body });
      }
      for (const [key, one] of there) if (one.revision < report.since) there.delete(key);
    },
    assertSame: () =>
      assert.deepEqual(
        new Map([...there].map(([key, { body }]) => [key, body])),
        new Map([...rows].map(([key, [, , body]]) => [key, body])),
      ),
  };
}

const change = fc.oneof(
  fc.record({ do: fc.constant('put' as const), key: fc.nat({ max: 1200 }), body: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant('fill' as const), count: fc.constantFrom(3, 700, 1100) }),
  fc.record({ do: fc.constant('drop' as const), key: fc.nat({ max: 1200 }) }),
  fc.record({ do: fc.constant('send' as const), times: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant('lose' as const) }),
  fc.record({ do: fc.constant('reconnect' as const) }),
);

test('whatever changes, is lost, or is cut off in between: in the end the hub has what holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
      const r = rig();
      let reporter = new Reporter(r.ports, r.clock);
      const send = async (times: number, isStored = true) => {
        for (let n = 0; n < times; n++) {
          await r.clock.advance(1000);
          if (!reporter.isDue) return;
          const report = reporter.next();
          if (!report) return;
          reporter.left(report.revision, 100, undefined);
          if (!isStored) return;
          r.take(report);
          reporter.stored(report.revision);
        }
      };
      for (const one of changes) {
        if (one.do === 'put') r.put(`${one.key}`, one.body);
        else if (one.do === 'fill') for (let n = 0; n < one.count; n++) r.put(`${n}`, 'filled');
        else if (one.do === 'drop') r.drop(`${one.key}`);
        else if (one.do === 'send') await send(one.times);
        else {
          // A report that never came is lost with its connection, and the next one begins with all there is.
          if (one.do === 'lose') await send(1, false);
          reporter = new Reporter(r.ports, r.clock);
        }
      }
      await send(20);
      r.assertSame();
    }),
    { numRuns: 60 },
  );
});

test('a body that is the same is said once; one report is under way, and the next says what holds by then', async () => {
  const r = rig();
  const reporter = new Reporter(r.ports, r.clock);
  r.put('a', 1);
  r.put('b', 1);
  const first = reporter.next();
  assert.deepEqual([first?.rows.length, first?.since], [2, first?.revision]);
  reporter.left(first?.revision ?? 0, 100, undefined);
  for (const body of [2, 3, 4]) {
    r.put('a', body);
    await r.clock.advance(1000);
    assert.equal(reporter.isDue, false);
  }
  reporter.stored(first?.revision ?? 0);
  const second = reporter.next();
  assert.deepEqual([second?.rows, second?.since], [[['alarm', 'a', 4]], 0]);
  await r.clock.advance(1000);
  assert.equal(reporter.next(), undefined);
});

test('on a link with a budget reports take a tenth of it, and none waits for longer than half a minute', async () => {
  const r = rig();
  const reporter = new Reporter(r.ports, r.clock);
  for (const [bytes, waitMs] of [
    [400, 4000],
    [1_000_000, 30_000],
  ] as const) {
    r.put('a', bytes);
    const report = reporter.next();
    assert.ok(report);
    reporter.left(report.revision, bytes, 1000);
    reporter.stored(report.revision);
    await r.clock.advance(waitMs - 1);
    assert.equal(reporter.isDue, false);
    await r.clock.advance(1);
    assert.equal(reporter.isDue, true);
  }
});
