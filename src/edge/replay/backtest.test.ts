import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { period } from '#decide/detectors/fixture.ts';
import { learnFrozen } from '#decide/detectors/frozen.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { learnedDir } from '#edge/data-folder.ts';
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
  const span = { fromUs: START_US, toUs: START_US + HOUR_US };
  const history = { rows: HISTORY, paths: new Set(['p/a']), learned: new Map<string, string>(), ...span };
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

test('detectors look at a past that is long gone as they would have then; one that has learned nothing is named', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-backtest-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const text = learnedText(learnFrozen(period(['p/a'], 50, (i) => [i])));
  const digest = learnedDigest(text);
  mkdirSync(learnedDir(dataDir));
  writeFileSync(join(learnedDir(dataDir), `${digest}.json`), text);
  const blueprint = await blueprintOf(`${siteText(20)}
detectors:
  still: { kind: frozen, tags: [p/a], everyMs: 30000 }
  other: { kind: frozen, tags: [p/a] }
  bold: { kind: frozen, tags: [p/a], everyMs: 30000, shadow: true, settings: { least: 100 } }
`);
  const learned = new Map([
    ['still', digest],
    ['bold', digest],
  ]);
  const report = await backtestHistory(
    { dataDir, name: 'site.yaml', against: 'current', warmUpUs: 0, progress: () => {}, blueprint },
    { rows: HISTORY, paths: new Set(['p/a']), learned, fromUs: START_US, toUs: START_US + HOUR_US },
  );
  const found = report.subjects.filter(({ kind }) => kind === 'alert');
  assert.deepEqual(
    found.map(({ id, file }) => [id, file?.count]),
    [['still', 2]],
    'before and after the step; the shadow never',
  );
  // It ends the eleventh moment of one value: five minutes after each beginning.
  const [firstUs] = found[0]?.file?.spans ?? [];
  assert.ok(Math.abs((firstUs ?? 0) - START_US - 330e6) <= 30e6, String(firstUs));
  assert.match(report.notes.at(-1) ?? '', /1 detectors have learned nothing that fits .* such as other/);
});
