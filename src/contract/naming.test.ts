import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Naming, segmentOf } from './naming.ts';

const SEGMENT = /^[a-z][a-z0-9_-]*$/;
const named = fc.record({
  name: fc.string({ unit: 'binary' }),
  place: fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('A', 'a', 'Ä')), {
    maxLength: 3,
  }),
});

test('names of devices become words that expressions can name', () => {
  const words: readonly (readonly [string, string])[] = [
    ['BoilerTemp', 'boiler_temp'],
    ['PLCStatus2', 'plc_status2'],
    ['Motor 1.Speed (act)', 'motor_1_speed_act'],
    ['Füllstand', 'fuellstand'],
    ['Fu\u0308llstand', 'fuellstand'],
    ['ÖLDRUCK', 'oe_ldruck'],
    ['Größe µm', 'groesse_um'],
    ['débit', 'debit'],
    ['1_Pump', 'n1_pump'],
    ['Valve %', 'valve_percent'],
    ['温度', 'u6e29_u5ea6'],
    ['---', 'unnamed'],
    ['', 'unnamed'],
  ];
  for (const [name, segment] of words) assert.equal(segmentOf(name), segment);
});

test('every name becomes a segment', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => assert.match(segmentOf(name), SEGMENT)));
});

test('a segment is left as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]([a-z0-9]|_[a-z0-9]){0,20}$/), (name) => {
      assert.equal(segmentOf(name), name);
    }),
  );
});

test('no two things of a run get one path, and the same run gets the same paths', () => {
  fc.assert(
    fc.property(
      fc.array(named, { maxLength: 30 }),
      fc.array(fc.constantFrom('a', 'x/a'), { maxLength: 2 }),
      (all, taken) => {
        const run = () => {
          const naming = new Naming('x', taken);
          return all.map((one) => naming.path(one));
        };
        const paths = run();
        assert.equal(new Set([...paths, ...taken]).size, paths.length + new Set(taken).size);
        for (const path of paths) for (const part of path.split('/')) assert.match(part, SEGMENT);
        assert.deepEqual(run(), paths);
      },
    ),
  );
});

test('a place may end with the name itself', () => {
  const naming = new Naming('');
  assert.equal(naming.wish({ name: 'Speed', place: ['Line', 'Speed'] }), 'line/speed');
  assert.equal(naming.wish({ name: 'Speed', place: ['Line'] }), 'line/speed');
});

test('the second of a name gets a number, and one that is taken is passed over', () => {
  const naming = new Naming('line/press', ['line/press/speed_2']);
  const speed = { name: 'Speed' };
  assert.deepEqual(
    [speed, speed, speed].map((one) => naming.path(one)),
    ['line/press/speed', 'line/press/speed_3', 'line/press/speed_4'],
  );
});
