import { clamp, lag, ramp } from '#plant/physics/motion.ts';

export const PACKER_STATES = ['stopped', 'starved', 'running'] as const;

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
    state: (typeof PACKER_STATES)[number];
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

export const PACKAGING = { bottlesPerCase: 12, casesPerLayer: 10, bufferSize: 900 } as const;

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
  packer.state = !commands.packerRun ? 'stopped' : packer.buffer < 24 ? 'starved' : 'running';
  packer.speedPerMin = ramp(packer.speedPerMin, packerTarget(packaging, inputs), 8, dtS);
  const cases = Math.min((packer.speedPerMin * dtS) / 60, packer.buffer / PACKAGING.bottlesPerCase);
  packer.buffer -= cases * PACKAGING.bottlesPerCase;
  packer.cases += cases;
  packer.rejected += cases * 0.002;
  packer.motorA = packer.speedPerMin > 0 ? 2.6 + 0.07 * packer.speedPerMin : 0;
  palletizer.waiting = Math.min(palletizer.waiting + cases, 40);
  stepPalletizer(packaging, dtS);
}

/** Runs at its set-point while bottles wait, and with the flow of the fillers when the buffer runs low. */
function packerTarget({ packer, commands }: Packaging, { bottlesPerMin, airBar }: PackagingInputs): number {
  if (packer.state !== 'running' || airBar < 4) return 0;
  const flow = bottlesPerMin / PACKAGING.bottlesPerCase;
  const keep = clamp(flow + (packer.buffer - 200) / 12, 0, commands.packerSpeedSetpoint);
  return Math.min(keep, commands.packerSpeedSetpoint);
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
