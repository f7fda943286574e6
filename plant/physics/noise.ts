/** A seeded source of noise: the same seed gives the same plant, so that tests and recordings can be repeated. */
export interface Noise {
  /** Evenly spread, from 0 up to but not including 1. */
  uniform(): number;
  /** Normally spread around 0. @param sigma standard deviation */
  gauss(sigma: number): number;
}

/** Mulberry32 (public domain, Tommy Ettinger) under a Box-Muller transform. */
export function seededNoise(seed: number): Noise {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    uniform,
    gauss: (sigma) => sigma * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
