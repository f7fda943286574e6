import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backtestHistory } from '#edge/replay/backtest.ts';
import { blueprintOf } from '#edge/replay/fixture.ts';
import type { HistoryRows } from '#replay/history-past.ts';

const siteText = (limit: number) => `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/a: { source: plc, address: { holding: 0 } }
  p/b: { source: plc, address: { holding: 1 } }
alarms:
  high: { when: 'mean(tag("p/a"), "20s") > ${limit}', priority: high, consequence: c, response: r }
`;
const START_US = Date.UTC(2026, 10, 28) * 1000;
const HOUR_US = 3600e6;

/** A sample in ten seconds: low, and high in the second half hour. */
const HISTORY: HistoryRows = {
  async *inOrder(tags, { fromUs, toUs }) {
    const from = Math.max(fromUs, START_US);
    const count = Math.ceil((Math.min(toUs, START_US + HOUR_US) - from) / 10e6);
    const timeUs = Float64Array.from(
      { length: count * tags.length },
      (_, i) => from + Math.floor(i / tags.length) * 10e6,
    );
    const value = timeUs.map((us) => (us < START_US + HOUR_US / 2 ? 10 : 30));
    const place = Uint32Array.from(timeUs, (_, i) => i % tags.length);
    yield { place, timeUs, value, quality: new Uint16Array(timeUs.length) };
  },
};

test('a past that no site has seen is replayed from a historian, against nothing or against another file', async () => {
  const options = {
    dataDir: 'none',
    name: 'site.yaml',
    against: 'current' as const,
    warmUpUs: 0,
    progress: () => {},
  };
  const history = { rows: HISTORY, paths: new Set(['p/a']), fromUs: START_US, toUs: START_US + HOUR_US };
  const alone = await backtestHistory({ ...options, blueprint: await blueprintOf(siteText(20)) }, history);
  assert.deepEqual([alone.rows, alone.unknownTags], [360, ['p/b']]);
  const [high] = alone.subjects;
  assert.deepEqual([high?.id, high?.file?.count, high?.past], ['high', 1, undefined]);
  const onUs = high?.file?.firstUs ?? 0;
  assert.ok(onUs >= START_US + HOUR_US / 2 && onUs < START_US + HOUR_US / 2 + 30e6);
  const [blueprint, current] = [await blueprintOf(siteText(20)), await blueprintOf(siteText(21))];
  const both = await backtestHistory({ ...options, blueprint, current }, history);
  assert.equal(both.equal, true, JSON.stringify(both.differences));
});
