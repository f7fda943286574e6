import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noise } from '#decide/detectors/fixture.ts';
import { bandPower, crestFactor, envelope, kurtosis, powerSpectrum } from '#decide/detectors/spectrum.ts';

const RATE = 1024;
const wave = (of: (s: number) => number): Float64Array =>
  Float64Array.from({ length: RATE }, (_, i) => of(i / RATE));
const sine = (hz: number, s: number): number => Math.sin(2 * Math.PI * hz * s);
const near = (value: number, expected: number, within: number): void =>
  assert.ok(Math.abs(value - expected) <= within, `${value} is not ${expected} ± ${within}`);

test('a sine has its whole power, half its square, at its frequency', () => {
  const spectrum = powerSpectrum(wave((s) => 3 * sine(50, s)));
  near(spectrum[50] as number, 4.5, 1e-9);
  near(bandPower(spectrum, RATE, 0, 50), 0, 1e-9);
  near(bandPower(spectrum, RATE, 50, 51), 4.5, 1e-9);
});

test('the power of all frequencies is the mean square (Parseval)', () => {
  const sample = fc.double({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 64, maxLength: 64 }), (values) => {
      const square = values.reduce((sum, x) => sum + x * x, 0) / 64;
      const power = powerSpectrum(Float64Array.from(values)).reduce((sum, x) => sum + x, 0);
      near(power, square, 1e-9 * (1 + square));
    }),
  );
});

test('a number of samples that is no power of two is refused', () => {
  assert.throws(() => powerSpectrum(new Float64Array(1000)), /1000 samples are no power of two/);
});

test('crest factor and kurtosis are those of textbooks', () => {
  near(crestFactor(wave((s) => sine(8, s))), Math.SQRT2, 1e-9);
  near(kurtosis(wave((s) => sine(8, s))), 1.5, 1e-9);
  const random = noise(2);
  near(kurtosis(Float64Array.from({ length: 100_000 }, random)), 3, 0.1);
});

test('the envelope of a swing that is modulated shows how often', () => {
  const swing = wave((s) => (1 + 0.5 * sine(10, s)) * sine(200, s) + 4 * sine(3, s));
  const spectrum = powerSpectrum(envelope(swing, RATE, 150, 250));
  near(Math.sqrt(spectrum[0] as number), 1, 1e-6);
  near(spectrum[10] as number, 0.125, 1e-6);
});
