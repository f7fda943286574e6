import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { AlarmAct } from '#decide/api.ts';
import { period } from '#decide/detectors/fixture.ts';
import { learnFrozen } from '#decide/detectors/frozen.ts';
import { learnedText } from '#decide/detectors/learned.ts';
import { learnRelation } from '#decide/detectors/relation.ts';
import {
  askedFor,
  blueprintOf,
  replayed,
  StillClock,
  told,
  type WatchedSite,
  watchedSite,
} from '#edge/replay/fixture.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';

/** Nobody listens there: nothing but what the test hands in arrives. */
const siteText = (limit: number) => `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
actuators: { notices: { kind: webhook, url: 'http://127.0.0.1:1/' } }
tags:
  p/a: { source: plc, address: { holding: 0 }, range: [0, 100], deadband: 0.5, deadbandMaxMs: 4000 }
  p/b: { source: plc, address: { holding: 1 } }
  p/c: { source: plc, address: { coil: 0 }, type: boolean }
  p/sum: { derive: 'a + b' }
  p/late_mean: { derive: 'mean(a, "7s")' }
  p/speed: { source: plc, address: { holding: 5 }, access: readWrite, write: { range: [0, 50], maxStep: 20, lease: { maxMs: 9000, safe: 0 } } }
  p/valve: { source: plc, address: { holding: 6 }, access: write, write: { range: [-500, 500], interlock: 'c' } }
rules:
  hold: { when: 'tag("p/a") > ${limit}', onDelayMs: 1500, offDelayMs: 2500, do: [{ write: { tag: p/speed, value: 12, leaseMs: 6000 } }, { send: { to: notices, payload: 'a is {{ tag("p/a") }}' } }], clear: [{ write: { tag: p/speed, value: 3 } }] }
  safe: { when: 'tag("p/sum") > 90 || tag("p/c")', onBad: safe, firstIsEdge: true, do: [{ write: { tag: p/valve, value: '{{ tag("p/b") * 2.0 }}' } }] }
  loud: { when: 'mean(tag("p/b"), "5s") > 40', onBad: alarm, onDelayMs: 700, alert: 'b is {{ tag("p/b") }} on average' }
  near: { when: 'tag("still") > 0.6', onBad: safe, do: [{ send: { to: notices, payload: 'at {{ tag("still") }}' } }] }
  told: { when: 'tag("p/a") > 45', onBad: safe, offDelayMs: 900${limit === 40 ? '' : ", alert: 'a is high'"} }
alarms:
  high: { when: 'tag("p/a") > ${limit}', deadband: 5, onDelayMs: 1000, offDelayMs: 3000, priority: high, consequence: c, response: r, shelveMaxMin: 1 }
  latched: { when: 'tag("p/b") > 60', latched: true, suppressWhen: 'tag("p/c")', priority: low, consequence: c, response: r }
  average: { when: 'tag("p/late_mean") > 50 && !tag("p/c")', priority: medium, consequence: c, response: r, offDelayMs: 500 }
detectors:
  still: { kind: frozen, tags: [p/a, p/b], everyMs: 700, restWhen: 'tag("p/a") > 69', restForMs: 900, settings: { least: ${limit / 10} } }
  kin: { kind: relation, tags: [p/sum, p/a], everyMs: 300, ${limit === 40 ? 'shadow: true' : 'alarm: { priority: low, consequence: c, response: r, offDelayMs: 500 }'} }
`;

/** What the detectors may learn while the site runs. */
const LEARNED: { readonly [id: string]: readonly string[] } = {
  still: [1, 2].map((moments) =>
    learnedText(learnFrozen(period(['p/a', 'p/b'], 60, (i) => [Math.floor(i / moments), i]))),
  ),
  kin: [1, 3].map((factor) =>
    learnedText(learnRelation(period(['p/sum', 'p/a'], 60, (i) => [3 * factor * i + (i % 3), 3 * i]))),
  ),
};

const TAGS = ['p/a', 'p/b', 'p/c', 'p/speed'] as const;
const ALARMS = ['high', 'latched', 'average', 'loud/input', 'kin'] as const;

type Move =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly late: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'act'; readonly alarm: (typeof ALARMS)[number]; readonly act: AlarmAct }
  | { readonly kind: 'learn'; readonly detector: 'still' | 'kin'; readonly file: number }
  | { readonly kind: 'file'; readonly limit: number }
  | { readonly kind: 'restart'; readonly limit: number }
  | { readonly kind: 'crash' };
interface Row {
  readonly tag: (typeof TAGS)[number];
  readonly value: number;
  readonly quality: number;
  readonly behindMs: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  tag: fc.constantFrom(...TAGS),
  value: fc.constantFrom(0, 1, 20, 41, 48, 52, 61, 70, 120, Number.NaN),
  quality: fc.constantFrom<number>(
    ...Array(9).fill(Quality.good),
    Quality.badSensorFailure,
    Quality.badNoCommunication,
  ),
  behindMs: fc.constantFrom(0, 0, 0, 800),
});
const act: fc.Arbitrary<AlarmAct> = fc.constantFrom<AlarmAct>(
  { act: 'acknowledge' },
  { act: 'shelve', forMin: 0.1 },
  { act: 'unshelve' },
  { act: 'outOfService' },
  { act: 'returnToService' },
  { act: 'reset' },
  { act: 'comment' },
);
const limit = fc.constantFrom(40, 50);
const weighted = <T extends Move>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    weighted(
      12,
      fc.record({
        kind: fc.constant('rows' as const),
        rows: fc.array(row, { minLength: 1, maxLength: 5 }),
        late: fc.constantFrom(false, false, false, false, false, false, true),
      }),
    ),
    weighted(
      10,
      fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(100, 700, 1500, 4000) }),
    ),
    weighted(3, fc.record({ kind: fc.constant('act' as const), alarm: fc.constantFrom(...ALARMS), act })),
    weighted(
      2,
      fc.record({
        kind: fc.constant('learn' as const),
        detector: fc.constantFrom('still', 'kin'),
        file: fc.constantFrom(0, 1),
      }),
    ),
    weighted(1, fc.record({ kind: fc.constant('file' as const), limit })),
    weighted(1, fc.record({ kind: fc.constant('restart' as const), limit })),
    weighted(1, fc.constant({ kind: 'crash' as const })),
  ),
  { minLength: 30, maxLength: 120 },
);

/** Carries moves out on a real site, over restarts, and says where it kept everything at last. */
class Run {
  readonly clock = new StillClock();
  readonly asked: string[] = [];
  #dir: string;
  #watched: WatchedSite | undefined;
  #limit = 50;
  #crashes = 0;

  constructor(dir: string) {
    this.#dir = join(dir, '0');
  }

  async play(all: readonly Move[]): Promise<string> {
    await this.#start();
    for (const detector of ['still', 'kin'] as const) await this.#move({ kind: 'learn', detector, file: 0 });
    for (const move of all) await this.#move(move);
    await this.#stop();
    return this.#dir;
  }

  async #move(move: Move): Promise<void> {
    const { site } = this.#watched as WatchedSite;
    const { path } = site.core;
    switch (move.kind) {
      case 'rows':
        this.#arrive(move.rows, move.late);
        break;
      case 'time':
        this.clock.atUs += move.ms * 1000;
        path.advance();
        break;
      case 'act':
        refusable(() => path.operate(move.alarm, move.act, 'operator', 'seen'));
        break;
      case 'learn': {
        const { detectors } = site.core;
        const digest = await detectors.store.put(LEARNED[move.detector]?.[move.file] as string);
        detectors.learned(move.detector, digest, { by: 'test' });
        break;
      }
      case 'file':
        this.#limit = move.limit;
        site.apply(await blueprintOf(siteText(move.limit)), { by: 'test' });
        break;
      case 'restart':
        await this.#stop();
        this.#limit = move.limit;
        await this.#start();
        break;
      case 'crash':
        await this.#crash();
    }
    if (this.#steps++ % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #steps = 0;

  #arrive(rows: readonly Row[], late: boolean): void {
    const { core } = (this.#watched as WatchedSite).site;
    const batch = new BatchBuilder();
    for (const { tag, value, quality, behindMs } of rows) {
      batch.add(core.table.number(tag), this.clock.atUs - behindMs * 1000, value, quality);
    }
    core.path.accept('plc', { batch: batch.take({ receivedUs: this.clock.atUs, late }) });
  }

  async #start(): Promise<void> {
    const blueprint = await blueprintOf(siteText(this.#limit));
    this.#watched = await watchedSite(blueprint, this.#dir, this.clock, this.asked);
  }

  async #stop(): Promise<void> {
    await this.#watched?.site[Symbol.asyncDispose]();
    this.#watched = undefined;
  }

  /** The power is cut: a copy of the disk as it is at that moment goes on. */
  async #crash(): Promise<void> {
    const to = join(this.#dir, '..', String(++this.#crashes));
    const { site } = this.#watched as WatchedSite;
    const { journal } = site.core;
    // Its source is tried again and again: what that says meanwhile must be on the disk as well.
    do await site.durable();
    while (journal.durableSeq < journal.seq);
    cpSync(this.#dir, to, { recursive: true });
    const until = this.asked.length;
    await this.#stop();
    this.asked.length = until; // what it did after that moment never happened
    this.#dir = to;
    this.clock.atUs += 1000;
    await this.#start();
  }
}

function refusable(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

async function playedAndReplayed(t: TestContext, all: readonly Move[]) {
  const run = new Run(journalConfig(t).dir);
  return { ...(await replayed(await run.play(all))), asked: run.asked };
}

/** `HOLDFAST_REPLAYS=100 node_modules/.bin/node --test` with this file looks longer. */
const RUNS = Number(process.env.HOLDFAST_REPLAYS ?? 8);

test('a replay finds what the site found, to the last event, whatever happened to the site', async (t) => {
  let findings = 0;
  let writes = 0;
  let detected = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      const { recorded, found, asked } = await playedAndReplayed(t, all);
      assert.deepEqual(told(found), told(recorded));
      assert.deepEqual(askedFor(found), asked);
      findings += found.length;
      detected += found.filter(({ what }) => what.kind === 'alert' && what.found).length;
      writes += asked.length;
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  const seen = `${findings} findings, ${detected} of them of detectors, ${writes} writes`;
  t.diagnostic(seen);
  assert.ok(findings > 100 && writes > 20 && detected > 3, `${seen}: too little to compare`);
});
