import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openSiteHistory } from '#edge/calculation/site-history.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { blueprintOf, StillClock, watchedSite } from '#edge/replay/fixture.ts';
import type { HistoryReader, Series } from '#historian/api.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

/** Derived tags of the site, each to be equal to the calculation of its own expression. */
const DERIVED = {
  'p/ratio': 'tag("p/power") / tag("p/flow")',
  'p/mean': 'mean(tag("p/flow"), "5m")',
  'p/rate': 'rate(tag("p/power"), "1m") + stddev(tag("p/flow"), "30s")',
  'p/high': 'tag("p/flow") > 12.0 && tag("p/running")',
  'p/busy': 'time_in_state(tag("p/flow") > 12.0, "2m")',
} as const;
const TYPE: { readonly [path: string]: string } = { 'p/high': 'type: boolean, ' };

const siteText = `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/flow: { source: plc, address: { holding: 0 } }
  p/power: { source: plc, address: { holding: 1 } }
  p/running: { type: boolean, source: plc, address: { coil: 2 } }
${Object.entries(DERIVED)
  .map(([path, derive]) => `  ${path}: { ${TYPE[path] ?? ''}derive: '${derive}' }`)
  .join('\n')}
`;

const START_US = Date.UTC(2026, 10, 28) * 1000;
const END_US = START_US + 1500e6;
const SPAN = { fromUs: START_US, toUs: END_US };
let dir: string;
let reader: HistoryReader;

/** Twenty minutes: flow each second, power each three, a spell of bad quality, a pause of a minute. */
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-calculation-'));
  const clock = new StillClock(START_US);
  const { site } = await watchedSite(await blueprintOf(siteText), dir, clock);
  await using _site = site;
  const { path, table, decisions } = site.core;
  for (let second = 1; second < 1200; second++) {
    if (second > 700 && second < 760) continue;
    const atUs = START_US + second * 1e6;
    // As a site wakes for what is due by time alone, but to the µs.
    while (decisions.nextUs < atUs) {
      clock.atUs = decisions.nextUs;
      path.advance();
    }
    clock.atUs = atUs;
    const batch = allocBatch(second % 3 === 0 ? 3 : 1, { receivedUs: atUs });
    const rows = [
      ['p/flow', 10 + 5 * Math.sin(second / 40)],
      ['p/power', 100 + (second % 17)],
      ['p/running', second % 200 < 150 ? 1 : 0],
    ] as const;
    for (let i = 0; i < batch.rows; i++) {
      const [tag, value] = rows[i] as (typeof rows)[number];
      batch.tag[i] = table.number(tag);
      batch.timeUs[i] = atUs;
      batch.value[i] = value;
      batch.quality[i] = second > 300 && second < 330 ? Quality.badSensorFailure : 0;
    }
    path.accept('plc', { batch });
  }
  await site.durable();
  await site.history.historian?.flush();
  reader = openSiteHistory({ dir: historianDir(dir), journalDir: journalDir(dir) });
});

after(async () => {
  await reader[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

interface Plain {
  readonly timeUs: number[];
  readonly value: number[];
  readonly quality: number[];
}

async function plain(parts: AsyncIterable<Series>): Promise<Plain> {
  const all: Plain = { timeUs: [], value: [], quality: [] };
  for await (const { timeUs, value, quality } of parts) {
    all.timeUs.push(...timeUs);
    all.value.push(...value);
    all.quality.push(...quality);
  }
  return all;
}

const calculated = (expression: string, more: object = {}) =>
  plain(reader.calculated({ ...SPAN, expression, asset: '', ...more }));

for (const [tag, expression] of Object.entries(DERIVED)) {
  test(`a calculation is equal to the derived tag that it would have been: ${expression}`, async () => {
    const live = await plain(reader.raw([tag], { ...SPAN, toUs: START_US + 1199.5e6 }));
    const now = await calculated(expression, { toUs: START_US + 1199.5e6 });
    assert.ok(live.timeUs.length > 300, `${live.timeUs.length} rows`);
    assert.deepEqual(now, live);
  });
}

test('windows are filled from before the span', async () => {
  const whole = await calculated(DERIVED['p/ratio']);
  const fromUs = START_US + 600e6;
  const part = await calculated(DERIVED['p/ratio'], { fromUs });
  assert.deepEqual(
    part.timeUs,
    whole.timeUs.filter((us) => us >= fromUs),
  );
  assert.deepEqual(part.value, whole.value.slice(-part.value.length));
  const mean = await calculated(DERIVED['p/mean'], { fromUs, toUs: fromUs + 1e6 });
  const before = await calculated(DERIVED['p/mean'], { toUs: fromUs + 1e6 });
  // Cells of a window begin elsewhere: a thousandth of its length.
  assert.ok(Math.abs((mean.value[0] ?? 0) - (before.value.at(-1) ?? 0)) < 0.02);
});

test('at a step there is what stands then, in buckets what a tag would give', async () => {
  const stepped = await calculated('tag("p/flow") * 2.0', { stepUs: 10e6, toUs: START_US + 100e6 });
  assert.deepEqual(
    stepped.timeUs,
    Array.from({ length: 9 }, (_, i) => START_US + (i + 1) * 10e6),
  );
  assert.equal(stepped.value[0], 2 * (10 + 5 * Math.sin(10 / 40)));
  const query = { ...SPAN, bucketUs: 60e6, aggregates: ['min', 'max', 'mean', 'timeMean', 'count'] } as const;
  const ofTag = await Array.fromAsync(reader.buckets({ ...query, tags: ['p/ratio'] }));
  const expression = DERIVED['p/ratio'];
  const of = await Array.fromAsync(reader.calculatedBuckets({ ...query, expression, asset: '' }));
  assert.deepEqual(
    of.map(({ tag: _, ...rest }) => rest),
    ofTag.map(({ tag: _, ...rest }) => rest),
  );
  const trend = await reader.calculatedTrend({ ...SPAN, expression, asset: '', points: 50 });
  assert.ok(trend.timeUs.length > 10 && trend.timeUs.length <= 50);
});

test('mistakes are told with their place', async () => {
  const wrong = (expression: string) => plain(reader.calculated({ ...SPAN, expression, asset: '' }));
  await assert.rejects(wrong('tag("p/flow") / tag("p/flwo")'), {
    code: 'history.expression',
    message: /^1:21 there is no tag p\/flwo; did you mean tag\("p\/flow"\)/,
  });
  await assert.rejects(wrong('tag("p/flow") /'), { code: 'history.expression', message: /^1:\d+ / });
  const bare = await calculated('flow + 0.0', { asset: 'p' });
  assert.ok(bare.timeUs.length > 1000);
});
