import type { Environment } from '@marcbachmann/cel-js';
import {
  average,
  bandPower,
  crestFactor,
  envelope,
  kurtosis,
  powerSpectrum,
} from '#decide/detectors/spectrum.ts';

/** Most samples of one waveform: what its figures cost grows with them, and decisions wait for these. */
const MOST_SAMPLES = 65_536;
const FEWEST_SAMPLES = 16;

/** What may be asked of a waveform, and how that is written. Frequencies and the rate are in Hz. */
export const WAVEFORM_FUNCTIONS: {
  readonly [name: string]: { readonly takes: string; readonly example: string; readonly count: number };
} = {
  rms: { takes: 'a waveform', example: 'rms(wave)', count: 1 },
  kurtosis: { takes: 'a waveform', example: 'kurtosis(wave)', count: 1 },
  crest: { takes: 'a waveform', example: 'crest(wave)', count: 1 },
  band: {
    takes: 'a waveform, its rate and two frequencies',
    example: 'band(wave, 25600, 10, 1000)',
    count: 4,
  },
  envelopeBand: {
    takes: 'a waveform, its rate, two frequencies of what rings and two of how often it does',
    example: 'envelopeBand(wave, 25600, 2000, 5000, 85, 90)',
    count: 6,
  },
};

/** Registers the functions; a waveform that is none, or a band outside of it, makes them throw, which is unknown. */
export function registerWaveforms(cel: Environment): void {
  const waves = new Waves();
  cel.registerFunction('rms(dyn): double', (wave: unknown) => known(rootMeanSquare(waves.of(wave).samples)));
  cel.registerFunction('kurtosis(dyn): double', (wave: unknown) => known(kurtosis(waves.of(wave).samples)));
  cel.registerFunction('crest(dyn): double', (wave: unknown) => known(crestFactor(waves.of(wave).samples)));
  cel.registerFunction(
    'band(dyn, double, double, double): double',
    (wave: unknown, rate: number, fromHz: number, toHz: number) => waves.of(wave).band(rate, fromHz, toHz),
  );
  cel.registerFunction(
    'envelopeBand(dyn, double, double, double, double, double): double',
    (wave: unknown, rate: number, fromHz: number, toHz: number, lowHz: number, highHz: number) =>
      waves.of(wave).envelopeBand(rate, [fromHz, toHz], [lowHz, highHz]),
  );
}

/** What is wrong with a band, if something is. Numbers that are not known yet are passed over. */
export function bandProblem(rate: number, fromHz: number, toHz: number): string | undefined {
  if (rate <= 0) return `a rate of ${rate} Hz is none`;
  if (fromHz < 0 || fromHz >= toHz) return `there is no band from ${fromHz} to ${toHz} Hz`;
  if (toHz > rate / 2)
    return `a waveform of ${rate} Hz holds nothing above ${rate / 2} Hz; the band goes to ${toHz} Hz`;
  return undefined;
}

/** The newest waveform with what was computed of it: expressions often ask several things of one. */
class Waves {
  #from: unknown;
  #wave: Wave | undefined;

  of(from: unknown): Wave {
    if (this.#wave === undefined || from !== this.#from) {
      this.#wave = new Wave(samplesOf(from));
      this.#from = from;
    }
    return this.#wave;
  }
}

function samplesOf(from: unknown): Float64Array {
  if (!Array.isArray(from)) throw new TypeError('a waveform is an array of numbers');
  if (from.length < FEWEST_SAMPLES || from.length > MOST_SAMPLES)
    throw new RangeError(`${from.length} samples: a waveform has ${FEWEST_SAMPLES} to ${MOST_SAMPLES}`);
  const samples = new Float64Array(from.length);
  for (let i = 0; i < samples.length; i++) {
    const one: unknown = from[i];
    const sample = typeof one === 'bigint' ? Number(one) : one;
    if (typeof sample !== 'number' || !Number.isFinite(sample))
      throw new TypeError('a sample is no finite number');
    samples[i] = sample;
  }
  return samples;
}

class Wave {
  readonly samples: Float64Array;
  #spectrum: Float64Array | undefined;
  /** Spectrum of the envelope of the newest band that was asked for. */
  #envelope: { readonly key: string; readonly spectrum: Float64Array } | undefined;

  constructor(samples: Float64Array) {
    this.samples = samples;
  }

  band(rate: number, fromHz: number, toHz: number): number {
    checkBand(rate, fromHz, toHz);
    this.#spectrum ??= spectrumOf(this.samples, (piece) => piece);
    return Math.sqrt(bandPower(this.#spectrum, rate, fromHz, toHz));
  }

  envelopeBand(rate: number, rings: readonly [number, number], often: readonly [number, number]): number {
    checkBand(rate, ...rings);
    checkBand(rate, ...often);
    const key = `${rate} ${rings}`;
    if (this.#envelope?.key !== key)
      this.#envelope = {
        key,
        spectrum: spectrumOf(this.samples, (piece) => envelope(piece, rate, ...rings)),
      };
    return Math.sqrt(bandPower(this.#envelope.spectrum, rate, ...often));
  }
}

function checkBand(rate: number, fromHz: number, toHz: number): void {
  const problem = [rate, fromHz, toHz].every(Number.isFinite) ? bandProblem(rate, fromHz, toHz) : 'no number';
  if (problem !== undefined) throw new RangeError(problem);
}

/**
 * Mean of the spectra of the first and the last piece of a power of two, which together hold all samples (after Welch 1967).
 * The mean is taken away, and a Hann window keeps what swings outside of a band out of it.
 */
function spectrumOf(samples: Float64Array, of: (piece: Float64Array) => Float64Array): Float64Array {
  const size = 2 ** Math.floor(Math.log2(samples.length));
  const ends = size === samples.length ? [0] : [0, samples.length - size];
  const power = new Float64Array(size / 2 + 1);
  for (const from of ends) {
    const piece = powerSpectrum(windowed(of(samples.subarray(from, from + size))));
    for (let i = 0; i < power.length; i++)
      power[i] = (power[i] as number) + (piece[i] as number) / ends.length;
  }
  return power;
}

/** With the power that it had: the mean square of a Hann window is 3/8. */
function windowed(piece: Float64Array): Float64Array {
  const centre = average(piece);
  const scale = Math.sqrt(8 / 3) / 2;
  const step = (2 * Math.PI) / piece.length;
  const out = new Float64Array(piece.length);
  for (let i = 0; i < out.length; i++)
    out[i] = ((piece[i] as number) - centre) * scale * (1 - Math.cos(step * i));
  return out;
}

function rootMeanSquare(samples: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < samples.length; i++) squares += (samples[i] as number) ** 2;
  return Math.sqrt(squares / samples.length);
}

/** @throws RangeError where there is no figure, as of a waveform that stands still */
function known(figure: number): number {
  if (!Number.isFinite(figure)) throw new RangeError('there is no such figure');
  return figure;
}
