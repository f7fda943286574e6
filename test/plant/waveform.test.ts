import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandPower, envelope, kurtosis, powerSpectrum } from '#decide/detectors/spectrum.ts';
import { WAVEFORM, waveform } from '#plant/mqtt/waveform.ts';
import { newLine } from '#plant/physics/line.ts';
import { instruments } from '#plant/physics/measure.ts';
import { seededNoise } from '#plant/physics/noise.ts';

const { rateHz } = WAVEFORM;

/** A piece of a pump at 2400 turns a minute, so far worn. */
function piece(wear: number): Float64Array {
  const line = newLine(1);
  line.pump.wear = wear;
  return Float64Array.from(waveform(instruments(seededNoise(3))(line), seededNoise(8)));
}

const strength = (samples: Float64Array, fromHz: number, toHz: number): number =>
  Math.sqrt(bandPower(powerSpectrum(samples), rateHz, fromHz, toHz));

/** How strongly what rings does so as often as balls pass the outer ring: 3.58 times in each of 40 turns a second. */
function blows(samples: Float64Array): number {
  const swing = envelope(samples, rateHz, 1400, 2300);
  const middle = swing.reduce((sum, one) => sum + one, 0) / swing.length;
  return strength(
    swing.map((one) => one - middle),
    138,
    149,
  );
}

test('a healthy bearing swings with its shaft and rings no more than noise does', () => {
  const healthy = piece(0);
  assert.ok(strength(healthy, 35, 45) > 2 * strength(healthy, 400, 2500), 'the shaft is what is felt');
  assert.ok(kurtosis(healthy) < 3, `${kurtosis(healthy)}`);
});

test('a bearing with its first damage rings as often as balls pass, and the more the more it is worn', () => {
  const [healthy, first, worn] = [piece(0), piece(0.03), piece(0.5)].map(blows) as [number, number, number];
  assert.ok(first > 4 * healthy && worn > 2 * first, `${healthy} ${first} ${worn}`);
  assert.ok(kurtosis(piece(0.5)) > 4);
});

test('a pump that stands is still', () => {
  const line = newLine(1);
  Object.assign(line.pump, { speedRpm: 0, vibrationMmS: 0.05, wear: 1 });
  const still = Float64Array.from(waveform(instruments(seededNoise(3))(line), seededNoise(8)));
  assert.ok(still.every((sample) => Math.abs(sample) < 90));
});
