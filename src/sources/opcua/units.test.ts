import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitProblem } from '#kernel/units.ts';
import { UNITS, ucumOf } from './units.ts';

const namespaceUri = 'http://www.opcfoundation.org/UA/units/un/cefact';

test('every common code has a valid UCUM code', () => {
  for (const [code, ucum] of UNITS) {
    assert.match(code, /^[A-Z0-9]{2,3}$/);
    assert.equal(unitProblem(ucum), undefined, `${code} ${ucum}`);
  }
});

test('the number of the unit decides, then a text that is UCUM, and nothing else', () => {
  // OPC UA Part 8, 5.6.3: CEL is 4408652, DD is 17476
  assert.equal(ucumOf({ namespaceUri, unitId: 4_408_652, displayName: { text: 'C' } }), 'Cel');
  assert.equal(ucumOf({ namespaceUri, unitId: 17_476 }), 'deg');
  assert.equal(ucumOf({ namespaceUri, unitId: -1, displayName: { text: 'm3/h' } }), 'm3/h');
  assert.equal(ucumOf({ namespaceUri: 'urn:vendor', unitId: 4_408_652, displayName: { text: 'kW' } }), 'kW');
  assert.equal(ucumOf({ namespaceUri, unitId: 1, displayName: { text: 'strokes' } }), undefined);
  assert.equal(ucumOf({}), undefined);
});
