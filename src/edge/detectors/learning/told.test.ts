import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toldOf } from '#edge/detectors/learning/told.ts';
import { openJournal } from '#journal/journal.ts';
import type { SiteEvent } from '#kernel/event.ts';

const START_US = Date.UTC(2026, 10, 28) * 1000;
const minute = (m: number) => START_US + m * 60e6;
const DETECTOR = 'line/pump/usual';
const HOT = 'line/pump/hot';

type Told = readonly [atMin: number, name: string, subject: string, detail: NonNullable<SiteEvent['detail']>];

const alarm = (atMin: number, from: string, to: string, id = HOT): Told => [
  atMin,
  `alarm.${to}`,
  id,
  { from, to },
];

/** What is told of the minutes 60 to 120. */
async function toldBy(t: TestContext, events: readonly Told[]): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-told-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  await using journal = await openJournal({ dir, quotaBytes: 64e6, maxAgeUs: 1e15, commitMs: 10 });
  for (const [atMin, name, subject, detail] of events)
    journal.event({ kind: 'alarm', name, subject, timeUs: minute(atMin), detail }, minute(atMin));
  await new Promise((settled) => journal.whenSettled(settled));
  const span = { fromUs: minute(60), toUs: minute(120) };
  const findings = toldOf({ journalDir: dir, detector: DETECTOR, alarms: [HOT], ...span });
  return findings.map(({ fit, text }) => `${fit}: ${text}`);
}

const BEGIN: Told = [0, 'system.started', 'site', {}];

test('an alarm that stood in the period makes it doubtful, for as long as it stood in it', async (t) => {
  const events = [
    BEGIN,
    alarm(30, 'normal', 'unacknowledged'),
    alarm(45, 'unacknowledged', 'acknowledged'),
    alarm(66, 'acknowledged', 'normal'),
    alarm(80, 'normal', 'unacknowledged'),
    alarm(83, 'unacknowledged', 'returnedUnacknowledged'),
    alarm(90, 'returnedUnacknowledged', 'normal'),
    alarm(70, 'normal', 'unacknowledged', 'line/other/hot'),
  ];
  assert.deepEqual(await toldBy(t, events), [`doubtful: the alarm ${HOT} stood in 15 % of the time`]);
});

test('one that stands still counts to the end; one before or behind does not', async (t) => {
  const standing = [BEGIN, alarm(90, 'normal', 'unacknowledged')];
  assert.deepEqual(await toldBy(t, standing), [`doubtful: the alarm ${HOT} stood in 50 % of the time`]);
  const elsewhere = [
    BEGIN,
    alarm(10, 'normal', 'unacknowledged'),
    alarm(20, 'unacknowledged', 'normal'),
    alarm(130, 'normal', 'unacknowledged'),
  ];
  assert.deepEqual(await toldBy(t, elsewhere), []);
});

test('findings that people judged true speak against the period, by their newest verdict', async (t) => {
  const found = (sinceMin: number, endMin: number, ...verdicts: string[]): Told[] => [
    [sinceMin, 'alert.began', DETECTOR, { detector: 'drift' }],
    [endMin, 'alert.ended', DETECTOR, { detector: 'drift' }],
    ...verdicts.map(
      (verdict, i): Told => [
        endMin + 1 + i,
        'alert.judged',
        DETECTOR,
        { sinceUs: minute(sinceMin), verdict },
      ],
    ),
  ];
  const events = [
    BEGIN,
    ...found(20, 30, 'true'),
    ...found(50, 62, 'false', 'true'),
    ...found(70, 71, 'true', 'known'),
    ...found(80, 90),
  ];
  assert.deepEqual(await toldBy(t, events), [
    'doubtful: a finding of this time was judged true: it was no good running',
  ]);
});

test('what a record that begins later cannot know is said', async (t) => {
  assert.deepEqual(await toldBy(t, [[100, 'system.started', 'site', {}]]), [
    'fit: which alarms stood before 2026-11-28T01:40:00.000Z is not kept: nobody can tell',
  ]);
});
