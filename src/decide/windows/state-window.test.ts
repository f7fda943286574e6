import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StateWindow } from '#decide/windows/state-window.ts';

const LENGTH_US = 10e6;
type State = boolean | undefined;

test('the time in a state is the length of its spells inside the window', () => {
  const change = fc.record({
    gapUs: fc.integer({ min: 0, max: 5e6 }),
    state: fc.constantFrom<State[]>(true, false, undefined),
  });
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 15e6 }),
      (all, laterUs) => {
        const window = new StateWindow(LENGTH_US);
        const changes: { timeUs: number; state: State }[] = [];
        let timeUs = 1e15;
        for (const { gapUs, state } of all) {
          timeUs += gapUs;
          changes.push({ timeUs, state });
          window.update(timeUs, state);
        }
        const nowUs = timeUs + laterUs;
        const expected = changes.reduce((total, { timeUs: from, state }, i) => {
          const to = changes[i + 1]?.timeUs ?? nowUs;
          return total + (state === true ? Math.max(0, to - Math.max(from, nowUs - LENGTH_US)) : 0);
        }, 0);
        const actual = window.value(nowUs);
        if (changes.at(-1)?.state === undefined) assert.ok(Number.isNaN(actual));
        else assert.equal(actual, expected / 1e6);
      },
    ),
  );
});

test('a state that flutters for long keeps its sum and not its memory', () => {
  const window = new StateWindow(LENGTH_US);
  for (let i = 0; i < 4000; i++) {
    window.update(i * 2000, true);
    window.update(i * 2000 + 1000, false);
  }
  assert.equal(window.value(4000 * 2000), 4);
});

test('a window moves by time alone while a spell is growing or leaving', () => {
  const window = new StateWindow(LENGTH_US);
  assert.equal(window.moving, false);
  window.update(0, true);
  assert.equal(window.moving, true);
  window.pass(LENGTH_US);
  assert.equal(window.moving, false, 'it cannot grow beyond the window');
  window.update(LENGTH_US, false);
  assert.equal(window.moving, true);
  window.pass(2 * LENGTH_US);
  assert.equal(window.moving, false);
});
