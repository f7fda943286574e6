import { FILLER_STATES } from '#plant/physics/filler.ts';
import { HEARTBEAT_LIMIT_S, type Line } from '#plant/physics/line.ts';
import type { Noise } from '#plant/physics/noise.ts';
import { PUMP } from '#plant/physics/pump.ts';
import { levelPct, TANK } from '#plant/physics/tank.ts';

/** A line as its instruments show it: what the devices put into registers and messages. */
export interface Signals {
  readonly [name: string]: number | bigint | boolean;
}

/** Bits of a pump station's status word. */
export const STATUS_BITS = {
  running: 0,
  ready: 1,
  tripped: 2,
  atSpeed: 3,
  remote: 4,
  supervised: 5,
} as const;

/** The flow meter is the sensor that sticks. @returns a reader that holds the last flow while it does */
export function instruments(noise: Noise): (line: Line) => Signals {
  let lastFlow = 0;
  return (line) => {
    if (!line.faults.stuckSensor) lastFlow = measuredFlow(line, noise);
    return {
      ...pumpSignals(line, noise),
      flow: lastFlow,
      ...vibrationSignals(line, noise),
      ...fillerSignals(line, noise),
      ...line.commands,
      airTemperature: line.airCel + noise.gauss(0.03),
      airHumidity: line.humidityPct + noise.gauss(0.1),
    };
  };
}

function measuredFlow({ pump }: Line, noise: Noise): number {
  const spread = pump.flowM3h > 0 ? 0.04 + 0.6 * pump.cavitation : 0;
  return Math.max(pump.flowM3h + noise.gauss(spread), 0);
}

function pumpSignals(line: Line, noise: Noise): Signals {
  const { pump, tank, commands } = line;
  const level = levelPct(tank);
  return {
    status: statusWord(line),
    current: Math.max(pump.currentA + noise.gauss(0.02), 0),
    suctionPressure: pump.suctionBar + noise.gauss(0.003 + 0.05 * pump.cavitation),
    dischargePressure: Math.max(pump.dischargeBar + noise.gauss(0.006 + 0.08 * pump.cavitation), 0),
    bearingTemperature: pump.bearingCel + noise.gauss(0.05),
    power: pump.powerKw + noise.gauss(0.004),
    speed: Math.max(pump.speedRpm + (pump.speedRpm > 0 ? noise.gauss(0.6) : 0), 0),
    valvePosition: Math.max(pump.valvePct + noise.gauss(0.08), 0),
    inflowPosition: Math.max(tank.inflowValvePct + noise.gauss(0.08), 0),
    inflow: Math.max(tank.inflowM3h + noise.gauss(0.03), 0),
    level: level + noise.gauss(0.05),
    starts: pump.starts,
    runningS: Math.floor(pump.runningS),
    energyWh: BigInt(Math.floor(pump.energyWh)),
    apparentEnergyVah: pump.apparentEnergyVah,
    voltage: 400 + noise.gauss(0.6),
    driveReady: true,
    motorOk: true,
    levelLowLow: level < TANK.lowLowPct,
    levelHighHigh: level > TANK.highHighPct,
    remoteSelected: commands.remote,
  };
}

function statusWord({ pump, commands, dryRunTrip, heartbeatAgeS }: Line): number {
  const supervised = heartbeatAgeS < HEARTBEAT_LIMIT_S;
  return (
    (Number(pump.speedRpm > 0) << STATUS_BITS.running) |
    (1 << STATUS_BITS.ready) |
    (Number(dryRunTrip) << STATUS_BITS.tripped) |
    (Number(Math.abs(pump.speedRpm - commands.speedSetpointRpm) < 5) << STATUS_BITS.atSpeed) |
    (Number(commands.remote) << STATUS_BITS.remote) |
    (Number(supervised) << STATUS_BITS.supervised)
  );
}

/**
 * A bearing knocks long before it shakes: peak and kurtosis rise with the first damage. Cavitation crackles. A healthy signal
 * has a kurtosis near 3.
 */
function vibrationSignals({ pump }: Line, noise: Noise): Signals {
  const rms = Math.max(pump.vibrationMmS + noise.gauss(0.05 + 0.25 * pump.cavitation), 0);
  const knocking = 1 - Math.exp(-pump.wear / FIRST_DAMAGE);
  const crest = 3 + 1.8 * knocking + 1.2 * pump.cavitation + noise.gauss(0.1);
  return {
    vibration: rms,
    vibrationPeak: rms * crest,
    kurtosis: 3 + 4 * knocking + 1.5 * pump.cavitation + noise.gauss(0.08),
    blowMg: pump.speedRpm > 0 ? 900 * knocking * (pump.speedRpm / PUMP.nominalRpm) : 0,
  };
}

/** Wear at which most of the knocking is there. */
const FIRST_DAMAGE = 0.12;

function fillerSignals({ filler, commands, pump: { cavitation } }: Line, noise: Noise): Signals {
  return {
    fillerState: FILLER_STATES.indexOf(filler.state),
    rate: filler.ratePerMin,
    fillWeight: 1502 - 14 * cavitation + noise.gauss(1.5),
    bottles: BigInt(Math.floor(filler.bottles)),
    rejects: Math.floor(filler.rejects),
    productTemperature: filler.productCel + noise.gauss(0.03),
    guardClosed: commands.guardClosed,
    bottleSupply: true,
    stopCircuit: true,
  };
}
