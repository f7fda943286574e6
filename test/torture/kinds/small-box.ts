import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { allAccountedFor } from '#test/crash/accounts.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { until } from '#test/until.ts';
import { countingDevice, type Plan, readRegisters } from '../counting-devices.ts';
import { pause, type Report, type Rig, type Torture } from '../torture.ts';

const LIMIT_MB = 256;
/** Runs and stands still in turn: half a core, of one. */
const SLICE_MS = 40;
const DEVICES = 5;
const REGISTERS = 50;

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Lets a process run half of the time. */
function halve(pid: number): () => void {
  let stopped = false;
  const timer = setInterval(() => {
    stopped = !stopped;
    process.kill(pid, stopped ? 'SIGSTOP' : 'SIGCONT');
  }, SLICE_MS);
  return () => {
    clearInterval(timer);
    process.kill(pid, 'SIGCONT');
  };
}

async function run(rig: Rig): Promise<Report> {
  const plan: Plan = { sources: {}, tags: {} };
  const device = await countingDevice(rig);
  for (let i = 0; i < DEVICES; i++)
    readRegisters(plan, `d${i}`, device.port, REGISTERS, { everyMs: 250, timeoutMs: 2000 });
  const dir = await folder(rig);
  const settings = { api: { port: 0 }, journal: { quotaMb: 64 } };
  const alarms = {
    high: { when: 'tag("a/d0/r0") > 60000', priority: 'low', consequence: 'c', response: 'r' },
  };
  const site = { site: 'plant', settings, ...plan, alarms };
  const edge = await new EdgeProcess(site, dir, { wrap: ['taskset', '-c', '0'] }).up();
  rig.after(() => edge.kill());
  const whole = halve(edge.pid);
  rig.after(() => !edge.ended && whole());
  const seconds = rig.times(8, 600);
  let mostMb = 0;
  const startMs = performance.now();
  const first = (await edge.status()).samples;
  while (performance.now() - startMs < seconds * 1000) {
    mostMb = Math.max(mostMb, residentMb(edge.pid));
    // What a control group would do.
    if (mostMb > LIMIT_MB) await edge.kill();
    assert.ok(!edge.ended, `${mostMb} MB are more than ${LIMIT_MB}: it was killed`);
    rig.progress(
      `${Math.round((performance.now() - startMs) / 1000)} of ${seconds} s, ${Math.round(mostMb)} MB`,
    );
    await pause(50);
  }
  const { samples, decisions } = await edge.status();
  const perS = (samples - first) / ((performance.now() - startMs) / 1000);
  await until(
    'its alarm is decided on',
    async () => decisions.count > 0 || (await edge.status()).decisions.count > 0,
  );
  whole();
  await device.end();
  const account = await allAccountedFor(rig, edge, dir);
  const { samples: acquired, kept, told } = account;
  return {
    tried: [seconds, 'seconds'],
    rows: {
      acquired,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, acquired - kept - told.rows),
    },
    notes: [
      `at most ${Math.round(mostMb)} MB resident, ${Math.round(perS)} samples/s, decision p99 ${decisions.p99Ms} ms`,
      'a watcher kills above the limit, and one core is taken away half of the time: no control groups needed',
    ],
  };
}

export const smallBox: Torture = {
  name: 'small-box',
  about: '256 MB of memory and half a core under load: it lives, decides and keeps all',
  impossible: process.platform === 'linux' ? false : 'looks into /proc',
  run,
};
