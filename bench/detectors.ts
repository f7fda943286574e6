import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { learnDrift } from '#decide/detectors/drift.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { checkSite } from '#edge/blueprint.ts';
import { composeCore } from '#edge/core.ts';
import { learnedDir } from '#edge/data-folder.ts';
import type { DecisionPath } from '#edge/path.ts';
import { Peers } from '#edge/peers.ts';
import { warmUp } from '#edge/warm-up.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { type Row, report } from './table.ts';

/*
 * What a decision takes while detectors look at every one of 10,000 tags once a second, and the same tags without any:
 * two sites with journals of their own, in turn, in one run. The work of a batch from its arrival to its end, in one
 * synchronous step.
 */

const ASSETS = 2000;
const SIGNALS = ['a', 'b', 'c', 'd', 'e'] as const;
const TAGS = ASSETS * SIGNALS.length;
/** With batches of a hundred rows, 20,000 samples a second. */
const EVERY_MS = 5;
const ROWS = 100;

interface Lane extends AsyncDisposable {
  readonly path: DecisionPath;
  readonly numbers: readonly number[];
  readonly tookMs: number[];
  /** Detectors that know, at the end. */
  watching(): number;
}

async function measured(quick: boolean): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const [rounds, roundMs] = quick ? [2, 3000] : [6, 5000];
  try {
    await using without = await lane(join(root, 'without'), undefined);
    await using withThem = await lane(join(root, 'with'), learned());
    for (const one of [without, withThem]) await round(one, 12_000);
    for (const one of [without, withThem]) one.tookMs.length = 0;
    for (let n = 0; n < rounds; n++) for (const one of [without, withThem]) await round(one, roundMs);
    const watching = withThem.watching();
    if (watching < ASSETS) throw new Error(`${watching} of ${ASSETS} detectors know anything`);
    return [0.5, 0.99].map((q) => ({
      what: `decision with detectors on ${TAGS.toLocaleString('en')} tags, ${q === 0.5 ? 'p50' : 'p99'}`,
      unit: 'ms',
      less: true,
      ours: quantile(withThem.tookMs, q),
      peer: { name: 'without', value: quantile(without.tookMs, q) },
      ...(q === 0.99 && { goal: { most: 1 } }),
      note: `${ASSETS} detectors (drift) a second; ${withThem.tookMs.length} batches of ${ROWS}`,
    }));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function lane(dir: string, file: string | undefined): Promise<Lane> {
  const digest = file === undefined ? undefined : learnedDigest(file);
  mkdirSync(learnedDir(dir), { recursive: true });
  if (file !== undefined) writeFileSync(join(learnedDir(dir), `${digest}.json`), file);
  const { blueprint, problems } = await checkSite(siteText(digest));
  if (!blueprint) throw new Error(problems[0]?.message);
  const limits = { quotaBytes: 2 ** 31, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 200 };
  const journal = await openJournal({ dir: join(dir, 'journal'), ...limits });
  await warmUp(blueprint);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const peers = new Peers({ log: quiet, stepped: () => {} });
  const core = composeCore(blueprint, journal, systemClock(), peers, dir);
  const measuredTags = blueprint.model.tags.filter(({ source }) => source !== undefined);
  return {
    path: core.path,
    numbers: measuredTags.map(({ path }) => core.table.number(path)),
    tookMs: [],
    watching: () =>
      core.decisions.detectors().filter(({ state }) => state === 'watching' || state === 'found').length,
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}

let step = 0;
let seed = 42;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

async function round({ path, numbers, tookMs }: Lane, forMs: number): Promise<void> {
  for (const endMs = performance.now() + forMs; performance.now() < endMs; step++) {
    const batch = nextBatch(numbers);
    const beganMs = performance.now();
    path.accept('plc', { batch });
    tookMs.push(performance.now() - beganMs);
    await pause(EVERY_MS);
  }
}

function nextBatch(numbers: readonly number[]): Batch {
  const nowUs = Date.now() * 1000;
  const batch = allocBatch(ROWS, { receivedUs: nowUs });
  for (let row = 0; row < ROWS; row++) {
    batch.tag[row] = numbers[(step * ROWS + row) % TAGS] as number;
    batch.timeUs[row] = nowUs;
    batch.value[row] = 20 + random() + random() + random();
  }
  return batch;
}

/** From the same noise as the plant makes. */
function learned(): string {
  const columns = SIGNALS.map(() =>
    Float64Array.from({ length: 2000 }, () => 20 + random() + random() + random()),
  );
  return learnedText(learnDrift({ signals: SIGNALS, columns }));
}

function siteText(digest: string | undefined): string {
  const tags = SIGNALS.map(
    (name) => `      ${name}: { source: plc, address: { topic: "\${at}/${name}" } }\n`,
  );
  const detectors =
    digest === undefined
      ? ''
      : `    detectors:\n      odd: { kind: drift, tags: [${SIGNALS}], learned: ${digest} }\n`;
  const assets = Array.from(
    { length: ASSETS },
    (_, i) => `  line/p${i}: { type: machine, with: { at: p${i} } }\n`,
  );
  return `site: bench
sources: { plc: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }
types:
  machine:
    params: [at]
    tags:
${tags.join('')}    alarms:
      high: { when: a > 90, priority: low, consequence: c, response: r }
${detectors}assets:
${assets.join('')}`;
}

const quantile = (all: readonly number[], q: number): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length * q)] ?? 0;

await report(measured);
