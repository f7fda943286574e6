import { lag } from '#plant/physics/motion.ts';

export const CIP_STEPS = ['idle', 'pre-rinse', 'caustic', 'rinse', 'acid', 'final rinse'] as const;

interface CipStep {
  /** Index in `CIP_STEPS`. */
  readonly step: number;
  /** Share of the whole time. */
  readonly share: number;
}

/** Recipes of the cleaning station, by their number. */
export const CIP_RECIPES: readonly { readonly name: string; readonly steps: readonly CipStep[] }[] = [
  { name: 'rinse', steps: [{ step: 1, share: 1 }] },
  {
    name: 'caustic',
    steps: [
      { step: 1, share: 0.2 },
      { step: 2, share: 0.55 },
      { step: 5, share: 0.25 },
    ],
  },
  {
    name: 'full',
    steps: [
      { step: 1, share: 0.15 },
      { step: 2, share: 0.35 },
      { step: 3, share: 0.1 },
      { step: 4, share: 0.25 },
      { step: 5, share: 0.15 },
    ],
  },
];

/** What a cleaning came to. */
export interface CipReport {
  readonly number: number;
  readonly recipe: number;
  readonly startedMs: number;
  readonly seconds: number;
  readonly peakCel: number;
  readonly peakMsCm: number;
  readonly waterL: number;
  readonly complete: boolean;
}

/** Cleaning in place of the three lines. */
export interface Cip {
  /** Index in `CIP_STEPS`; 0 while nothing runs. */
  step: number;
  recipe: number;
  seconds: number;
  elapsedS: number;
  startedMs: number;
  supplyCel: number;
  returnCel: number;
  conductivityMsCm: number;
  flowM3H: number;
  peakCel: number;
  peakMsCm: number;
  waterL: number;
  causticPct: number;
  acidPct: number;
  waterPct: number;
  runs: number;
  report: CipReport;
}

export const newCip = (): Cip => ({
  step: 0,
  recipe: 2,
  seconds: 0,
  elapsedS: 0,
  startedMs: 0,
  supplyCel: 24,
  returnCel: 24,
  conductivityMsCm: 0.4,
  flowM3H: 0,
  peakCel: 0,
  peakMsCm: 0,
  waterL: 0,
  causticPct: 82,
  acidPct: 74,
  waterPct: 90,
  runs: 1207,
  report: {
    number: 1207,
    recipe: 2,
    startedMs: Date.UTC(2026, 0, 12, 5, 30),
    seconds: 2700,
    peakCel: 79.6,
    peakMsCm: 52.3,
    waterL: 3960,
    complete: true,
  },
});

/** @param seconds how long the whole cleaning takes; a running one is given up */
export function startCip(cip: Cip, recipe: number, seconds: number, nowMs: number): void {
  if (cip.step !== 0) endCip(cip, false);
  Object.assign(cip, { recipe, seconds, elapsedS: 0, startedMs: nowMs, peakCel: 0, peakMsCm: 0, waterL: 0 });
  cip.step = CIP_RECIPES[recipe]?.steps[0]?.step ?? 0;
  cip.runs++;
}

export function endCip(cip: Cip, complete: boolean): void {
  if (cip.step === 0) return;
  const { runs, recipe, startedMs, elapsedS, peakCel, peakMsCm, waterL } = cip;
  cip.report = { number: runs, recipe, startedMs, seconds: elapsedS, peakCel, peakMsCm, waterL, complete };
  cip.step = 0;
}

/** Temperature and conductivity that each step aims at. */
const TARGETS = [
  [24, 0.4],
  [35, 0.6],
  [80, 55],
  [40, 0.8],
  [65, 38],
  [28, 0.5],
] as const;

export function stepCip(cip: Cip, steamBar: number, dtS: number): void {
  if (cip.step !== 0) {
    cip.elapsedS += dtS;
    if (cip.elapsedS >= cip.seconds) endCip(cip, true);
    else cip.step = stepAt(cip);
  }
  const running = cip.step !== 0;
  const [wantedCel, wantedMsCm] = TARGETS[cip.step] ?? TARGETS[0];
  // A short cleaning, for show, warms up as quickly as it must.
  const tauS = running ? Math.min(20, cip.seconds / 20) : 60;
  // Steam heats the solution: with little pressure it does not get as hot as it should.
  const hottest = 40 + 8 * steamBar;
  cip.supplyCel = lag(cip.supplyCel, Math.min(wantedCel, hottest), tauS, dtS);
  cip.returnCel = lag(cip.returnCel, cip.supplyCel - (running ? 2.5 : 0), tauS, dtS);
  cip.conductivityMsCm = lag(cip.conductivityMsCm, wantedMsCm, tauS / 2, dtS);
  cip.flowM3H = lag(cip.flowM3H, running ? 12 : 0, 2, dtS);
  cip.waterL += (cip.flowM3H * 1000 * dtS) / 3600;
  cip.causticPct = tank(cip.causticPct, cip.step === 2, dtS);
  cip.acidPct = tank(cip.acidPct, cip.step === 4, dtS);
  cip.waterPct = tank(cip.waterPct, running && cip.step % 2 === 1, dtS);
  cip.peakCel = Math.max(cip.peakCel, cip.supplyCel);
  cip.peakMsCm = Math.max(cip.peakMsCm, cip.conductivityMsCm);
}

function stepAt({ recipe, elapsedS, seconds, step }: Cip): number {
  let end = 0;
  for (const one of CIP_RECIPES[recipe]?.steps ?? []) {
    end += one.share * seconds;
    if (elapsedS < end) return one.step;
  }
  return step;
}

/** A tank is drawn from in its step, and made up slowly otherwise. */
const tank = (levelPct: number, used: boolean, dtS: number): number =>
  used ? Math.max(levelPct - 0.05 * dtS, 15) : Math.min(levelPct + 0.02 * dtS, 90);
