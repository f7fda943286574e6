import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recorded } from '#replay/recorded.ts';

const reason = { tag: 'p/a', share: 1, value: 118, expected: 120.7, deviation: -14.3, text: 'p/a is low' };
const found = {
  ...{ detector: 'relation', certainty: 0.85, reasons: [reason] },
  ...{ atEnd: { certainty: 0.12, text: 'p/a is nearly as it was' }, shadow: true as const },
};

test('all that a detector says as it ends is read back: a replay finds the same', () => {
  const { detector, ...said } = found;
  const what = new Recorded().take({
    ...{ kind: 'event', seq: 7, atUs: 5_000_000 },
    event: {
      ...{ kind: 'alert', name: 'alert.would-end', subject: 'kin', timeUs: 5_000_000 },
      detail: { cause: 'condition', text: 'p/a is low', lastedMs: 700, detector, ...said },
    },
  })?.what;
  assert.deepEqual(what, {
    ...{ kind: 'alert', rule: 'kin', to: 'ended', cause: 'condition', text: 'p/a is low', lastedMs: 700 },
    ...{ inputs: [], found },
  });
});
