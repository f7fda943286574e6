import { allocBatch, type Batch } from '#kernel/batch.ts';
import { isBad, Quality } from '#kernel/quality.ts';
import { DeadbandColumns, deadband } from '#pipeline/deadband.ts';
import { normalise } from '#pipeline/normalise.ts';
import { NormaliseColumns } from '#pipeline/normalise-columns.ts';
import { pipeline } from '#pipeline/stage.ts';
import { type Row, report } from './table.ts';

/*
 * Rows a second of processor time through scale, checks and deadband, beside a plain baseline that does the same work with
 * one object a row and a map of tags. Both are warmed up, then run for the same time.
 */

const TAGS = 10_000;
const ROWS = 1024;
const BATCHES = 64;
const NOW_US = 1.7e15;

/** Decimals that mostly stay within the band, some that leave it, and one in a thousand out of range. */
function batches(): Batch[] {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return Array.from({ length: BATCHES }, (_, b) => {
    const batch = allocBatch(ROWS, { receivedUs: NOW_US });
    for (let i = 0; i < ROWS; i++) {
      batch.tag[i] = (b * ROWS + i) % TAGS;
      batch.timeUs[i] = NOW_US;
      batch.value[i] = random() < 0.001 ? 9999 : 500 + random() * 6;
    }
    return batch;
  });
}

function columns(): (batch: Batch) => number {
  const limits = new NormaliseColumns();
  const bands = new DeadbandColumns();
  for (let tag = 0; tag < TAGS; tag++) {
    limits.set(tag, { type: 'number', scale: { factor: 0.1, offset: 0 }, range: [0, 100] });
    bands.set(tag, { band: 0.4, maxGapUs: 60e6 });
  }
  const stage = pipeline(normalise(limits, { maxAheadUs: 60e6 }), deadband(bands));
  return (batch) => stage(batch).rows;
}

interface Sample {
  tag: number;
  value: number;
  timeUs: number;
  quality: number;
}

function objects(): (samples: readonly Sample[]) => number {
  const limits = new Map<
    number,
    { factor: number; offset: number; low: number; high: number; band: number }
  >();
  for (let tag = 0; tag < TAGS; tag++)
    limits.set(tag, { factor: 0.1, offset: 0, low: 0, high: 100, band: 0.4 });
  const kept = new Map<number, Sample>();
  const checked = (sample: Sample): Sample => {
    const limit = limits.get(sample.tag);
    if (!limit || isBad(sample.quality)) return sample;
    const value = sample.value * limit.factor + limit.offset;
    if (!Number.isFinite(value)) return { ...sample, value, quality: Quality.badOutOfRange };
    const inside = value >= limit.low && value <= limit.high;
    return { ...sample, value, quality: inside ? sample.quality : Quality.uncertainRangeExceeded };
  };
  const leaves = (sample: Sample): boolean => {
    const last = kept.get(sample.tag);
    const band = limits.get(sample.tag)?.band ?? 0;
    const inside = last && Math.abs(sample.value - last.value) <= band && last.quality === sample.quality;
    if (inside && sample.timeUs - last.timeUs < 60e6) return false;
    kept.set(sample.tag, sample);
    return true;
  };
  return (samples) => samples.map(checked).filter(leaves).length;
}

const samplesOf = (batch: Batch): Sample[] =>
  Array.from(batch.tag, (tag, i) => ({
    tag,
    value: batch.value[i] ?? Number.NaN,
    timeUs: batch.timeUs[i] ?? 0,
    quality: batch.quality[i] ?? 0,
  }));

/** Million rows a second of processor time (the machine may be shared), and the share of rows that were kept. */
function measure<T>(
  step: (input: T) => number,
  inputs: readonly T[],
  runMs: number,
): { millions: number; kept: number } {
  const round = (): number => inputs.reduce((sum, input) => sum + step(input), 0);
  const warmUntil = performance.now() + runMs / 3;
  while (performance.now() < warmUntil) round();
  const start = performance.now();
  const before = process.cpuUsage();
  let rounds = 0;
  let kept = 0;
  while (performance.now() - start < runMs) {
    kept += round();
    rounds++;
  }
  const rows = rounds * BATCHES * ROWS;
  const { user, system } = process.cpuUsage(before);
  return { millions: rows / (user + system), kept: kept / rows };
}

function bench(quick: boolean): Row[] {
  const runMs = quick ? 300 : 1500;
  const input = batches();
  const ours = measure(columns(), input, runMs);
  const plain = measure(objects(), input.map(samplesOf), runMs);
  if (Math.abs(ours.kept - plain.kept) > 0.01)
    throw new Error(`kept ${ours.kept}, the baseline ${plain.kept}`);
  return [
    {
      what: 'intake: scale, checks, deadband',
      unit: 'million rows/s',
      ours: ours.millions,
      peer: { name: 'an object a row', value: plain.millions },
      note: `${(ours.kept * 100).toFixed(0)} % of the rows are kept`,
    },
  ];
}

await report(bench);
