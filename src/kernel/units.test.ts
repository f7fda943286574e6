import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unitCode, unitProblem } from '#kernel/units.ts';

const VALID =
  `bar mbar % mm/s m3/h L/min l/min /min 1/min Ohm kOhm V kV A mA Hz kHz W kW MW kW.h V.A kV.A dB dB[SPL] Cel K [degF]
  m/s2 kg/m3 kg.m/s2 kg.m-3 N.m kN.m Pa hPa kPa MPa [psi] mm[Hg] m[H2O] 10*3/uL 10^6 {bottles} {bottles}/h m3{normal}/h
  1 deg rad rad/s s ms us min h d a t t/h g kg ug/m3 mol/L [pH] [ppm] uS/cm mS/cm S/m lx cSt cP mPa.s By MBy kBy/s
  W/(m2.K) J/(kg.K) T mT Wb F uF H [in_i'H2O] [gal_us]/min kat eV kgf/cm2 B[10.nV] mm um bit/s GiBy`
    .trim()
    .split(/\s+/);

test('codes of UCUM that plants use are units', () => {
  for (const code of VALID) assert.equal(unitProblem(code), undefined, code);
});

const MEANT: readonly (readonly [written: string, meant: string])[] = [
  ['°C', 'Cel'],
  ['degC', 'Cel'],
  ['°F', '[degF]'],
  ['rpm', '/min'],
  ['RPM', '/min'],
  ['m³/h', 'm3/h'],
  ['m^3/h', 'm3/h'],
  ['m3/hr', 'm3/h'],
  ['m³/hour', 'm3/h'],
  ['m/s²', 'm/s2'],
  ['kg/m³', 'kg/m3'],
  ['m·s⁻¹', 'm.s-1'],
  ['kwh', 'kW.h'],
  ['kWh', 'kW.h'],
  ['KW', 'kW'],
  ['kw', 'kW'],
  ['Bar', 'bar'],
  ['hz', 'Hz'],
  ['Ω', 'Ohm'],
  ['kΩ', 'kOhm'],
  ['ohm', 'Ohm'],
  ['µm', 'um'],
  ['Nm', 'N.m'],
  ['barg', 'bar{gauge}'],
  ['psi', '[psi]'],
  ['mmHg', 'mm[Hg]'],
  ['l / min', 'l/min'],
  ['Nm3/h', 'm3{normal}/h'],
  ['VA', 'V.A'],
  ['kVA', 'kV.A'],
  ['kvar', 'kV.A{reactive}'],
  ['percent', '%'],
  ['pcs/h', '{pieces}/h'],
  ['degrees', 'deg'],
];

test('what people write instead is answered with the code that they mean', () => {
  for (const [written, meant] of MEANT) {
    const problem = unitProblem(written);
    assert.equal(problem?.hint, `write ${meant}`, written);
    assert.equal(unitProblem(meant), undefined, meant);
  }
});

test('what is no unit at all is refused with an example', () => {
  for (const code of [
    '',
    ' ',
    'furlongs',
    'm//s',
    'm/',
    '.m',
    'm3h',
    'kkg',
    '(m',
    'm)',
    '{open',
    '10*x',
    '[nope]',
    'cel',
    'k%',
    'µ',
    'constructor',
    '__proto__',
    'constructor/min',
    'valueOf2/__proto__',
  ]) {
    const problem = unitProblem(code);
    assert.ok(problem, code);
    assert.match(problem.message, /no UCUM unit/);
    assert.match(problem.hint, /^write /);
  }
});

test('a unit over a unit is a unit, and every suggestion for any text is one too', () => {
  const unit = fc.constantFrom(...VALID.filter((code) => !code.startsWith('/')));
  fc.assert(fc.property(unit, unit, (a, b) => assert.equal(unitProblem(`(${a})/(${b})`), undefined)));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
      const [, meant] = /^write (\S+)$/.exec(unitProblem(text)?.hint ?? '') ?? [];
      if (meant !== undefined) assert.equal(unitProblem(meant), undefined);
    }),
  );
});

test('a unit in the words of a device becomes its code, or none', () => {
  assert.equal(unitCode('m3/h'), 'm3/h');
  assert.equal(unitCode('°C'), 'Cel');
  assert.equal(unitCode('no unit at all'), undefined);
});
