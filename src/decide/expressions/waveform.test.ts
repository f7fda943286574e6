import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCalculation } from '#decide/calculation.ts';
import { noise } from '#decide/detectors/fixture.ts';
import { BatchBuilder, type Value } from '#kernel/batch.ts';
import { isBad } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

const tags = new TagTable();
tags.declare({ path: 'pump/wave', type: 'structure', access: 'read' });
tags.declare({ path: 'pump/rate', type: 'number', access: 'read' });
tags.declare({ path: 'pump/state', type: 'enum', access: 'read' });

const RATE = 12_000;
const wave = (count: number, of: (seconds: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => of(i / RATE));
const sine = (hz: number, s: number): number => Math.sin(2 * Math.PI * hz * s);
const near = (value: number, expected: number, within: number): void =>
  assert.ok(Math.abs(value - expected) <= within, `${value} is not ${expected} ± ${within}`);

/** What a derived tag of the expression is, as the site computes it; NaN where it is unknown. */
function derived(text: string, samples: Value): number {
  const compiled = compileCalculation(text, 'pump', tags);
  assert.ok('calculation' in compiled, JSON.stringify(compiled));
  const rows = new BatchBuilder();
  rows.addValue(tags.number('pump/wave'), 1e6, samples);
  rows.addValue(tags.number('pump/rate'), 1e6, RATE);
  const { derived } = compiled.calculation.decisions.step(rows.take({ receivedUs: 1e6 }), 1e6);
  assert.equal(derived?.rows, 1);
  return isBad(derived.quality[0] as number) ? Number.NaN : (derived.value[0] as number);
}

function problem(text: string): string {
  const compiled = compileCalculation(text, 'pump', tags);
  assert.ok('problems' in compiled, `${text} compiled`);
  const [first] = compiled.problems;
  return `${text.slice(first?.offset)}: ${first?.message} (${first?.hint})`;
}

/** Accelerations at a worn bearing: blows `often` a second, each ringing at 3 kHz, beside the shaft's swing and noise. */
function bearing(often: number, blow: number): number[] {
  const random = noise(5);
  const samples = wave(16_384, (s) => 0.5 * sine(29.95, s) + 0.2 * random());
  for (let next = 0.003; next < samples.length / RATE; next += (1 + 0.01 * random()) / often) {
    const from = Math.ceil(next * RATE);
    for (let i = from; i < Math.min(samples.length, from + 60); i++) {
      const s = i / RATE - next;
      samples[i] = (samples[i] as number) + blow * Math.exp(-800 * s) * sine(3000, s);
    }
  }
  return samples;
}

test('figures of a sine are those of textbooks, whether its length is a power of two or not', () => {
  for (const count of [4096, 5000, 12_000]) {
    const swing = wave(count, (s) => 10 + 3 * sine(500, s) + 2 * sine(900, s));
    near(derived('band(wave, 12000, 450, 550)', swing), 3 / Math.SQRT2, 0.01);
    near(derived('band(wave, rate, 850.5, 950)', swing), 2 / Math.SQRT2, 0.01);
    near(derived('band(wave, 12000, 1000, 6000)', swing), 0, 0.005);
    const one = wave(count, (s) => 3 * sine(500, s));
    near(derived('rms(wave)', one), 3 / Math.SQRT2, 0.01);
    near(derived('crest(wave)', one), Math.SQRT2, 0.01);
    near(derived('kurtosis(wave)', one), 1.5, 0.01);
  }
});

test('blows on the outer race stand out in the envelope at their frequency, and in kurtosis and crest factor', () => {
  // Ball pass frequency of the outer race of a 6205 bearing at 1797 revolutions a minute: 3.5848 times the shaft's.
  const often = 3.5848 * 29.95;
  const [sound, worn] = [bearing(often, 0), bearing(often, 2)];
  const at = (from: number, to: number, samples: number[]): number =>
    derived(`envelopeBand(wave, 12000, 2000, 4000, ${from}, ${to})`, samples);
  const [line, beside] = [at(105, 110, worn), at(85, 90, worn)];
  assert.ok(line > 5 * beside, `${line} at the fault's frequency, ${beside} beside it`);
  assert.ok(line > 8 * at(105, 110, sound), `sound: ${at(105, 110, sound)}`);
  // The blows themselves hold next to nothing there: without the envelope it is not seen.
  assert.ok(derived('band(wave, 12000, 105, 110)', worn) < line / 3);
  assert.ok(derived('kurtosis(wave)', worn) > derived('kurtosis(wave)', sound) + 1);
  assert.ok(derived('crest(wave)', worn) > 1.5 * derived('crest(wave)', sound));
});

test('what is no waveform is unknown: too short, too long, not of numbers, standing still', () => {
  const ones: readonly Value[] = Array.from({ length: 20 }, (_, i) => (i === 7 ? 'x' : i));
  const wrong: Value[] = [[1, 2, 3], Array.from({ length: 65_537 }, (_, i) => i % 7), { x: 1 }, 'text', ones];
  for (const samples of wrong) assert.ok(Number.isNaN(derived('rms(wave)', samples)));
  assert.ok(
    Number.isNaN(
      derived(
        'kurtosis(wave)',
        wave(64, () => 5),
      ),
    ),
  );
  assert.equal(
    derived(
      'rms(wave)',
      wave(64, () => 5),
    ),
    5,
  );
  assert.ok(
    Number.isNaN(
      derived(
        'band(wave, rate, 10, 7000)',
        wave(64, () => 5),
      ),
    ),
  );
  assert.equal(
    derived(
      'rms(wave)',
      Array.from({ length: 16 }, () => 3n),
    ),
    3,
  );
});

test('a wave inside a structure, and several of them', () => {
  const axes = { x: wave(64, () => 2), axes: [wave(64, () => 1), wave(64, () => 4)] };
  assert.equal(derived('rms(wave.x)', axes), 2);
  assert.equal(derived('wave.axes.exists(w, rms(w) > 3) ? 1.0 : 0.0', axes), 1);
});

test('mistakes are told with what to write', () => {
  assert.match(
    problem('rms(rate)'),
    /^rate\): rms\(\) needs a waveform, .* pump\/rate is number \(rms\(signal, "10s"\)/,
  );
  assert.match(problem('kurtosis(state)'), /pump\/state is enum \(a waveform is a structure tag\)/);
  assert.match(problem('crest(2.5)'), /needs a waveform, .* this is one number/);
  assert.match(
    problem('band(wave, 1000)'),
    /band\(\) takes a waveform, its rate and two frequencies \(write band\(wave/,
  );
  assert.match(
    problem('band(wave, 1000, 10, 600)'),
    /^10, 600\): .* nothing above 500 Hz; the band goes to 600 Hz/,
  );
  assert.match(
    problem('envelopeBand(wave, 1000, 10, 400, 90, 80)'),
    /^90, 80\): .* no band from 90 to 80 Hz/,
  );
  assert.match(problem('curtosis(wave)'), /no function curtosis\(\) \(did you mean kurtosis\(\)\?\)/);
});
