import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_DEVICES, SkewReport } from '#edge/skew.ts';
import type { SiteEvent } from '#kernel/event.ts';

const HOUR_US = 3_600e6;

function reporting() {
  const events: SiteEvent[] = [];
  const report = new SkewReport((event) => events.push(event));
  const saw = (path: string, steadyUs = 0, source = 'broker') =>
    report.saw(source, path, 7_200e6, 1, steadyUs);
  return { events, saw, subjects: () => events.map(({ subject }) => subject) };
}

test('a second device with a wrong clock behind the same broker is told as well', () => {
  const { events, saw, subjects } = reporting();
  for (const path of ['hall/north/temperature', 'hall/north/humidity', 'hall/south/temperature', 'speed'])
    saw(path);
  assert.deepEqual(subjects(), ['hall/north', 'hall/south', 'speed']);
  assert.deepEqual(events[0]?.detail, { source: 'broker', tag: 'hall/north/temperature', aheadS: 7200 });
});

test('a device is told again after an hour, not before', () => {
  const { saw, subjects } = reporting();
  for (const atUs of [0, HOUR_US - 1, HOUR_US, HOUR_US + 5]) saw('hall/north/temperature', atUs);
  assert.deepEqual(subjects(), ['hall/north', 'hall/north']);
});

test('a server whose every device is ahead is told as one source, and another source is told all the same', () => {
  const { saw, subjects } = reporting();
  for (let i = 0; i < 1000; i++) saw(`hall/p${i}/speed`);
  assert.equal(subjects().length, MOST_DEVICES + 1);
  assert.equal(subjects().at(-1), 'broker');
  saw('hall/p1/level', 5, 'plc');
  assert.equal(subjects().at(-1), 'hall/p1');
  for (let i = 0; i < 1000; i++) saw(`hall/p${i}/speed`, HOUR_US);
  assert.equal(subjects().length, 2 * (MOST_DEVICES + 1) + 1);
});
