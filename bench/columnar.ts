import type { AlarmSpec, DecisionSpec } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { isBad } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

/*
 * Samples a second through 10,000 thresholds on 10,000 tags, on one core: the decision engine beside what one would
 * write at first, a map from tag to closures that is fed one sample after the other.
 */

const TAGS = 10_000;
const GOAL = 10e6;
const RUN_MS = 1500;
/** Limits lie here; values stay below but for a few spikes. */
const LIMIT = 100;

function site(): { tags: TagTable; spec: DecisionSpec } {
  const tags = new TagTable();
  const alarms: AlarmSpec[] = [];
  for (let i = 0; i < TAGS; i++) {
    tags.declare({ path: `line/pump${i}/vibration`, type: 'number', access: 'read' });
    alarms.push({
      id: `line/pump${i}/high`,
      asset: `line/pump${i}`,
      when: `vibration > ${LIMIT + (i % 7)}.5`,
      priority: 'high',
      consequence: 'wear',
      response: 'look',
      deadband: 0.5,
      onDelayMs: 0,
      offDelayMs: 0,
      latched: false,
      shelveMaxMin: 60,
    });
  }
  return { tags, spec: { derived: [], rules: [], alarms } };
}

/** Batches as sources send them: every tag in turn, with a spike in one of `spikeEvery` rows. */
function batches(rows: number, count: number, spikeEvery: number): Batch[] {
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  return Array.from({ length: count }, (_, b) => {
    const batch = allocBatch(rows, { receivedUs: b * 1e5 });
    for (let i = 0; i < rows; i++) {
      batch.tag[i] = (b * rows + i * 7919) % TAGS;
      batch.timeUs[i] = b * 1e5;
      batch.value[i] = random() * 1 < 1 / spikeEvery ? LIMIT * 2 : random() * LIMIT;
    }
    return batch;
  });
}

/** The plain way: a closure a rule, found by tag, fed one sample object after the other. */
function plain(spec: DecisionSpec): (batch: Batch) => number {
  interface Sample {
    readonly tag: number;
    readonly value: number;
    readonly quality: number;
  }
  const rules = new Map<number, ((sample: Sample) => boolean)[]>();
  for (let i = 0; i < spec.alarms.length; i++) {
    const limit = LIMIT + (i % 7) + 0.5;
    let state = false;
    rules.set(i, [
      (sample) => {
        if (isBad(sample.quality)) return false;
        const next = sample.value > (state ? limit - 0.5 : limit);
        const changed = next !== state;
        state = next;
        return changed;
      },
    ]);
  }
  return (batch) => {
    let changes = 0;
    for (let i = 0; i < batch.rows; i++) {
      const sample = {
        tag: batch.tag[i] as number,
        value: batch.value[i] as number,
        quality: batch.quality[i] as number,
      };
      for (const rule of rules.get(sample.tag) ?? []) if (rule(sample)) changes++;
    }
    return changes;
  };
}

function engine(spec: DecisionSpec, tags: TagTable): (batch: Batch) => number {
  const { decisions, problems } = compileDecisions(spec, tags);
  if (!decisions) throw new Error(problems[0]?.message ?? 'does not compile');
  let atUs = 0;
  return (batch) => {
    atUs += 1000;
    return decisions.step(batch, atUs).alarms.length;
  };
}

/** Samples a second, after a warm-up. */
function measure(step: (batch: Batch) => number, input: readonly Batch[]): { rate: number; changes: number } {
  let changes = 0;
  const run = (ms: number): number => {
    const start = performance.now();
    let samples = 0;
    for (let i = 0; performance.now() - start < ms; i++) {
      const batch = input[i % input.length] as Batch;
      changes += step(batch);
      samples += batch.rows;
    }
    return (samples / (performance.now() - start)) * 1000;
  };
  run(RUN_MS / 3);
  changes = 0;
  return { rate: run(RUN_MS), changes };
}

const million = (rate: number): string => `${(rate / 1e6).toFixed(1)} million samples/s`;

function report(): string[] {
  const { tags, spec } = site();
  const lines: string[] = [];
  for (const [rows, spikeEvery] of [
    [1000, 1e6],
    [10_000, 1e6],
    [10_000, 1000],
  ] as const) {
    const input = batches(rows, 50, spikeEvery);
    const ours = measure(engine(spec, tags), input);
    const theirs = measure(plain(spec), input);
    const goal = ours.rate >= GOAL ? 'reached' : 'missed';
    lines.push(
      `${rows} rows a batch, a spike every ${spikeEvery} rows: ${million(ours.rate)} (goal ${million(GOAL)}: ${goal}); ` +
        `map of closures ${million(theirs.rate)}; ${(ours.rate / theirs.rate).toFixed(1)} times`,
    );
  }
  return lines;
}

process.stdout.write(`${TAGS} thresholds on ${TAGS} tags, one core\n${report().join('\n')}\n`);
