import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintLines } from '#web/src/parts/fingerprint.ts';

test('a SHA-256 stands in four lines of eight pairs, and loses no digit', () => {
  const digits = 'c51011bb257bc7bde57458075950a6b2ad4c61307184b895f6cc530eb863c29a';
  const lines = fingerprintLines(digits);
  assert.deepEqual(
    lines.map((line) => line.split(':').length),
    [8, 8, 8, 8],
  );
  assert.equal(lines[0], 'C5:10:11:BB:25:7B:C7:BD');
  assert.equal(lines.join('').replaceAll(':', '').toLowerCase(), digits);
});
