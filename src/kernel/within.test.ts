import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from './clock.ts';
import { within } from './within.ts';

test('work that ends in time gives what it leads to, and nobody listens any more', async () => {
  const { signal } = new AbortController();
  assert.equal(await within(Promise.resolve(7), 1000, 'late', new ManualClock(), signal), 7);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('work that takes longer gives the other', async () => {
  const clock = new ManualClock();
  const first = within(new Promise(() => {}), 1000, 'late', clock);
  await clock.advance(1000);
  assert.equal(await first, 'late');
});

test('a signal ends the wait, whether it came before or meanwhile', async () => {
  const stop = new AbortController();
  const first = within(new Promise(() => {}), 1000, 'late', new ManualClock(), stop.signal);
  stop.abort();
  assert.equal(await first, 'late');
  assert.equal(await within(new Promise(() => {}), 1000, 'late', new ManualClock(), stop.signal), 'late');
});

test('what the work throws is thrown', async () => {
  await assert.rejects(within(Promise.reject(new Error('no')), 1000, 'late', new ManualClock()), /no/);
});
