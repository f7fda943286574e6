import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TagValue } from '#contract/client.ts';
import { type Binding, shownOf } from './shown.ts';

const TAG = 'hall/line1/tank/level';
const live = (part: Partial<TagValue>): TagValue => ({
  path: TAG,
  type: 'number',
  unit: '%',
  value: 61.74,
  quality: 'good',
  timeUs: 1,
  ...part,
});
const LEVEL: Binding = { tag: TAG, level: { from: 'bottom' } };
const VALUE: Binding = { tag: TAG, value: { decimals: 1, unit: true } };

test('a value stands with its digits and its unit', () => {
  assert.deepEqual(shownOf(VALUE, live({}), undefined, false), { doubt: 'none', text: '61.7\u00a0%' });
});

test('a bad value is not shown, an uncertain one is marked, and so is all when the site is silent', () => {
  const bad = live({ quality: 'badNoCommunication' });
  assert.deepEqual(shownOf(VALUE, bad, undefined, false), { doubt: 'unknown', text: '?' });
  assert.deepEqual(shownOf(LEVEL, bad, [0, 100], false), { doubt: 'unknown' });
  const uncertain = live({ quality: 'uncertainRangeExceeded' });
  assert.deepEqual(shownOf(VALUE, uncertain, undefined, false), {
    doubt: 'uncertain',
    text: '? 61.7\u00a0%',
  });
  assert.equal(shownOf(VALUE, live({}), undefined, true).doubt, 'uncertain');
  assert.deepEqual(shownOf(VALUE, undefined, undefined, false), { doubt: 'awaited', text: '…' });
});

test('a level is a share of the range, within it, and unknown where nobody names a range', () => {
  assert.equal(shownOf(LEVEL, live({ value: 25 }), [0, 100], false).level, 0.25);
  assert.equal(shownOf(LEVEL, live({ value: 250 }), [0, 100], false).level, 1);
  const own: Binding = { tag: TAG, level: { from: 'bottom', range: [20, 30] } };
  assert.equal(shownOf(own, live({ value: 25 }), [0, 100], false).level, 0.5);
  assert.equal(shownOf(LEVEL, live({}), undefined, false).doubt, 'unknown');
});

test('colour, place and presence follow the state', () => {
  const running = live({ type: 'boolean', value: true });
  const fill: Binding = { tag: TAG, fill: { states: { true: 'active' }, otherwise: 'inactive' } };
  assert.equal(shownOf(fill, running, undefined, false).fill, 'active');
  assert.equal(shownOf(fill, live({ type: 'boolean', value: false }), undefined, false).fill, 'inactive');
  const open = live({ type: 'enum', value: 2, state: 'open' });
  assert.equal(shownOf({ tag: TAG, visible: { states: ['open'] } }, open, undefined, false).isVisible, true);
  const turned: Binding = { tag: TAG, rotation: { degrees: [-90, 90] } };
  assert.equal(shownOf(turned, live({ value: 75 }), [0, 100], false).degrees, 45);
});
