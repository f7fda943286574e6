import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { answer, frameCutter, garbler } from '#plant/modbus/frames.ts';
import { DEVICE_MAPS, FILLER_UNIT, PUMP_UNIT, type UnitMap, width } from '#plant/modbus/map.ts';
import { createUnit, EXCEPTION, ModbusException } from '#plant/modbus/unit.ts';
import { fromWords, toWords, type WordType } from '#plant/modbus/words.ts';
import { newLine } from '#plant/physics/line.ts';
import { instruments } from '#plant/physics/measure.ts';
import { seededNoise } from '#plant/physics/noise.ts';

function unitOf(map: UnitMap) {
  const signals = instruments(seededNoise(1))(newLine(1));
  const given: [string, number | boolean][] = [];
  const unit = createUnit(
    map,
    () => ({ ...signals, ...Object.fromEntries(given) }),
    (name, value) => given.push([name, value]),
  );
  return { unit, given };
}

const refusedWith = (code: number) => (error: unknown) =>
  error instanceof ModbusException && error.modbusErrorCode === code;

test('a value comes back from its registers, in either word order', () => {
  const order = fc.constantFrom('big', 'little');
  const cases: readonly [WordType, fc.Arbitrary<number>][] = [
    ['uint16', fc.nat(0xffff)],
    ['int16', fc.integer({ min: -0x8000, max: 0x7fff })],
    ['uint32', fc.nat(0xffffffff)],
    ['int32', fc.integer()],
    ['float32', fc.float({ noNaN: true })],
    ['float64', fc.double({ noNaN: true })],
    ['uint64', fc.maxSafeNat()],
  ];
  for (const [type, values] of cases) {
    fc.assert(
      fc.property(values, order, (value, words) => {
        assert.equal(fromWords(toWords(value, type, words), type, words), value);
      }),
    );
  }
});

test('word orders are those of the data sheets', () => {
  assert.deepEqual(toWords(0x0123_4567_89ab_cdefn, 'uint64', 'big'), [0x0123, 0x4567, 0x89ab, 0xcdef]);
  assert.deepEqual(toWords(0x0123_4567_89ab_cdefn, 'uint64', 'little'), [0xcdef, 0x89ab, 0x4567, 0x0123]);
  assert.deepEqual(toWords(1.5, 'float32', 'little'), [0x0000, 0x3fc0]);
});

test('integers saturate at the ends of their type', () => {
  assert.deepEqual(toWords(70_000, 'uint16', 'big'), [0xffff]);
  assert.deepEqual(toWords(-40_000, 'int16', 'big'), [0x8000]);
});

test('no two values of a unit share a register, and every signal exists', () => {
  const { flow: _, ...rest } = instruments(seededNoise(1))(newLine(1));
  const signals = { flow: 0, ...rest };
  for (const device of Object.values(DEVICE_MAPS)) {
    for (const { map } of Object.values(device.units)) {
      for (const table of [map.input, map.holding]) {
        const taken = table.flatMap((one) => Array.from({ length: width(one) }, (_, i) => one.at + i));
        assert.equal(new Set(taken).size, taken.length);
        for (const one of table) assert.ok(one.signal in signals, one.signal);
      }
      for (const name of [...map.coils, ...map.discrete]) assert.ok(name in signals, name);
    }
  }
});

test('a read across the hole of a pump station is refused, not filled up', () => {
  const { unit } = unitOf(PUMP_UNIT);
  assert.equal(unit.readInput(0, 6).length, 6);
  assert.throws(() => unit.readInput(0, 9), refusedWith(EXCEPTION.illegalAddress));
});

test('half a float is refused and changes nothing', () => {
  const { unit, given } = unitOf(PUMP_UNIT);
  assert.throws(() => unit.writeHolding(0, [0x4516]), refusedWith(EXCEPTION.illegalAddress));
  assert.throws(() => unit.writeHolding(1, [0, 5000]), refusedWith(EXCEPTION.illegalAddress));
  assert.deepEqual(given, []);
});

test('a set-point outside its physical limits is refused, together with all that was written along', () => {
  const { unit, given } = unitOf(PUMP_UNIT);
  const write = (rpm: number) => unit.writeHolding(0, [...toWords(rpm, 'float32', 'big'), 5000]);
  for (const rpm of [599, 3001, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => write(rpm), refusedWith(EXCEPTION.illegalValue), `${rpm}`);
  }
  assert.deepEqual(given, []);
  write(2000);
  assert.deepEqual(given, [
    ['speedSetpointRpm', 2000],
    ['valveSetpointPct', 50],
  ]);
});

test('a mask write sets one bit and leaves the others', () => {
  const { unit, given } = unitOf(FILLER_UNIT);
  unit.maskWrite(1, 0xffff & ~0b10, 0b10);
  unit.maskWrite(1, 0xffff & ~0b01, 0b01);
  assert.deepEqual(unit.readHolding(1, 1), [0b11]);
  unit.maskWrite(1, 0xffff & ~0b10, 0);
  assert.deepEqual(unit.readHolding(1, 1), [0b01]);
  assert.equal(given.length, 6);
});

test('bits that mean nothing cannot be set', () => {
  const { unit } = unitOf(FILLER_UNIT);
  assert.throws(() => unit.writeHolding(1, [0b100]), refusedWith(EXCEPTION.illegalValue));
});

test('frames come out whole, however the stream is cut', () => {
  const pdus = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(pdus, fc.array(fc.nat(60), { maxLength: 12 }), (all, cuts) => {
      const request = Buffer.from([0, 9, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]);
      const frames = all.map((pdu) => answer(request, Buffer.from(pdu)));
      const stream = Buffer.concat(frames);
      const cut = frameCutter();
      const out: Buffer[] = [];
      let from = 0;
      for (const length of [...cuts, stream.length]) {
        out.push(...cut(stream.subarray(from, from + length)));
        from = Math.min(from + length, stream.length);
      }
      assert.deepEqual(out, frames);
    }),
  );
});

test('a garbled reply is never the reply', () => {
  const garble = garbler();
  const reply = Buffer.from([0, 1, 0, 0, 0, 7, 1, 4, 4, 0x12, 0x34, 0x56, 0x78]);
  for (let i = 0; i < 16; i++) assert.notDeepEqual(garble(reply), reply);
});
