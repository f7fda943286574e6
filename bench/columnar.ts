import type { AlarmSpec, DecisionSpec } from '#decide/api.ts';
import { learnDrift } from '#decide/detectors/drift.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import type { DetectorSpec } from '#decide/detectors/spec.ts';
import { compileDecisions } from '#decide/engine.ts';
import { BlockWriter } from '#journal/block.ts';
import { Gather } from '#journal/gather.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { isBad } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { DeadbandColumns, deadband } from '#pipeline/deadband.ts';
import { normalise } from '#pipeline/normalise.ts';
import { NormaliseColumns } from '#pipeline/normalise-columns.ts';
import { pipeline } from '#pipeline/stage.ts';
import { type Row, report } from './table.ts';

/*
 * Samples a second through 10,000 thresholds on 10,000 tags, on one core: the decision engine beside what one would
 * write at first, a map from tag to closures that is fed one sample after the other.
 */

const TAGS = 10_000;
/** Rows in a block of the journal under load: it commits twice a second. */
const BLOCK_ROWS = 200_000;
/** Tags that one detector looks at together, each second. */
const WATCHED_TOGETHER = 8;
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

/** One that finds drift for every few tags, each tag in one, with what it learned from the noise that is sent. */
function withDrift({ tags, spec }: ReturnType<typeof site>): ReturnType<typeof site> {
  const all = Array.from({ length: TAGS }, (_, i) => `line/pump${i}/vibration`);
  const detectors = Array.from({ length: TAGS / WATCHED_TOGETHER }, (_, n): DetectorSpec => {
    const watched = all.slice(n * WATCHED_TOGETHER, (n + 1) * WATCHED_TOGETHER);
    const columns = watched.map(() => Float64Array.from({ length: 200 }, () => Math.random() * LIMIT));
    const text = learnedText(learnDrift({ signals: watched, columns }));
    const id = `drift/d${n}`;
    tags.declare({ path: id, type: 'number', access: 'read' });
    return {
      ...{
        id,
        asset: '',
        kind: 'drift',
        tags: watched,
        everyMs: 1000,
        restForMs: 0,
        settings: {},
        shadow: false,
      },
      file: { text, digest: learnedDigest(text) },
    };
  });
  return { tags, spec: { ...spec, detectors } };
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
      batch.value[i] = random() * 1 < 1 / spikeEvery ? LIMIT * 2 : Math.round(random() * LIMIT * 100) / 100;
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
    // As long as it takes to send as many, at ten million a second.
    atUs += batch.rows / 10;
    return decisions.step(batch, atUs).alarms.length;
  };
}

/** What arrives becomes what is decided on, then the engine: all that a sample meets on its way but the journal. */
function whole(spec: DecisionSpec, tags: TagTable): (batch: Batch) => number {
  const limits = new NormaliseColumns();
  const bands = new DeadbandColumns();
  for (let tag = 0; tag < TAGS; tag++) {
    limits.set(tag, { type: 'number', scale: { factor: 1, offset: 0 }, range: [0, 2 * LIMIT] });
    bands.set(tag, { band: 0.1, maxGapUs: 60e6 });
  }
  const stage = pipeline(normalise(limits, { maxAheadUs: 60e6 }), deadband(bands));
  const decide = engine(spec, tags);
  return (batch) => decide(stage(batch));
}

/** The same, and each block of rows is encoded as the journal does it, here on the same core. */
function encoded(spec: DecisionSpec, tags: TagTable): (batch: Batch) => number {
  const step = whole(spec, tags);
  const gather = new Gather();
  const writer = new BlockWriter();
  return (batch) => {
    gather.append(batch, 0, batch.receivedUs);
    if (gather.rows >= BLOCK_ROWS) {
      writer.write(1, gather.handOver());
      gather.clear();
    }
    return step(batch);
  };
}

/** Million samples for a second of processor time, after a warm-up. */
function measure(step: (batch: Batch) => number, input: readonly Batch[], runMs: number): number {
  const run = (ms: number): number => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    let samples = 0;
    for (let i = 0; performance.now() - startMs < ms; i++) {
      const batch = input[i % input.length] as Batch;
      step(batch);
      samples += batch.rows;
    }
    const { user, system } = process.cpuUsage(before);
    return samples / (user + system);
  };
  run(runMs / 2);
  return run(runMs);
}

function bench(quick: boolean): Row[] {
  const { tags, spec } = site();
  const drifting = withDrift(site());
  const runMs = quick ? 300 : 2000;
  const loads = [
    [1000, 1e6],
    [10_000, 1e6],
    [10_000, 1000],
  ] as const;
  // Each compiles ten thousand thresholds three times over: for a quick look one is enough.
  return (quick ? loads.slice(1, 2) : loads).flatMap(([rows, spikeEvery]): Row[] => {
    const input = batches(rows, 50, spikeEvery);
    const load = `${rows} rows a batch, a spike in ${spikeEvery.toLocaleString('en')}`;
    const peer = { name: 'map of closures', value: measure(plain(spec), input, runMs) };
    const unit = 'million samples/s';
    return [
      {
        what: `10,000 thresholds: ${load}`,
        unit,
        ours: measure(engine(spec, tags), input, runMs),
        peer,
        goal,
      },
      {
        what: `intake, deadband, thresholds: ${load}`,
        unit,
        ours: measure(whole(spec, tags), input, runMs),
        goal,
      },
      {
        what: `intake, deadband, thresholds, encoding: ${load}`,
        unit,
        ours: measure(encoded(spec, tags), input, runMs),
        goal,
        note: 'all on one core; in a site the journal encodes on its own',
      },
      {
        what: `intake, deadband, thresholds, drift, encoding: ${load}`,
        unit,
        ours: measure(encoded(drifting.spec, drifting.tags), input, runMs),
        goal,
        note: `the same, and each second a detector looks at every ${WATCHED_TOGETHER} tags; the time is that of ten million samples a second`,
      },
    ];
  });
}

const goal = { least: 10 };

await report(bench);
