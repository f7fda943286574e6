import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitText } from './unit.ts';

test('units read as people write them', () => {
  const cases = [
    ['Cel', '°C'],
    ['m3/h', 'm³/h'],
    ['/min', '1/min'],
    ['W.h', 'W·h'],
    ['kW.h/m3', 'kW·h/m³'],
    ['mm/s', 'mm/s'],
    ['%', '%'],
    ['1', ''],
    [undefined, ''],
  ] as const;
  for (const [ucum, text] of cases) assert.equal(unitText(ucum), text);
});
