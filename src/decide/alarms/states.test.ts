import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlarmInput, type BaseState, nextState } from '#decide/alarms/states.ts';

const INPUTS: readonly AlarmInput[] = ['raise', 'return', 'acknowledge', 'reset'];

/** What follows on raise, return, acknowledge, reset; `-` is not possible. */
const EXPECTED: readonly (readonly [
  latched: boolean,
  state: BaseState,
  ...next: readonly (BaseState | '-')[],
])[] = [
  [false, 'normal', 'unacknowledged', 'normal', 'normal', 'normal'],
  [false, 'unacknowledged', 'unacknowledged', 'returnedUnacknowledged', 'acknowledged', '-'],
  [false, 'acknowledged', 'acknowledged', 'normal', 'acknowledged', '-'],
  [
    false,
    'returnedUnacknowledged',
    'unacknowledged',
    'returnedUnacknowledged',
    'normal',
    'returnedUnacknowledged',
  ],
  [true, 'normal', 'unacknowledged', 'normal', 'normal', 'normal'],
  [true, 'unacknowledged', 'unacknowledged', 'latchedUnacknowledged', 'acknowledged', '-'],
  [true, 'acknowledged', 'acknowledged', 'latchedAcknowledged', 'acknowledged', '-'],
  [
    true,
    'latchedUnacknowledged',
    'unacknowledged',
    'latchedUnacknowledged',
    'latchedAcknowledged',
    'returnedUnacknowledged',
  ],
  [true, 'latchedAcknowledged', 'unacknowledged', 'latchedAcknowledged', 'latchedAcknowledged', 'normal'],
  [
    true,
    'returnedUnacknowledged',
    'unacknowledged',
    'returnedUnacknowledged',
    'normal',
    'returnedUnacknowledged',
  ],
];

for (const [latched, state, ...next] of EXPECTED) {
  for (const [i, input] of INPUTS.entries()) {
    const to = next[i] === '-' ? undefined : next[i];
    test(`${latched ? 'a latched' : 'an'} alarm that is ${state}: ${input} leads to ${to ?? 'a refusal'}`, () => {
      assert.equal(nextState(state, input, latched), to);
    });
  }
}
