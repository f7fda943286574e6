import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TagModel } from '#contract/model.ts';
import { openSiteHistory } from '#edge/calculation/site-history.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { learnFrom } from '#edge/detectors/learning/learning.ts';
import { type PeriodAsked, readPeriod } from '#edge/detectors/learning/period.ts';
import { blueprintOf, StillClock, watchedSite } from '#edge/replay/fixture.ts';
import type { HistoryReader } from '#historian/api.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

const fileOf = (more = '') => `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/flow: { source: plc, range: [0, 14], address: { holding: 0 } }
  p/power: { source: plc, address: { holding: 1 } }
  p/running: { type: boolean, source: plc, address: { coil: 2 } }
  p/kept: { derive: 'tag("p/power") / tag("p/flow")' }
${more}`;
/** Not in the file that ran: they have no past of their own. */
const LATER = `
  p/ratio: { derive: 'tag("p/power") / tag("p/flow")' }
  p/product: { type: text, derive: 'tag("p/running") ? "Gouda" : "Edam"' }
  p/mean: { derive: 'mean(tag("p/ratio"), "1m") + 0.0' }
  p/never: { source: plc, address: { holding: 7 } }
  p/blind: { derive: 'tag("p/never") * 2.0' }
`;

const START_US = Date.UTC(2026, 10, 28) * 1000;
const second = (s: number) => START_US + s * 1e6;
const flowAt = (s: number) => 10 + 5 * Math.sin(s / 40);
let dir: string;
let reader: HistoryReader;
let tags: readonly TagModel[];

/** Ten minutes: flow each second, power each three; a spell of bad quality, one of stand-ins, a pause, a stop. */
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-learning-'));
  const clock = new StillClock(START_US);
  const { site } = await watchedSite(await blueprintOf(fileOf()), dir, clock);
  await using _site = site;
  const { path, table } = site.core;
  for (let s = 1; s < 600; s++) {
    if (s > 300 && s < 400) continue;
    clock.atUs = second(s);
    const batch = allocBatch(s % 3 === 0 ? 3 : 1, { receivedUs: clock.atUs });
    const rows = [
      ['p/flow', flowAt(s)],
      ['p/power', 100 + (s % 17)],
      ['p/running', s >= 200 && s < 220 ? 0 : 1],
    ] as const;
    for (let i = 0; i < batch.rows; i++) {
      const [tag, value] = rows[i] as (typeof rows)[number];
      batch.tag[i] = table.number(tag);
      batch.timeUs[i] = clock.atUs;
      batch.value[i] = value;
      batch.quality[i] =
        s >= 100 && s < 110
          ? Quality.badSensorFailure
          : s >= 120 && s < 130
            ? Quality.uncertainLastUsable
            : 0;
    }
    path.accept('plc', { batch });
  }
  await site.durable();
  await site.history.historian?.flush();
  reader = openSiteHistory({ dir: historianDir(dir), journalDir: journalDir(dir) });
  ({ tags } = (await blueprintOf(fileOf(LATER))).model);
});

after(async () => {
  await reader[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const read = (paths: readonly string[], more: Partial<PeriodAsked> = {}) =>
  readPeriod(reader, {
    signals: paths.map((path) => ({ name: path.slice(2), path })),
    everyMs: 1000,
    fromUs: second(30),
    toUs: second(300),
    tags,
    ...more,
  });

const column = ({ columns }: { readonly columns: readonly Float64Array[] }, i = 0) =>
  columns[i] as Float64Array;

test('each moment has the last good value of each signal, and none where that is bad or stands in', async () => {
  const period = await read(['p/flow', 'p/power']);
  assert.equal(period.timeUs.length, 270);
  assert.deepEqual([period.timeUs[0], period.timeUs[269]], [second(30), second(299)]);
  for (let row = 0; row < 270; row++) {
    const s = 30 + row;
    const isKnown = !(s >= 100 && s < 110) && !(s >= 120 && s < 130);
    assert.equal(column(period)[row], isKnown ? flowAt(s) : Number.NaN, `flow at ${s}`);
  }
  const power = (s: number) => column(period, 1)[s - 30];
  assert.deepEqual([power(30), power(31), power(32), power(33)], [113, 113, 113, 116]);
  // Bad from its own row at 102 on, good again with the one at 111; stands in from 120 on.
  assert.deepEqual(
    [power(101), power(102), power(110), power(111), power(120)],
    [100 + (99 % 17), Number.NaN, Number.NaN, 100 + (111 % 17), Number.NaN],
  );
});

test('between two rows a longer moment has what stood then', async () => {
  const period = await read(['p/power'], { everyMs: 2500, toUs: second(60) });
  assert.equal(period.timeUs.length, 12);
  assert.equal(column(period)[1], 100 + (30 % 17));
  // Power comes each three seconds: in some moments there is no news, of those of a second in two of three.
  assert.equal(period.quiet, 2);
  assert.equal((await read(['p/power'], { toUs: second(60) })).quiet, 20);
});

test('what the file derives now is derived again of a past that never had it, windows and all', async () => {
  const { columns, calculated } = await read(['p/kept', 'p/ratio', 'p/mean']);
  assert.deepEqual(calculated, ['p/kept', 'p/ratio', 'p/mean']);
  const [kept, ratio, mean] = columns as [Float64Array, Float64Array, Float64Array];
  assert.deepEqual(ratio, kept);
  assert.equal(ratio[0], (100 + (30 % 17)) / flowAt(30));
  assert.ok((mean[0] as number) > 0 && !Number.isNaN(mean[200]));
  const own = await Array.fromAsync(reader.raw(['p/kept'], { fromUs: second(30), toUs: second(31) }));
  assert.equal(own[0]?.value[0], ratio[0], 'as the site had derived it');
});

test('what rests on a tag without a past is missing, as the tag is', async () => {
  const { columns, calculated } = await read(['p/never', 'p/blind', 'p/flow']);
  assert.deepEqual(calculated, []);
  assert.ok(columns[0]?.every(Number.isNaN) && columns[1]?.every(Number.isNaN));
  assert.equal(columns[2]?.[0], flowAt(30));
});

test('moments in which the detector rests are left out, those after it too, and told', async () => {
  const rest = { when: '!running', asset: 'p', forMs: 5000 };
  const period = await read(['p/flow'], { rest });
  // Not known while running is bad or stands in: rows come each three seconds, 102 to 111 and 120 to 132.
  const resting = (s: number) => (s >= 102 && s < 116) || (s >= 120 && s < 137) || (s >= 201 && s < 227);
  const expected = Array.from({ length: 270 }, (_, i) => 30 + i).filter((s) => !resting(s));
  assert.deepEqual([...period.timeUs], expected.map(second));
  assert.equal(period.rested, 270 - expected.length);
  assert.deepEqual(
    period.breaks.map((row) => period.timeUs[row]),
    [second(227)],
    'of the first two nobody knows whether it rested',
  );
});

test('texts of the last signal are told by their numbers, and are missing where they are bad', async () => {
  const { columns, texts } = await read(['p/power', 'p/product']);
  assert.deepEqual(texts, ['Gouda', 'Edam']);
  const product = (s: number) => texts?.[columns[1]?.[s - 30] as number];
  assert.deepEqual([30, 101, 103, 120, 200, 201, 219, 222].map(product), [
    ...['Gouda', 'Gouda', undefined, undefined, 'Gouda', 'Edam', 'Edam', 'Gouda'],
  ]);
  assert.equal((await read(['p/power'])).texts, undefined);
  const rested = await read(['p/power'], { rest: { when: 'product == "Edam"', asset: 'p', forMs: 0 } });
  assert.ok(!rested.timeUs.includes(second(210)) && rested.timeUs.includes(second(199)));
});

test('a time in which nothing came of any signal is missing, not held', async () => {
  const quick = tags.map((tag) => ({ ...tag, deadbandMaxMs: 1000 }));
  const asked = { tags: quick, fromUs: second(290), toUs: second(500) };
  const period = await read(['p/flow', 'p/power'], asked);
  const known = (s: number) => !Number.isNaN(column(period)[s - 290]);
  assert.deepEqual([299, 310, 311, 399, 400].map(known), [true, true, false, false, true]);
  assert.equal(period.silentUs, 100e6);
  assert.ok(period.quiet <= 10 && period.quiet > 0, 'what is missing is not quiet');
  const slow = await read(['p/flow', 'p/power'], { ...asked, tags });
  assert.ok(!column(slow).some(Number.isNaN), 'within twice deadbandMaxMs it may just be quiet');
  const onEvent = quick.map((tag) => ({ ...tag, staleAfterMs: 0 }));
  const held = await read(['p/flow'], { ...asked, tags: onEvent });
  assert.ok(!column(held).some(Number.isNaN), 'it speaks only when something happens');
});

test('moments outside of the engineering range are counted', async () => {
  const { outside } = await read(['p/flow', 'p/power']);
  let expected = 0;
  for (let s = 30; s < 300; s++)
    if (flowAt(s) > 14 && !(s >= 100 && s < 110) && !(s >= 120 && s < 130)) expected++;
  assert.deepEqual([...outside], [expected, 0]);
  assert.ok(expected > 20);
});

test('a period that is empty or too large is refused', async () => {
  await assert.rejects(read(['p/flow'], { toUs: second(30) }), {
    code: 'detector.period',
    message: /ends before it begins/,
  });
  await assert.rejects(read(['p/flow', 'p/power'], { toUs: second(30 + 1_000_001) }), {
    code: 'detector.period',
    message: 'the period has 1000001 moments of 1000 ms; of 2 signals 1000000 are the most',
    hint: /at most 11 days/,
  });
});

test('the report of a balance calls it so; the file that it learned keeps the name of its tag', async () => {
  const { report, learned } = await learnFrom(
    reader,
    {
      ...{ kind: 'balance', settings: {}, everyMs: 1000, fromUs: second(30), toUs: second(300), tags },
      signals: [{ name: 'water-balance', path: 'p/flow' }],
      told: { journalDir: journalDir(dir), detector: 'p/water', alarms: [] },
    },
    () => {},
  );
  assert.deepEqual(
    report.signals.map(({ signal }) => signal),
    ['the balance'],
  );
  const gap = report.findings.find(({ what, signal }) => what === 'gaps' && signal !== undefined);
  assert.match(gap?.text ?? '', /^the balance is not known in /);
  assert.match(learned?.text ?? '', /"signals":\["water-balance"\]/);
});
