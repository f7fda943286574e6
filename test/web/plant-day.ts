import { levelPct } from '#plant/physics/tank.ts';
import { createWorld } from '#plant/physics/world.ts';

/*
 * A day of the simulated plant, at once: the same physics as of the running one. What the site's rules and people do
 * meanwhile is done here, as no site is there to do it.
 */

const DAY_S = 24 * 3600;
const EVERY_S = 15;

/** A table as `holdfast import` takes it, with a column a tag. @param endMs wall clock at which the day ends */
export function plantDay(endMs: number): string {
  const world = createWorld(7, false);
  const rows = [`time,${world.lines.flatMap((_, i) => Object.values(columnsOf(i + 1))).join(',')}`];
  for (let atS = 0; atS < DAY_S; atS += EVERY_S) {
    world.lines.forEach((line, i) => {
      const { commands, faults, tank } = line;
      commands.heartbeat++;
      // The two rules of each tank.
      if (levelPct(tank) < 40) commands.inflowSetpointPct = 70;
      if (levelPct(tank) > 70) commands.inflowSetpointPct = 20;
      // By night the lines run slower; once a bearing of the second wears until it is spared, then mended.
      const hour = (atS / 3600 + i) % 24;
      commands.targetPerMin = hour < 7 ? 110 : 150;
      commands.speedSetpointRpm = hour < 7 ? 2100 : 2400;
      if (i !== 1) return;
      faults.wornBearing = hour > 14 && hour < 15.5;
      if (hour > 14.5 && hour < 16) commands.speedSetpointRpm = 1440;
    });
    world.step(EVERY_S);
    const shown = world.measure();
    const values = world.lines.flatMap((_, i) =>
      Object.keys(columnsOf(i + 1)).map((signal) => Number(shown[i]?.[signal]).toFixed(3)),
    );
    rows.push(`${new Date(endMs - (DAY_S - atS) * 1000).toISOString()},${values.join(',')}`);
  }
  return `${rows.join('\n')}\n`;
}

const columnsOf = (line: number): { readonly [signal: string]: string } => ({
  vibration: `hall/line${line}/pump/vibration`,
  speed: `hall/line${line}/pump/speed`,
  speedSetpointRpm: `hall/line${line}/pump/speed_setpoint`,
  bearingTemperature: `hall/line${line}/pump/bearing_temperature`,
  flow: `hall/line${line}/pump/flow`,
  power: `hall/line${line}/pump/power`,
  level: `hall/line${line}/tank/level`,
  suctionPressure: `hall/line${line}/pump/suction_pressure`,
  dischargePressure: `hall/line${line}/pump/discharge_pressure`,
  fillWeight: `hall/line${line}/filler/fill_weight`,
  rate: `hall/line${line}/filler/rate`,
});
