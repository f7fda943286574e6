import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { SiteStatus } from '#contract/api.ts';
import { allAccountedFor } from '#test/crash/accounts.ts';
import { deadPorts } from '#test/crash/dead-peers.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { until } from '#test/until.ts';
import { BadLine, type Condition } from '../bad-line.ts';
import { countingDevice, type Plan, readRegisters } from '../counting-devices.ts';
import { lineThrough } from '../slope.ts';
import { pause, pick, type Report, type Rig, type Torture } from '../torture.ts';

const DEVICES = 20;
const REGISTERS = 50;
const EVERY_MS = 100;
const DEAD = 20;
const CONDITIONS: readonly Condition[] = [
  { loss: 0.1 },
  { latencyMs: 300 },
  { stalled: true },
  { refusing: 'hang-up' },
];
/** Looks at the process in a whole soak. */
const LOOKS = 720;
/** Part of the time that counts as warm-up. */
const WARM_UP = 0.25;
/** A slope says something only over hours; a shorter one is told and not judged. */
const JUDGED_FROM_H = 1;
const MOST_MB_PER_H = 4;

interface Look {
  readonly hours: number;
  readonly anonymousMb: number;
  readonly files: number;
  readonly p99Ms: number;
  readonly samples: number;
}

function look(pid: number, status: SiteStatus, hours: number): Look {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    hours,
    anonymousMb: Number(/^RssAnon:\s+(\d+)/m.exec(text)?.[1]) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    p99Ms: status.decisions.p99Ms,
    samples: status.samples,
  };
}

async function planOf(rig: Rig): Promise<{ plan: Plan; lines: BadLine[] }> {
  const plan: Plan = { sources: {}, tags: {} };
  const lines: BadLine[] = [];
  for (let i = 0; i < DEVICES; i++) {
    const line = await BadLine.to(rig, (await countingDevice(rig)).port, rig.chance);
    lines.push(line);
    readRegisters(plan, `d${i}`, line.port, REGISTERS, {
      everyMs: EVERY_MS,
      timeoutMs: 1000,
      probeMaxMs: 2000,
    });
  }
  const dead = Object.values(await deadPorts(rig));
  for (let i = 0; i < DEAD; i++)
    readRegisters(plan, `dead${i}`, dead[i % dead.length] as number, 10, {
      everyMs: EVERY_MS,
      timeoutMs: 500,
    });
  return { plan, lines };
}

/** One line is bad for a while, then another, until the time is over. */
async function disturb(rig: Rig, lines: readonly BadLine[], over: () => boolean): Promise<number> {
  let faults = 0;
  while (!over()) {
    const line = pick(rig.chance, lines);
    line.condition = pick(rig.chance, CONDITIONS);
    if (rig.chance.uniform() < 0.3) line.cut();
    faults++;
    await pause(500 + rig.chance.uniform() * 3500);
    line.condition = {};
    await pause(rig.chance.uniform() * 2000);
  }
  return faults;
}

async function run(rig: Rig): Promise<Report> {
  const { plan, lines } = await planOf(rig);
  const dir = await folder(rig);
  const settings = { api: { port: 0 }, journal: { quotaMb: 1024 } };
  const alarms = {
    high: { when: 'tag("a/d0/r0") > 65000', priority: 'low', consequence: 'c', response: 'r' },
  };
  const edge = await new EdgeProcess({ site: 'plant', settings, ...plan, alarms }, dir).up();
  rig.after(() => edge.kill());
  await until('samples come', async () => (await edge.status()).samples > 10_000, 60_000);
  const startMs = performance.now();
  const passedH = () => (performance.now() - startMs) / 3_600_000;
  const faulty = disturb(rig, lines, () => passedH() >= rig.hours);
  const looks: Look[] = [];
  while (passedH() < rig.hours) {
    await pause(Math.max(1000, (rig.hours * 3_600_000) / LOOKS));
    const one = look(edge.pid, await edge.status(), passedH());
    looks.push(one);
    rig.progress(
      `${(one.hours * 60).toFixed(1)} of ${(rig.hours * 60).toFixed(0)} min, ${one.anonymousMb.toFixed(0)} MB, ${one.files} files`,
    );
  }
  const faults = await faulty;
  for (const line of lines) line.condition = { stalled: true };
  const { samples, kept, told } = await allAccountedFor(rig, edge, dir);
  return {
    tried: [Math.round(rig.hours * 60 * 10) / 10, 'minutes'],
    rows: {
      acquired: samples,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, samples - kept - told.rows),
    },
    notes: judged(looks, rig.hours, faults),
  };
}

/** @throws where memory, files or times grow */
function judged(looks: readonly Look[], hours: number, faults: number): string[] {
  const warm = looks.filter((one) => one.hours >= hours * WARM_UP);
  const [first, last] = [warm[0], warm.at(-1)];
  assert.ok(first && last && warm.length >= 5, `only ${warm.length} looks`);
  const memory = lineThrough(warm.map(({ hours, anonymousMb }) => [hours, anonymousMb]));
  const rate = (last.samples - first.samples) / ((last.hours - first.hours) * 3600);
  const files = warm.map((one) => one.files);
  // What a line that was cut leaves open for a moment comes and goes.
  assert.ok(
    last.files <= Math.max(...files.slice(0, Math.ceil(files.length / 3))) + 10,
    `open files: ${files}`,
  );
  const p99 = warm.map(({ p99Ms }) => p99Ms);
  if (hours >= JUDGED_FROM_H) {
    assert.ok(memory.slope < MOST_MB_PER_H, `memory grows by ${memory.slope} MB an hour`);
    assert.ok(
      last.p99Ms <= 2 * first.p99Ms + 1,
      `p99 of decisions went from ${first.p99Ms} to ${last.p99Ms} ms`,
    );
  }
  return [
    `${Math.round(rate)} samples/s, ${faults} faults, ${DEAD} dead devices throughout`,
    `memory ${first.anonymousMb.toFixed(1)} to ${last.anonymousMb.toFixed(1)} MB, ` +
      `slope ${memory.slope.toFixed(1)} ± ${memory.error.toFixed(1)} MB/h after warm-up` +
      (hours < JUDGED_FROM_H ? ' (too short to judge)' : ''),
    `files ${Math.min(...files)} to ${Math.max(...files)}`,
    `decision p99 ${Math.min(...p99).toFixed(2)} to ${Math.max(...p99).toFixed(2)} ms`,
  ];
}

export const soak: Torture = {
  name: 'soak',
  about:
    '10,000 samples/s with faults for hours: memory flat, no descriptor too many, p99 stable, every sample there',
  impossible: process.platform === 'linux' ? false : 'looks into /proc',
  run,
};
