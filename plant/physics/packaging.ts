import { clamp, lag, ramp } from '#plant/physics/motion.ts';

export const PACKER_STATES = ['stopped', 'starved', 'running'] as const;
export type PackerState = (typeof PACKER_STATES)[number];

/** What the packaging lets people set. */
export interface PackagingCommands {
  packerRun: boolean;
  /** Cases a minute. */
  packerSpeedSetpoint: number;
  packerGlueSetpointCel: number;
  palletizerRun: boolean;
  palletizerLayers: number;
}
export type PackagingCommand = keyof PackagingCommands;

export const PACKAGING_LIMITS: { readonly [name in PackagingCommand]?: readonly [number, number] } = {
  packerSpeedSetpoint: [10, 60],
  packerGlueSetpointCel: [120, 190],
  palletizerLayers: [3, 8],
};

/** Case packer behind the three fillers, and the palletizer behind it. */
export interface Packaging {
  readonly packer: {
    state: PackerState;
    speedPerMin: number;
    cases: number;
    rejected: number;
    glueCel: number;
    airBar: number;
    motorA: number;
    /** Bottles that wait between the fillers and the packer. */
    buffer: number;
  };
  readonly palletizer: {
    moving: boolean;
    layer: number;
    casesInLayer: number;
    pallets: number;
    liftMm: number;
    /** Cases that wait at its infeed. */
    waiting: number;
  };
  readonly commands: PackagingCommands;
}

export const PACKAGING = {
  bottlesPerCase: 12,
  casesPerLayer: 10,
  bufferSize: 900,
  starvedAt: 24,
  resumesAt: 240,
  leastAirBar: 4,
} as const;

export const newPackaging = (): Packaging => ({
  packer: {
    state: 'running',
    speedPerMin: 37,
    cases: 4_301_882_117,
    rejected: 20_733,
    glueCel: 165,
    airBar: 6.6,
    motorA: 5.2,
    buffer: 260,
  },
  palletizer: { moving: true, layer: 2, casesInLayer: 4, pallets: 81_460, liftMm: 480, waiting: 6 },
  commands: {
    packerRun: true,
    packerSpeedSetpoint: 45,
    packerGlueSetpointCel: 165,
    palletizerRun: true,
    palletizerLayers: 5,
  },
});

export interface PackagingInputs {
  /** Bottles a minute of all fillers. */
  readonly bottlesPerMin: number;
  readonly airBar: number;
}

export function stepPackaging(packaging: Packaging, inputs: PackagingInputs, dtS: number): void {
  const { packer, palletizer, commands } = packaging;
  const bottles = (inputs.bottlesPerMin * dtS) / 60;
  packer.buffer = clamp(packer.buffer + bottles, 0, PACKAGING.bufferSize);
  packer.glueCel = lag(packer.glueCel, commands.packerGlueSetpointCel, 40, dtS);
  packer.airBar = lag(packer.airBar, inputs.airBar - 0.4, 1, dtS);
  packer.state = packerState(packaging, inputs);
  const wanted = packer.state === 'running' ? commands.packerSpeedSetpoint : 0;
  packer.speedPerMin = ramp(packer.speedPerMin, wanted, 8, dtS);
  const cases = Math.min((packer.speedPerMin * dtS) / 60, packer.buffer / PACKAGING.bottlesPerCase);
  packer.buffer -= cases * PACKAGING.bottlesPerCase;
  packer.cases += cases;
  packer.rejected += cases * 0.002;
  packer.motorA = packer.speedPerMin > 0 ? 2.6 + 0.07 * packer.speedPerMin : 0;
  palletizer.waiting = Math.min(palletizer.waiting + cases, 40);
  stepPalletizer(packaging, dtS);
}

/** Starved when hardly a bottle is left, and running again once enough of them wait: no machine starts for one case. */
function packerState({ packer, commands }: Packaging, { airBar }: PackagingInputs): PackerState {
  if (!commands.packerRun || airBar < PACKAGING.leastAirBar) return 'stopped';
  const wanted = packer.state === 'running' ? PACKAGING.starvedAt : PACKAGING.resumesAt;
  return packer.buffer < wanted ? 'starved' : 'running';
}

function stepPalletizer({ palletizer, commands }: Packaging, dtS: number): void {
  palletizer.moving = commands.palletizerRun && palletizer.waiting >= 1;
  const placed = palletizer.moving ? Math.min((60 * dtS) / 60, palletizer.waiting) : 0;
  palletizer.waiting -= placed;
  palletizer.casesInLayer += placed;
  if (palletizer.casesInLayer >= PACKAGING.casesPerLayer) {
    palletizer.casesInLayer -= PACKAGING.casesPerLayer;
    palletizer.layer++;
  }
  if (palletizer.layer >= commands.palletizerLayers) {
    palletizer.layer = 0;
    palletizer.pallets++;
  }
  palletizer.liftMm = ramp(palletizer.liftMm, 120 + 180 * palletizer.layer, 400, dtS);
}

/** Gives a command to the packaging. Callers have checked its limits. */
export function packagingCommand(
  packaging: Packaging,
  name: PackagingCommand,
  value: number | boolean,
): void {
  Object.assign(packaging.commands, { [name]: value });
}
