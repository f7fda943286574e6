import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { command, FALLBACK_RPM, type Line, newLine, stepLine } from '#plant/physics/line.ts';
import { instruments } from '#plant/physics/measure.ts';
import { seededNoise } from '#plant/physics/noise.ts';
import { levelPct } from '#plant/physics/tank.ts';
import { createWorld } from '#plant/physics/world.ts';

/** A line that has run for a while with these commands. */
function settled(commands: Partial<Line['commands']> = {}, seconds = 120): Line {
  const line = newLine(2);
  Object.assign(line.commands, commands);
  run(line, seconds);
  return line;
}

function run(line: Line, seconds: number): void {
  const noise = seededNoise(7);
  for (let i = 0; i < seconds * 10; i++) stepLine(line, noise, 0.1);
}

test('what flows in is in the tank, has left with the bottles, or has run over', () => {
  const percent = fc.integer({ min: 0, max: 100 });
  const rpm = fc.integer({ min: 600, max: 3000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(percent, rpm, percent), { minLength: 1, maxLength: 20 }), (phases) => {
      const line = newLine(1);
      const noise = seededNoise(3);
      const before = line.tank.volumeM3;
      let balance = 0;
      for (const [inflow, speed, valve] of phases) {
        Object.assign(line.commands, { inflowSetpointPct: inflow, speedSetpointRpm: speed });
        line.commands.valveSetpointPct = Math.max(valve, 10);
        for (let i = 0; i < 100; i++) {
          stepLine(line, noise, 0.1);
          balance += ((line.tank.inflowM3h - line.filler.takenM3h) * 0.1) / 3600;
        }
      }
      const expected = before + balance - line.tank.spilledM3;
      assert.ok(Math.abs(line.tank.volumeM3 - expected) < 1e-9, `${line.tank.volumeM3} is not ${expected}`);
    }),
    { numRuns: 40 },
  );
});

test('a wider valve gives more flow and less head', () => {
  const [narrow, wide] = [settled({ valveSetpointPct: 40 }), settled({ valveSetpointPct: 90 })];
  assert.ok(wide.pump.flowM3h > narrow.pump.flowM3h + 1);
  assert.ok(wide.pump.headM < narrow.pump.headM - 1);
});

test('a faster pump moves, draws, shakes and warms more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1500, max: 2800 }), fc.integer({ min: 100, max: 200 }), (rpm, more) => {
      const slow = settled({ speedSetpointRpm: rpm }, 60).pump;
      const fast = settled({ speedSetpointRpm: rpm + more }, 60).pump;
      for (const key of ['flowM3h', 'powerKw', 'currentA', 'vibrationMmS', 'bearingCel'] as const) {
        assert.ok(fast[key] > slow[key], `${key} at ${rpm + more} rpm`);
      }
    }),
    { numRuns: 10 },
  );
});

test('the speed ramps to its set-point instead of jumping', () => {
  const line = settled();
  line.commands.speedSetpointRpm = 1500;
  run(line, 1);
  assert.ok(line.pump.speedRpm < 2300 && line.pump.speedRpm > 2100, `${line.pump.speedRpm}`);
  run(line, 10);
  assert.equal(line.pump.speedRpm, 1500);
});

test('a worn bearing shakes first and gets hot later', () => {
  const line = settled();
  const healthy = { ...line.pump };
  line.faults.wornBearing = true;
  run(line, 15);
  assert.ok(line.pump.vibrationMmS > 3 * healthy.vibrationMmS);
  assert.ok(line.pump.bearingCel < healthy.bearingCel + 15);
  run(line, 60);
  assert.ok(line.pump.bearingCel > healthy.bearingCel + 40);
});

test('a bearing that wears slowly knocks while it hardly shakes', () => {
  const line = settled();
  const read = instruments(seededNoise(5));
  const healthy = { ...line.pump };
  Object.assign(line.faults, { wornBearing: true, wearOverS: 600 });
  run(line, 60);
  assert.ok(Math.abs(line.pump.wear - 0.1) < 0.01, `${line.pump.wear}`);
  assert.ok(line.pump.vibrationMmS < 1.4 * healthy.vibrationMmS);
  assert.ok(Number(read(line).kurtosis) > 4.5);
  line.faults.wornBearing = false;
  run(line, 5);
  assert.equal(line.pump.wear, 0);
});

test('a lower speed calms a worn bearing and cools it', () => {
  const line = settled();
  line.faults.wornBearing = true;
  run(line, 60);
  const worn = { ...line.pump };
  line.commands.speedSetpointRpm = 1440;
  run(line, 60);
  assert.ok(line.pump.vibrationMmS < 4.5 && worn.vibrationMmS > 4.5);
  assert.ok(line.pump.bearingCel < worn.bearingCel - 20);
});

test('cavitation starves the suction side, drops the flow, and ends when the strainer is clean', () => {
  const line = settled({ inflowSetpointPct: 54 });
  const healthy = { ...line.pump };
  line.faults.cavitation = true;
  run(line, 10);
  assert.ok(line.pump.suctionBar < 0 && healthy.suctionBar > 0.1);
  assert.ok(line.pump.flowM3h < healthy.flowM3h - 2);
  line.faults.cavitation = false;
  run(line, 30);
  assert.ok(Math.abs(line.pump.flowM3h - healthy.flowM3h) < 0.1);
});

test('a stuck flow meter repeats itself to the last digit while the flow goes on changing', () => {
  const line = settled();
  const read = instruments(seededNoise(5));
  const before = read(line);
  line.faults.stuckSensor = true;
  line.commands.speedSetpointRpm = 1500;
  run(line, 20);
  assert.equal(read(line).flow, before.flow);
  line.faults.stuckSensor = false;
  assert.ok(Math.abs(Number(read(line).flow) - line.pump.flowM3h) < 0.5);
});

test('a valve that sticks moves in jerks, stops short on both ways, and comes after when it is freed', () => {
  const line = settled({ inflowSetpointPct: 20 });
  line.faults.stickingValve = true;
  line.commands.inflowSetpointPct = 70;
  const seen = new Set<number>();
  for (let i = 0; i < 100; i++) {
    run(line, 0.1);
    seen.add(line.tank.inflowValvePct);
  }
  assert.ok(seen.size > 2 && seen.size < 10, `${[...seen]}`);
  assert.ok(line.tank.inflowValvePct < 68 && line.tank.inflowValvePct > 50, `${line.tank.inflowValvePct}`);
  line.commands.inflowSetpointPct = 20;
  run(line, 10);
  assert.ok(line.tank.inflowValvePct > 22, `${line.tank.inflowValvePct}`);
  line.faults.stickingValve = false;
  run(line, 1);
  assert.equal(line.tank.inflowValvePct, 20);
});

test('what leaks is missing in the tank, and nowhere else to be seen', () => {
  const [whole, leaking] = [settled({ inflowSetpointPct: 45 }, 10), settled({ inflowSetpointPct: 45 }, 10)];
  leaking.faults.leak = true;
  for (const line of [whole, leaking]) run(line, 60);
  const missing = whole.tank.volumeM3 - leaking.tank.volumeM3;
  assert.ok(missing > 0.015 && Math.abs(missing - leaking.tank.leakedM3) < 1e-9, `${missing}`);
  assert.equal(leaking.tank.inflowM3h, whole.tank.inflowM3h);
  assert.ok(Math.abs(leaking.filler.takenM3h - whole.filler.takenM3h) < 0.01);
});

test('people change products and stop a line now and then, without its tank running over or dry', () => {
  const world = createWorld(3);
  const products = new Set<number>();
  const stops = new Set<string>();
  for (let second = 0; second < 2 * 3600; second++) {
    for (const { tank, commands } of world.lines) {
      if (levelPct(tank) < 40) commands.inflowSetpointPct = 70;
      if (levelPct(tank) > 70) commands.inflowSetpointPct = 20;
    }
    world.step(1);
    for (const { tank, commands, filler, pump } of world.lines) {
      products.add(commands.product);
      if (filler.state === 'stopped') stops.add(pump.speedRpm === 0 ? 'line' : 'filler');
      assert.notEqual(filler.state, 'fault');
      assert.ok(levelPct(tank) > 30 && levelPct(tank) < 85, `${levelPct(tank)} at ${second} s`);
    }
  }
  assert.deepEqual([...products].sort(), [1, 2, 3]);
  assert.deepEqual([...stops].sort(), ['filler', 'line']);
});

test('a denser product takes more power at the same flow', () => {
  const [water, lemonade] = [settled({ product: 1 }).pump, settled({ product: 2 }).pump];
  assert.ok(Math.abs(lemonade.flowM3h - water.flowM3h) < 0.5);
  assert.ok(lemonade.powerKw > 1.01 * water.powerKw && lemonade.dischargeBar > 1.02 * water.dischargeBar);
});

test('a filler without product stops with a fault until it is reset', () => {
  const line = settled({ pumpRun: false }, 60);
  assert.equal(line.filler.state, 'fault');
  line.commands.pumpRun = true;
  run(line, 20);
  assert.equal(line.filler.state, 'fault');
  line.commands.resetFault = true;
  run(line, 1);
  line.commands.resetFault = false;
  run(line, 30);
  assert.equal(line.filler.state, 'running');
});

test('without a heartbeat for too long the controller falls back to its own speed', () => {
  const line = settled();
  command(line, 'heartbeat', 1);
  run(line, 14);
  assert.equal(line.commands.speedSetpointRpm, 2400);
  run(line, 3);
  assert.equal(line.commands.speedSetpointRpm, FALLBACK_RPM);
});

test('with nobody above it the line keeps its own level within bounds', () => {
  const line = newLine(1);
  for (let minute = 0; minute < 60; minute++) {
    run(line, 60);
    assert.ok(levelPct(line.tank) > 10 && levelPct(line.tank) < 95, `minute ${minute}`);
    assert.ok(!line.dryRunTrip);
  }
});

test('counters only rise', () => {
  const line = newLine(1);
  const read = instruments(seededNoise(1));
  let last = read(line);
  for (let i = 0; i < 100; i++) {
    run(line, 1);
    const next = read(line);
    for (const name of ['energyWh', 'bottles', 'rejects', 'runningS', 'starts'] as const) {
      assert.ok((next[name] as number) >= (last[name] as number), name);
    }
    last = next;
  }
});

test('the same seed gives the same plant, another one does not', () => {
  const story = (seed: number) => {
    const world = createWorld(seed);
    const seen = [];
    for (let i = 0; i < 20; i++) {
      world.step(0.5);
      seen.push(world.measure());
    }
    return seen;
  };
  assert.deepEqual(story(4), story(4));
  assert.notDeepEqual(story(4), story(5));
});
