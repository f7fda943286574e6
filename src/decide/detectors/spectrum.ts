/* Figures of a piece of a waveform. */

/**
 * Power of a waveform by frequency: one-sided, so that the sum of all is the mean square. Cooley and Tukey (1965), in place.
 * @param samples as many as a power of two; not changed
 * @returns half as many and one: the first of frequency 0, the last of half the rate
 * @throws RangeError where their number is no power of two
 */
export function powerSpectrum(samples: Float64Array): Float64Array {
  const size = samples.length;
  if (size < 2 || (size & (size - 1)) !== 0)
    throw new RangeError(`${size} samples are no power of two, which a spectrum needs`);
  const re = samples.slice();
  const im = new Float64Array(size);
  transform(re, im);
  const power = new Float64Array(size / 2 + 1);
  for (let i = 0; i < power.length; i++) {
    const both = i === 0 || i === size / 2 ? 1 : 2;
    power[i] = (both * ((re[i] as number) ** 2 + (im[i] as number) ** 2)) / size ** 2;
  }
  return power;
}

/** Power between two frequencies, the lower one included. @param rate samples a second */
export function bandPower(spectrum: Float64Array, rate: number, fromHz: number, toHz: number): number {
  const step = rate / 2 / (spectrum.length - 1);
  let sum = 0;
  for (let i = 0; i < spectrum.length; i++)
    if (i * step >= fromHz && i * step < toHz) sum += spectrum[i] as number;
  return sum;
}

/**
 * How the swing of a band goes up and down: magnitude of the analytic signal of what lies between two frequencies. Blows of
 * a worn bearing ring high and repeat low; the spectrum of this shows how often they come.
 */
export function envelope(samples: Float64Array, rate: number, fromHz: number, toHz: number): Float64Array {
  const size = samples.length;
  const re = samples.slice();
  const im = new Float64Array(size);
  transform(re, im);
  for (let i = 0; i < size; i++) {
    const hz = (i * rate) / size;
    const keep = i <= size / 2 && hz >= fromHz && hz < toHz ? 2 : 0;
    re[i] = keep * (re[i] as number);
    im[i] = keep * (im[i] as number);
  }
  // The inverse is the transform of the conjugate, whose magnitude is the same.
  for (let i = 0; i < size; i++) im[i] = -(im[i] as number);
  transform(re, im);
  for (let i = 0; i < size; i++) re[i] = Math.sqrt((re[i] as number) ** 2 + (im[i] as number) ** 2) / size;
  return re;
}

/** Fourth moment over the square of the second: 3 for normal noise, 1.5 for a sine, more where there are blows. */
export function kurtosis(samples: Float64Array): number {
  const centre = average(samples);
  let [second, fourth] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number;
    const square = (x - centre) ** 2;
    second += square;
    fourth += square * square;
  }
  return (samples.length * fourth) / second ** 2;
}

/** Of values that are all there. */
export function average(samples: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] as number;
  return sum / samples.length;
}

/** Largest magnitude over the root of the mean square: √2 for a sine. */
export function crestFactor(samples: Float64Array): number {
  let [most, squares] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number;
    most = Math.max(most, Math.abs(x));
    squares += x * x;
  }
  return most / Math.sqrt(squares / samples.length);
}

/** Cosines and sines of the steps around the circle, by size: a few sizes at most, as those are powers of two. */
const CIRCLES = new Map<number, { readonly cos: Float64Array; readonly sin: Float64Array }>();

function circle(size: number): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const known = CIRCLES.get(size);
  if (known) return known;
  const cos = new Float64Array(size / 2);
  const sin = new Float64Array(size / 2);
  for (let k = 0; k < size / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / size);
    sin[k] = -Math.sin((2 * Math.PI * k) / size);
  }
  CIRCLES.set(size, { cos, sin });
  return { cos, sin };
}

function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  const { cos, sin } = circle(size);
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const [x, y] = [re[i] as number, im[i] as number];
    re[i] = re[j] as number;
    im[i] = im[j] as number;
    re[j] = x;
    im[j] = y;
  }
  for (let half = 1; half < size; half *= 2) {
    const step = size / (2 * half);
    for (let from = 0; from < size; from += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [from + k, from + k + half];
        const [c, s] = [cos[k * step] as number, sin[k * step] as number];
        const x = c * (re[b] as number) - s * (im[b] as number);
        const y = c * (im[b] as number) + s * (re[b] as number);
        re[b] = (re[a] as number) - x;
        im[b] = (im[a] as number) - y;
        re[a] = (re[a] as number) + x;
        im[a] = (im[a] as number) + y;
      }
    }
  }
}
