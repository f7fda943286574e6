import assert from 'node:assert/strict';
import { test } from 'node:test';
import { date, digits, number, shownZone, timeOfDay, zoneTold } from './format.ts';
import { Zone } from './trend/zone.ts';

test('long numbers are grouped, whole ones of any length exactly', () => {
  assert.equal(number(123456), '123\u202f456');
  assert.equal(digits('9223372036854775807'), '9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f807');
  assert.equal(digits('-918274'), '-918\u202f274');
  assert.equal(digits('52124'), '52124', 'as five digits of a measured value are');
});

test('a moment is written in the one form that is read the same way everywhere', () => {
  const ms = Date.parse('2026-11-12T03:04:05Z');
  const here = new Zone(undefined).text(ms / 1000);
  assert.match(here, /^2026-11-1[123] \d\d:\d\d:05$/);
  assert.equal(`${date(ms)} ${timeOfDay(ms)}`, here);
});

test('times are those of the site once it has told its zone, wherever the browser stands', () => {
  const before = shownZone().name;
  zoneTold('Asia/Kolkata');
  const ms = Date.parse('2026-11-12T20:04:05Z');
  assert.equal(`${date(ms)} ${timeOfDay(ms)}`, '2026-11-13 01:34:05');
  zoneTold(before);
});
