import { clamp, lag, ramp } from '#plant/physics/motion.ts';

export const FILLER_STATES = ['stopped', 'starting', 'running', 'fault'] as const;
export type FillerState = (typeof FILLER_STATES)[number];

/** Rotary filler: takes what it needs of the pump's flow, the rest runs back into the tank. */
export interface Filler {
  state: FillerState;
  ratePerMin: number;
  /** Whole and broken bottles since the counter began; shown as 64-bit integer. */
  bottles: number;
  rejects: number;
  productCel: number;
  takenM3h: number;
  /** How long the present state has lasted, and how long product has been missing. */
  inStateS: number;
  starvedS: number;
}

export interface FillerInputs {
  readonly run: boolean;
  readonly targetPerMin: number;
  readonly resetFault: boolean;
  readonly flowM3h: number;
  readonly pumpPowerKw: number;
  readonly cavitation: number;
}

export const FILLER_LIMITS = { ratePerMin: [0, 240] } as const;

export const FILLER = {
  bottleM3: 0.0015,
  accelPerMinPerS: 20,
  startS: 3,
  /** Without product this long the machine stops with a fault. */
  starveS: 20,
  counterAt: 918_273_645,
} as const;

export const newFiller = (): Filler => ({
  state: 'running',
  ratePerMin: 150,
  bottles: FILLER.counterAt,
  rejects: 52_117,
  productCel: 9,
  takenM3h: 13.5,
  inStateS: 60,
  starvedS: 0,
});

export function stepFiller(filler: Filler, inputs: FillerInputs, dtS: number): void {
  filler.inStateS += dtS;
  filler.starvedS = filler.state === 'running' && inputs.flowM3h < 0.5 ? filler.starvedS + dtS : 0;
  const next = nextState(filler, inputs);
  if (next !== filler.state) {
    filler.state = next;
    filler.inStateS = 0;
    filler.starvedS = 0;
  }
  const possible = (inputs.flowM3h / 60 / FILLER.bottleM3) * 0.999;
  const target = next === 'running' ? Math.min(inputs.targetPerMin, possible) : 0;
  // Falls at once when product is missing: a bottle is either filled or not.
  const ramped = ramp(filler.ratePerMin, target, FILLER.accelPerMinPerS, dtS);
  filler.ratePerMin = clamp(ramped, 0, possible);
  const made = (filler.ratePerMin * dtS) / 60;
  filler.bottles += made;
  filler.rejects += made * (0.004 + 0.06 * inputs.cavitation);
  filler.takenM3h = filler.ratePerMin * FILLER.bottleM3 * 60;
  filler.productCel = lag(filler.productCel, 8 + 0.6 * inputs.pumpPowerKw, 90, dtS);
}

function nextState(filler: Filler, { run, resetFault }: FillerInputs): FillerState {
  switch (filler.state) {
    case 'stopped':
      return run ? 'starting' : 'stopped';
    case 'starting':
      if (!run) return 'stopped';
      return filler.inStateS >= FILLER.startS ? 'running' : 'starting';
    case 'running':
      if (!run) return 'stopped';
      return filler.starvedS >= FILLER.starveS ? 'fault' : 'running';
    case 'fault':
      return resetFault || !run ? 'stopped' : 'fault';
  }
}
