import { COMPRESSOR_STATES, type Compressor } from '#plant/physics/air.ts';
import type { Signals } from '#plant/physics/measure.ts';
import type { Noise } from '#plant/physics/noise.ts';
import { PACKER_STATES, type Packaging } from '#plant/physics/packaging.ts';
import type { Meter, Utilities } from '#plant/physics/utilities.ts';

/** The utilities as their instruments show them; numbered things begin with their number, such as `compressor1Power`. */
export function utilitySignals(utilities: Utilities, noise: Noise): Signals {
  const { air, chillers, consumption, meters, commands } = utilities;
  const frequency = 50 + noise.gauss(0.008);
  return {
    ...commands,
    ...boilerSignals(utilities, noise),
    ...cipSignals(utilities, noise),
    headerPressure: air.headerBar + noise.gauss(0.006),
    airFlow: Math.max(air.demandM3Min + noise.gauss(0.03), 0),
    airDewPoint: air.dryerDewCel + noise.gauss(0.05),
    airTotalL: BigInt(Math.floor(air.airL)),
    ...numbered('compressor', air.compressors, (machine) => compressorSignals(machine, noise)),
    chilledSupply: utilities.chilledSupplyCel + noise.gauss(0.02),
    chilledReturn: utilities.chilledReturnCel + noise.gauss(0.02),
    chilledFlow: utilities.chilledFlowM3H + noise.gauss(0.05),
    cooling: utilities.coolingKw,
    ...numbered('chiller', chillers, (chiller) => ({
      Run: chiller.run,
      Load: chiller.loadPct,
      Power: Math.max(chiller.powerKw + noise.gauss(0.05), 0),
      Evaporator: chiller.evaporatorCel + noise.gauss(0.03),
      Condenser: chiller.condenserCel + noise.gauss(0.03),
      RunningS: Math.floor(chiller.runningS),
    })),
    ...numbered('line', consumption, (used) => ({
      Steam: used.steamKgH + noise.gauss(0.4),
      SteamTotal: BigInt(Math.floor(used.steamKg)),
      Air: Math.max(used.airM3Min + noise.gauss(0.01), 0),
      AirTotal: BigInt(Math.floor(used.airL)),
      Water: Math.max(used.waterM3H + noise.gauss(0.02), 0),
      WaterTotal: BigInt(Math.floor(used.waterL)),
    })),
    ...numbered('meter', meters, (meter) => meterSignals(meter, noise)),
    frequency,
  };
}

function boilerSignals({ boiler }: Utilities, noise: Noise): Signals {
  return {
    steamPressure: Math.max(boiler.pressureBar + noise.gauss(0.008), 0),
    steamFlow: Math.max(boiler.demandKgH + noise.gauss(1.5), 0),
    steamProduction: boiler.steamKgH,
    steamTotalKg: BigInt(Math.floor(boiler.steamKg)),
    burnerFiring: boiler.firingPct,
    burnerStarts: boiler.burnerStarts,
    burnerOn: boiler.firingPct > 0,
    burnerRunningS: Math.floor(boiler.firingS),
    gasFlow: boiler.gasM3H,
    gasTotalL: BigInt(Math.floor(boiler.gasL)),
    flueGasTemperature: boiler.flueGasCel + noise.gauss(0.2),
    flueGasOxygen: Math.max(boiler.oxygenPct + noise.gauss(0.03), 0),
    drumLevel: boiler.drumLevelPct + noise.gauss(0.1),
    feedwaterValve: boiler.feedwaterPct,
    feedwaterTotalL: BigInt(Math.floor(boiler.waterL)),
  };
}

function cipSignals({ cip }: Utilities, noise: Noise): Signals {
  const { report } = cip;
  return {
    cipStep: cip.step,
    cipActiveRecipe: cip.recipe,
    cipElapsed: cip.step === 0 ? 0 : cip.elapsedS,
    cipProgress: cip.step === 0 ? 0 : (cip.elapsedS / cip.seconds) * 100,
    cipSupply: cip.supplyCel + noise.gauss(0.05),
    cipReturn: cip.returnCel + noise.gauss(0.05),
    cipConductivity: Math.max(cip.conductivityMsCm + noise.gauss(0.02), 0),
    cipFlow: Math.max(cip.flowM3H + (cip.flowM3H > 0.1 ? noise.gauss(0.05) : 0), 0),
    cipCaustic: cip.causticPct,
    cipAcid: cip.acidPct,
    cipWater: cip.waterPct,
    cipRuns: cip.runs,
    reportNumber: report.number,
    reportRecipe: report.recipe,
    reportStartedMs: report.startedMs,
    reportSeconds: report.seconds,
    reportPeakCel: report.peakCel,
    reportPeakMsCm: report.peakMsCm,
    reportWaterL: BigInt(Math.floor(report.waterL)),
    reportComplete: report.complete,
  };
}

const compressorSignals = (machine: Compressor, noise: Noise): Signals => ({
  State: COMPRESSOR_STATES.indexOf(!machine.run ? 'stopped' : machine.loadPct > 1 ? 'loaded' : 'idling'),
  Load: machine.loadPct,
  Power: Math.max(machine.powerKw + noise.gauss(0.04), 0),
  OilTemperature: machine.oilCel + noise.gauss(0.08),
  Vibration: Math.max(machine.vibrationMmS + noise.gauss(0.03), 0),
  RunningS: Math.floor(machine.runningS),
  Loads: machine.loads,
});

const meterSignals = (meter: Meter, noise: Noise): Signals => ({
  Power: meter.powerKw,
  Voltage: 400 + noise.gauss(0.5),
  Energy: meter.baseWh + BigInt(Math.floor(meter.energyWh)),
  Reactive: BigInt(Math.floor(meter.reactiveVarh)),
  ResetMs: meter.resetMs,
});

/** The packaging as its controllers show it. */
export function packagingSignals({ packer, palletizer, commands }: Packaging, noise: Noise): Signals {
  return {
    ...commands,
    packerState: PACKER_STATES.indexOf(packer.state),
    packerSpeed: packer.speedPerMin,
    packerCases: BigInt(Math.floor(packer.cases)),
    packerRejected: Math.floor(packer.rejected),
    packerGlue: packer.glueCel + noise.gauss(0.1),
    packerAir: Math.max(packer.airBar + noise.gauss(0.01), 0),
    packerCurrent: Math.max(packer.motorA + noise.gauss(0.02), 0),
    packerBuffer: Math.floor(packer.buffer),
    palletizerMoving: palletizer.moving,
    palletizerLayer: palletizer.layer,
    palletizerCases: Math.floor(palletizer.casesInLayer),
    palletizerPallets: palletizer.pallets,
    palletizerLift: palletizer.liftMm + noise.gauss(0.3),
    palletizerWaiting: Math.floor(palletizer.waiting),
  };
}

function numbered<T>(name: string, things: readonly T[], signals: (thing: T) => Signals): Signals {
  return Object.fromEntries(
    things.flatMap((thing, i) =>
      Object.entries(signals(thing)).map(([key, value]) => [`${name}${i + 1}${key}`, value]),
    ),
  );
}
