import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AutonomyReason } from '#contract/autonomy.ts';
import { autonomyOf } from './budget.ts';
import type { Facts } from './facts.ts';
import { DAY_US } from './line.ts';
import { daysToFill } from './space.ts';

const NOW_US = 1_800_000_000e6;
const GB = 1e9;

/** A million samples a day of 10 bytes each in the journal, one in the historian; nothing near its end. */
const facts = (changes: Partial<Facts> = {}): Facts => ({
  nowUs: NOW_US,
  leastDays: 30,
  certificates: [],
  tokens: [],
  journal: {
    fill: {
      keptRows: 5e6,
      keptUs: 5 * DAY_US,
      recordedUs: 5 * DAY_US,
      freeBytes: 2 * GB,
      blockRows: 1e6,
      blockBytes: 1e7,
    },
    usedBytes: 0.1 * GB,
    quotaBytes: 2.1 * GB,
    maxAgeDays: 365,
    rowsPerDay: 1e6,
    backlogs: [],
  },
  disk: { freeBytes: 100 * GB, othersPerDay: 0 },
  clock: { sync: { state: 'synchronised', why: 'said' }, toleranceMs: 60_000 },
  flash: { device: 'sda', writtenBytes: 0 },
  sequence: { seq: 1e6, perDay: 1e5 },
  ...changes,
});

const journal = (changes: Partial<Facts['journal']>): Partial<Facts> => ({
  journal: { ...facts().journal, ...changes },
});

function lineOf(given: Facts, reason: AutonomyReason) {
  const line = autonomyOf(given).lines.find((one) => one.reason === reason);
  assert.ok(line, reason);
  return line;
}

test('the first end that counts is the budget, and below its limit it is low', () => {
  const in20Days = { validToUs: NOW_US + 20 * DAY_US };
  const budget = autonomyOf(
    facts({
      certificates: [
        { subject: 'opc.tcp://a', kind: 'peer', validToUs: NOW_US + DAY_US },
        { subject: 'API', kind: 'given', ...in20Days },
      ],
      tokens: [{ name: 'mes', leftMs: 40 * 86_400e3 }],
    }),
  );
  assert.equal(budget.days, 20);
  assert.deepEqual(budget.first, { reason: 'certificate', subject: 'API' });
  assert.equal(budget.isLow, true);
  const [peer, api, token] = budget.lines;
  assert.deepEqual([peer?.counts, api?.counts, token?.days], [false, true, 40]);
});

test('what has ended has no days left', () => {
  const line = lineOf(
    facts({ certificates: [{ subject: 'API', kind: 'given', validToUs: NOW_US - DAY_US }] }),
    'certificate',
  );
  assert.deepEqual([line.state, line.days], ['ends', 0]);
});

test('a backlog lasts as long as the room that is free and that of what it has taken already', () => {
  const backlogs = [{ sink: 'hub', rows: 1e6 }];
  // 2 GB free for 200 million samples, and 4 of 5 million kept ones are delivered.
  const line = lineOf(facts(journal({ backlogs })), 'backlog');
  assert.equal(line.days, 204);
  assert.match(line.why, /quota of 2\.1 GB/);
  assert.equal(lineOf(facts(journal({ backlogs, maxAgeDays: 90 })), 'backlog').days, 89);
  assert.equal(lineOf(facts(journal({ backlogs, rowsPerDay: 0, fill: quiet() })), 'backlog').state, 'lasts');
});

const quiet = (): Facts['journal']['fill'] => ({ ...facts().journal.fill, keptRows: 0 });

test('the higher rate counts: a quiet night does not promise a long time', () => {
  const backlogs = [{ sink: 'hub', rows: 0 }];
  const line = lineOf(facts(journal({ backlogs, rowsPerDay: 1000 })), 'backlog');
  assert.equal(line.days, 205);
});

test('without a rate nothing is promised', () => {
  const young = { ...facts().journal.fill, keptUs: 60e6 };
  const { rowsPerDay: _, ...rest } = facts().journal;
  const given = facts({ journal: { ...rest, fill: young, backlogs: [{ sink: 'hub', rows: 0 }] } });
  const line = lineOf(given, 'backlog');
  assert.equal(line.state, 'unknown');
  assert.match(line.why, /not run for long enough/);
  assert.equal(lineOf({ ...given, disk: { freeBytes: GB, othersPerDay: 0 } }, 'disk').state, 'unknown');
});

test('a disk that holds every quota lasts, one that others fill ends', () => {
  assert.equal(lineOf(facts(), 'disk').state, 'lasts');
  // 2 GB at 0.01 GB a day for the site, beside 0.99 GB a day of others.
  const line = lineOf(facts({ disk: { freeBytes: 10 * GB, othersPerDay: 0.99 * GB } }), 'disk');
  assert.equal(line.days, 10);
  assert.equal(lineOf(facts({ disk: { freeBytes: 10 * GB } }), 'disk').state, 'unknown');
  assert.equal(lineOf(facts({ disk: { freeBytes: undefined } }), 'disk').state, 'unknown');
});

test('what grows to a limit fills a disk only up to there', () => {
  const growing = [
    { perDay: 10, most: 50 },
    { perDay: 1, most: Number.POSITIVE_INFINITY },
  ];
  assert.equal(daysToFill(55, growing), 5);
  assert.equal(daysToFill(60, growing), 10);
  assert.equal(daysToFill(60, growing.slice(0, 1)), undefined);
  assert.equal(daysToFill(0, growing), 0);
});

test('flash lasts by what the data sheet says, less what it says itself or what was counted', () => {
  const flash = { device: 'mmcblk0', writtenBytes: 1e12, enduranceBytes: 11e12, writtenPerDay: 100 * GB };
  assert.equal(lineOf(facts({ flash }), 'flash').days, 100);
  assert.equal(lineOf(facts({ flash: { ...flash, usedShare: 0.5 } }), 'flash').days, 55);
  const line = lineOf(facts(), 'flash');
  assert.equal(line.state, 'unknown');
  assert.match(line.why, /flashEnduranceTB/);
});

test('a clock that nothing keeps right ends by its drift, since it was right last', () => {
  const sync = { state: 'unsynchronised', why: 'said', lastUs: NOW_US - 10 * DAY_US } as const;
  const clock = { sync, statedPpm: 20, toleranceMs: 60_000 };
  // 20 ppm are 1.728 s a day.
  assert.equal(lineOf(facts({ clock }), 'clock').days, 24.72);
  const { statedPpm: _, ...unstated } = clock;
  assert.equal(lineOf(facts({ clock: unstated }), 'clock').state, 'unknown');
  const corrected = { agoUs: 7_200e6, byMs: -120 };
  const kept = facts({ clock: { ...clock, corrected, sync: { state: 'synchronised', why: 'said' } } });
  assert.match(
    lineOf(kept, 'clock').why,
    /last set 2\.0 h ago by -120 ms; .* 1\.7 s a day, and last 35 days/,
  );
});

test('what is unknown is counted and stands behind what ends', () => {
  const budget = autonomyOf(
    facts({
      certificates: [{ subject: 'broker', kind: 'given', unreadable: 'not seen' }],
      tokens: 'the file is damaged',
    }),
  );
  assert.equal(budget.unknown, 3);
  assert.equal(budget.days, undefined);
  assert.equal(budget.isLow, false);
  const order = budget.lines.map(({ state }) => state);
  assert.deepEqual(order, ['ends', 'unknown', 'unknown', 'unknown', 'lasts', 'lasts', 'lasts']);
});

test('numbers of entries last for ever, unless they do not', () => {
  assert.equal(lineOf(facts(), 'sequence').state, 'lasts');
  const near = { seq: Number.MAX_SAFE_INTEGER - 1e6, perDay: 1e5 };
  assert.equal(lineOf(facts({ sequence: near }), 'sequence').days, 10);
});
