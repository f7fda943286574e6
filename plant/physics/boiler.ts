import { clamp, lag } from '#plant/physics/motion.ts';

/** Gas-fired steam boiler. Pressures are gauge pressures. */
export interface Boiler {
  pressureBar: number;
  firingPct: number;
  /** What the controller has learned of the load: the integral part of its output. */
  integralPct: number;
  steamKgH: number;
  demandKgH: number;
  drumLevelPct: number;
  feedwaterPct: number;
  flueGasCel: number;
  oxygenPct: number;
  gasM3H: number;
  steamKg: number;
  gasL: number;
  waterL: number;
  burnerStarts: number;
  firingS: number;
}

export const BOILER = {
  maxKgH: 1200,
  /** Steam that a bar more needs. */
  kgPerBar: 3,
  /** Below this the burner goes out; it starts again when the controller asks for twice as much. */
  lowFirePct: 12,
  gasM3PerKg: 0.078,
} as const;

export const newBoiler = (): Boiler => ({
  pressureBar: 7,
  firingPct: 40,
  integralPct: 40,
  steamKgH: 480,
  demandKgH: 480,
  drumLevelPct: 50,
  feedwaterPct: 40,
  flueGasCel: 148,
  oxygenPct: 3.4,
  gasM3H: 37,
  steamKg: 18_231_507,
  gasL: 1_422_057_546,
  waterL: 18_595_137,
  burnerStarts: 4211,
  firingS: 61_200_000,
});

export interface BoilerInputs {
  readonly enabled: boolean;
  readonly setpointBar: number;
  /** What the consumers would take at 7 bar. */
  readonly demandKgH: number;
}

export function stepBoiler(boiler: Boiler, inputs: BoilerInputs, dtS: number): void {
  stepBurner(boiler, inputs, dtS);
  // A valve passes less when there is less pressure before it.
  boiler.demandKgH = inputs.demandKgH * clamp(boiler.pressureBar / 7, 0, 1.2);
  boiler.steamKgH = lag(boiler.steamKgH, (boiler.firingPct / 100) * BOILER.maxKgH, 4, dtS);
  const surplus = (boiler.steamKgH - boiler.demandKgH) / 3600;
  boiler.pressureBar = clamp(boiler.pressureBar + (surplus * dtS) / BOILER.kgPerBar, 0, 11);
  boiler.feedwaterPct = clamp(
    (boiler.demandKgH / BOILER.maxKgH) * 100 + 6 * (50 - boiler.drumLevelPct),
    0,
    100,
  );
  const fedKgH = (boiler.feedwaterPct / 100) * BOILER.maxKgH;
  boiler.drumLevelPct = clamp(boiler.drumLevelPct + ((fedKgH - boiler.demandKgH) / 3600 / 9) * dtS, 0, 100);
  boiler.steamKg += (boiler.demandKgH * dtS) / 3600;
  boiler.waterL += (fedKgH * 1.02 * dtS) / 3600;
}

function stepBurner(boiler: Boiler, { enabled, setpointBar }: BoilerInputs, dtS: number): void {
  const errorBar = setpointBar - boiler.pressureBar;
  const wanted = boiler.integralPct + 60 * errorBar;
  // The integral stands still while the output is at its end, or it would run away from it.
  if (wanted > 0 && wanted < 100)
    boiler.integralPct = clamp(boiler.integralPct + 1.5 * errorBar * dtS, 0, 100);
  const lit = boiler.firingPct > 0;
  const starts = enabled && !lit && wanted > 2 * BOILER.lowFirePct;
  const burns = enabled && (starts || (lit && wanted > BOILER.lowFirePct));
  if (starts) boiler.burnerStarts++;
  if (burns) boiler.firingS += dtS;
  boiler.firingPct = burns ? clamp(wanted, BOILER.lowFirePct, 100) : 0;
  boiler.gasM3H = (boiler.firingPct / 100) * BOILER.maxKgH * BOILER.gasM3PerKg;
  boiler.gasL += (boiler.gasM3H * 1000 * dtS) / 3600;
  boiler.flueGasCel = lag(boiler.flueGasCel, burns ? 120 + 0.7 * boiler.firingPct : 60, 30, dtS);
  boiler.oxygenPct = lag(boiler.oxygenPct, burns ? 4.6 - 0.02 * boiler.firingPct : 20.9, 3, dtS);
}
