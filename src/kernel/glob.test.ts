import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { glob } from './glob.ts';

test('a pattern with stars means what people expect of it', () => {
  const text = fc.stringMatching(/^[ab/]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab*]{0,6}$/);
  fc.assert(
    fc.property(pattern, text, (wanted, given) => {
      const expected = new RegExp(`^${wanted.replaceAll('*', '.*')}$`).test(given);
      assert.equal(glob(wanted)(given), expected);
    }),
    { numRuns: 1000 },
  );
});
