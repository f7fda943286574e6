import type { Signals } from '#plant/physics/measure.ts';
import type { Noise } from '#plant/physics/noise.ts';

/** Samples a second, and how many there are in a piece: a fifth of a second, some eight turns of the shaft. */
export const WAVEFORM = { rateHz: 5120, samples: 1024 } as const;

/** How often balls pass a spot of the outer ring in one turn of the shaft. */
const PASSES_PER_TURN = 3.58;
/** What rings when a ball strikes, and how long it rings. */
const RING_HZ = 1800;
const RING_S = 1.5e-3;
const VANES = 5;
const MG_PER_MM_S2 = 1000 / 9810;

/**
 * What an accelerometer at the bearing feels, in thousandths of g: the swing of the shaft, whose velocity is the one that the
 * sensor reports; the vanes of the impeller; noise; and the blows of balls that roll over a spot of damage.
 */
export function waveform({ speed, vibration, blowMg }: Signals, noise: Noise): readonly number[] {
  const turnsHz = Number(speed) / 60;
  const swing = (velocity: number, hz: number) => velocity * Math.SQRT2 * 2 * Math.PI * hz * MG_PER_MM_S2;
  const shaftMg = swing(Number(vibration), turnsHz);
  const vanesMg = swing(0.05 * Number(vibration), VANES * turnsHz);
  const phase = 2 * Math.PI * noise.uniform();
  const samples = Array.from({ length: WAVEFORM.samples }, (_, i) => {
    const turn = phase + (2 * Math.PI * turnsHz * i) / WAVEFORM.rateHz;
    return shaftMg * Math.sin(turn) + vanesMg * Math.sin(VANES * turn) + noise.gauss(15);
  });
  strike(samples, PASSES_PER_TURN * turnsHz, Number(blowMg), noise);
  return samples.map(Math.round);
}

function strike(samples: number[], oftenHz: number, strengthMg: number, noise: Noise): void {
  if (!(oftenHz > 1) || !(strengthMg > 0)) return;
  const { rateHz } = WAVEFORM;
  // Balls slip a little: no two blows are quite as far apart.
  for (
    let atS = noise.uniform() / oftenHz;
    atS < samples.length / rateHz;
    atS += (1 + noise.gauss(0.01)) / oftenHz
  ) {
    const blow = strengthMg * Math.max(1 + noise.gauss(0.15), 0);
    const last = Math.min(samples.length, Math.ceil((atS + 6 * RING_S) * rateHz));
    for (let i = Math.ceil(atS * rateHz); i < last; i++) {
      const afterS = i / rateHz - atS;
      const ring = Math.exp(-afterS / RING_S) * Math.sin(2 * Math.PI * RING_HZ * afterS);
      samples[i] = (samples[i] as number) + blow * ring;
    }
  }
}
