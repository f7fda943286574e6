import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#kernel/clock.ts';
import { Rebirths, rebirthsOf } from './rebirths.ts';
import { Wake } from './wake.ts';

test('one node is asked at growing pauses, and all of them together not above the limit', () => {
  const rebirths = new Rebirths({ everyMs: 60_000, perMinute: 60 }, 0);
  const minute = 60e6;
  const asked: number[] = [];
  for (let us = 0; us < 20 * minute; us += minute / 4) {
    rebirths.want('a', us);
    if (rebirths.take(us).length > 0) asked.push(us / minute);
  }
  assert.deepEqual(asked, [0, 1, 3, 7, 15]);
  for (let i = 0; i < 100; i++) rebirths.want(`n${i}`, 100 * minute);
  assert.equal(rebirths.take(100 * minute).length, 5);
  assert.equal(rebirths.take(100 * minute).length, 0);
  assert.equal(rebirths.nextUs(100 * minute), 100 * minute + 1e6);
  assert.equal(rebirths.take(100 * minute + 2e6).length, 2);
});

test('a node that was right for long begins with a short pause again', () => {
  const rebirths = new Rebirths({ everyMs: 1000, perMinute: 6000 }, 0);
  for (const us of [0, 1e6, 3e6]) {
    rebirths.want('a', us);
    assert.equal(rebirths.take(us).length, 1, String(us));
  }
  rebirths.want('a', 3e6);
  assert.equal(rebirths.nextUs(3e6), 7e6);
  rebirths.settled('a');
  assert.equal(rebirths.nextUs(3e6), Number.POSITIVE_INFINITY);
  rebirths.want('a', 100e6);
  assert.equal(rebirths.take(100e6).length, 1);
  rebirths.want('a', 100e6);
  assert.equal(rebirths.nextUs(100e6), 102e6);
});

test('a birth after which all was well for a while makes the pause short again, one that helps nothing does not', () => {
  for (const { wantedUs, dueUs } of [
    { wantedUs: 45e6, dueUs: 45e6 },
    { wantedUs: 36e6, dueUs: 70e6 },
  ]) {
    const rebirths = new Rebirths({ everyMs: 10_000, perMinute: 6000 }, 0);
    for (const us of [0, 10e6, 30e6]) {
      rebirths.want('a', us);
      assert.equal(rebirths.take(us).length, 1, String(us));
    }
    rebirths.born('a', 31e6);
    assert.equal(rebirths.nextUs(31e6), Number.POSITIVE_INFINITY);
    rebirths.want('a', wantedUs);
    assert.equal(rebirths.nextUs(wantedUs), dueUs);
  }
});

test('a session that begins knows when which node was asked, and how many of all', () => {
  const owner = {};
  const limits = { everyMs: 60_000, perMinute: 60 };
  const askedAt = (us: number, nodes: readonly string[]) => {
    const rebirths = rebirthsOf(owner, limits, us);
    for (const node of nodes) {
      rebirths.heard(node);
      rebirths.want(node, us);
    }
    return rebirths.take(us);
  };
  assert.deepEqual(askedAt(0, ['a']), ['a']);
  for (let us = 4e5; us < 4e6; us += 4e5) assert.deepEqual(askedAt(us, ['a']), []);
  assert.deepEqual(askedAt(60e6, ['a']), ['a'], 'and the pause has not grown, for nobody could answer');
  assert.deepEqual(askedAt(120e6, ['a']), ['a']);
  assert.equal(askedAt(200e6, ['b', 'c', 'd', 'e', 'f', 'g']).length, 5);
  assert.equal(askedAt(200e6, ['b', 'c', 'd', 'e', 'f', 'g']).length, 0);
  assert.equal(rebirthsOf({}, limits, 200e6).want('a', 200e6), true, 'another source has its own');
});

test('a node that was asked before it was ever heard is asked again, once', () => {
  const owner = {};
  const limits = { everyMs: 60_000, perMinute: 60 };
  const asked: number[] = [];
  for (let us = 0; us < 10e6; us += 1e6) {
    const rebirths = rebirthsOf(owner, limits, us);
    if (us > 2e6) rebirths.heard('a');
    rebirths.want('a', us);
    if (rebirths.take(us).length > 0) asked.push(us);
  }
  assert.deepEqual(asked, [0, 3e6]);
});

test('a wake comes at the earliest deadline, and then at the one that the woken names', async () => {
  const clock = new ManualClock(0);
  const woken: number[] = [];
  const wake = new Wake(clock, () => {
    woken.push(clock.steadyUs() / 1000);
    return woken.length < 2 ? clock.steadyUs() + 50e3 : Number.POSITIVE_INFINITY;
  });
  wake.at(500e3);
  wake.at(100e3);
  wake.at(300e3);
  await clock.advance(1000);
  assert.deepEqual(woken, [100, 150]);
  wake.at(clock.steadyUs() + 1000);
  wake.close();
  await clock.advance(1000);
  assert.equal(woken.length, 2);
});
