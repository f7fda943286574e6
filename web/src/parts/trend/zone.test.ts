import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ticksOf, tickText, Zone } from './zone.ts';

const BERLIN = new Zone('Europe/Berlin');
const at = (iso: string) => Date.parse(iso) / 1000;

test('times are read and written by the clocks of the site', () => {
  assert.equal(BERLIN.text(at('2026-11-28T13:03:02Z')), '2026-11-28 14:03:02');
  assert.equal(BERLIN.timeOf('2026-07-01T14:03:02'), at('2026-07-01T12:03:02Z'));
  assert.equal(BERLIN.timeOf(' 2026-07-01 14:03'), at('2026-07-01T12:03:00Z'));
  assert.equal(BERLIN.timeOf('2026-07-01'), at('2026-06-30T22:00:00Z'));
});

test('what is no time, or could be another one elsewhere, is none', () => {
  for (const text of [
    '',
    '11/12/2026',
    '12.11.2026',
    '2026-11',
    '2026-13-01',
    '2026-11-28 25:00',
    'yesterday',
  ])
    assert.ok(Number.isNaN(BERLIN.timeOf(text)), text);
});

test('where clocks change, a time that there was twice is the earlier one, and one that never was is read all the same', () => {
  assert.equal(BERLIN.timeOf('2026-10-25T02:30:00'), at('2026-10-25T00:30:00Z'));
  assert.equal(BERLIN.timeOf('2026-03-29T02:30:00'), at('2026-03-29T01:30:00Z'));
});

test('what a field shows is read as the same time, but for the hour that there was twice', () => {
  const zones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Auckland'].map(
    (name) => new Zone(name),
  );
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 1e9, max: 2e9 }), (zone, time) => {
      const again = zone.timeOf(zone.text(time));
      assert.ok(again === time || again === time - 3600, `${zone.name} ${time} ${again}`);
    }),
  );
});

test('a zone that the browser does not know is that of the browser', () => {
  assert.equal(new Zone('Mars/Olympus').name, Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test('ticks are round in the zone, also over a change of the clocks', () => {
  const { at: ticks, stepS } = ticksOf(at('2026-10-23T10:00:00Z'), at('2026-10-28T10:00:00Z'), 8, BERLIN);
  assert.equal(stepS, 86_400);
  for (const tick of ticks) assert.equal(BERLIN.text(tick).slice(11), '00:00:00');
  assert.equal(tickText(ticks[0] as number, stepS, BERLIN), '24 Oct');
  const kolkata = new Zone('Asia/Kolkata');
  const hours = ticksOf(at('2026-10-23T10:00:00Z'), at('2026-10-23T14:00:00Z'), 5, kolkata);
  assert.deepEqual(
    hours.at.map((tick) => tickText(tick, hours.stepS, kolkata)),
    ['16:00', '17:00', '18:00', '19:00'],
  );
});
