import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quality, qualityName } from '#kernel/quality.ts';
import { classOfCode, classOfName, qualityOf, qualityText } from './quality.ts';

test('every quality of the site has the same class by its code and by its name', () => {
  for (const code of Object.values(Quality))
    assert.equal(classOfCode(code), classOfName(qualityName(code)), qualityName(code));
});

test('a quality reads as words, and good says nothing', () => {
  assert.equal(qualityText('good'), '');
  assert.equal(qualityText('bad'), 'bad');
  assert.equal(qualityText('badNoCommunication'), 'bad: no communication');
  assert.equal(qualityText('uncertainRangeExceeded'), 'uncertain: range exceeded');
  assert.equal(qualityText('bad(0x80ff)'), 'bad: (0x80ff)');
});

test('what nobody can read is not called bad', () => {
  assert.equal(qualityOf({ quality: 'badWaitingForInitialData', writeOnly: true }), 'only written');
  assert.equal(qualityOf({ quality: 'badTimeout' }), 'bad: timeout');
});
