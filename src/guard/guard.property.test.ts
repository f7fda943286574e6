import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AssetMode, GuardedTag } from '#guard/api.ts';
import { Bench, operator, PUMP, remote, rule } from '#guard/fixture.ts';
import type { Asker, Command } from '#kernel/command.ts';
import { isGood, Quality } from '#kernel/quality.ts';

/*
 * The guard against a second, naive description of the same limits, over random limits and histories: what leaves
 * violates none of them, and what violates none of them leaves.
 */

const SAFE = 4;
const MAX_LEASE_MS = 1000;

const rarely = <T>(odd: T, usual: T) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(odd) }, { weight: 12, arbitrary: fc.constant(usual) });

const anyLimits = fc.record({
  writable: rarely(false, true),
  safety: rarely(true, false),
  range: fc.constantFrom<GuardedTag['range'][]>(undefined, [0, 10]),
  maxStep: fc.constantFrom(undefined, undefined, 3),
  ratePerS: fc.constantFrom(undefined, undefined, 2, 8),
  interlock: fc.constantFrom(undefined, undefined, 'running'),
  lease: fc.constantFrom(undefined, { maxMs: MAX_LEASE_MS, safe: SAFE }),
  remote: fc.boolean(),
});

type Act =
  | {
      readonly act: 'ask';
      readonly value: number;
      readonly by: Asker;
      readonly why: string;
      readonly leaseMs?: number | undefined;
    }
  | {
      readonly act: 'see';
      readonly what: 'speed' | 'running';
      readonly value: number;
      readonly quality: number;
    }
  | { readonly act: 'mode'; readonly mode: AssetMode }
  | { readonly act: 'tagOut' }
  | { readonly act: 'removeTagOut' }
  | { readonly act: 'pass'; readonly ms: number }
  | { readonly act: 'release'; readonly by: Asker }
  | { readonly act: 'device'; readonly takes: boolean }
  | { readonly act: 'site'; readonly remoteWrites: boolean; readonly hasAuthority: boolean };

const anyAsker = fc.constantFrom(rule('a'), rule('a'), rule('b'), operator(), remote());
const anyQuality = fc.oneof(
  rarely(Quality.bad, Quality.good),
  rarely(Quality.uncertainLastUsable, Quality.good),
);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('ask' as const),
      value: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: -1, max: 11 }) },
        { weight: 1, arbitrary: fc.constant(Number.NaN) },
      ),
      by: anyAsker,
      why: rarely(' ', 'because'),
      leaseMs: fc.constantFrom(undefined, undefined, 400, 5000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('see' as const),
      what: fc.constantFrom('speed' as const, 'running' as const),
      value: fc.integer({ min: 0, max: 8 }),
      quality: anyQuality,
    }),
  },
  fc.record({
    act: fc.constant('mode' as const),
    mode: fc.constantFrom<AssetMode[]>('local', 'remote', 'outOfService'),
  }),
  fc.record({ act: fc.constant('tagOut' as const) }),
  { weight: 2, arbitrary: fc.record({ act: fc.constant('removeTagOut' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 400, 1000, 3000) }),
  },
  fc.record({ act: fc.constant('release' as const), by: anyAsker }),
  fc.record({ act: fc.constant('device' as const), takes: fc.boolean() }),
  fc.record({
    act: fc.constant('site' as const),
    remoteWrites: fc.boolean(),
    hasAuthority: fc.constantFrom(true, true, false),
  }),
);

interface Written {
  readonly value: number;
  readonly seen: boolean;
}

/** What is true of the plant, kept the simple way. */
class Naive {
  speed: { value: number; quality: number } | undefined;
  running: { value: number; quality: number } | undefined;
  mode: AssetMode = 'local';
  tagOut = false;
  takes = true;
  remoteWrites = true;
  hasAuthority = true;
  written: Written | undefined;
  writtenAtMs = Number.NEGATIVE_INFINITY;
  holder: { by: Asker; untilMs: number } | undefined;
  nowMs = 0;
  readonly limits: Partial<GuardedTag>;

  constructor(limits: Partial<GuardedTag>) {
    this.limits = limits;
  }

  /** Whether this write may leave now. */
  allows({ value, by, why, leaseMs }: Extract<Act, { act: 'ask' }>): boolean {
    const { limits } = this;
    const person = by.kind !== 'rule';
    const low = limits.range?.[0] ?? Number.NEGATIVE_INFINITY;
    const high = limits.range?.[1] ?? Number.POSITIVE_INFINITY;
    return [
      this.allowsAny(),
      !person || why.trim() !== '',
      by.kind !== 'remote' || (this.remoteWrites && limits.remote === true && this.mode === 'remote'),
      value >= low && value <= high,
      leaseMs === undefined || (limits.lease !== undefined && leaseMs <= MAX_LEASE_MS),
      !this.holder ||
        by.kind === 'operator' ||
        (this.holder.by.kind === by.kind && this.holder.by.name === by.name),
      !limits.interlock || this.isRunning(),
      this.allowsChange(value),
    ].every(Boolean);
  }

  /** What holds for safe values too. */
  allowsAny(): boolean {
    const { safety, writable } = this.limits;
    return !safety && writable === true && this.hasAuthority && !this.tagOut && this.mode !== 'outOfService';
  }

  isRunning(): boolean {
    return this.running !== undefined && isGood(this.running.quality) && this.running.value === 1;
  }

  allowsChange(value: number): boolean {
    const { maxStep, ratePerS } = this.limits;
    if (maxStep === undefined && ratePerS === undefined) return true;
    if (!this.speed || !isGood(this.speed.quality)) return false;
    const pending = this.written && !this.written.seen ? this.written.value : undefined;
    if (value === pending) return true;
    const seconds = Math.min(1, (this.nowMs - this.writtenAtMs) / 1000);
    const byRate = ratePerS === undefined ? Number.POSITIVE_INFINITY : ratePerS * seconds;
    const most = Math.min(maxStep ?? Number.POSITIVE_INFINITY, byRate);
    return [this.speed.value, pending ?? value].every((from) => Math.abs(value - from) <= most);
  }

  wrote(value: number): void {
    this.writtenAtMs = this.nowMs;
    if (this.takes) this.written = { value, seen: false };
  }
}

async function play(bench: Bench, naive: Naive, act: Act): Promise<void> {
  const before = bench.sent.length;
  const newlySent = (): readonly Command[] => bench.sent.slice(before);
  if (act.act === 'ask') {
    const allowed = naive.allows(act);
    const outcome = await bench.ask(act.value, act);
    assert.equal(outcome.state !== 'refused', allowed, `${outcome.refusal}: ${outcome.reason}`);
    assert.deepEqual(
      newlySent().map(({ value }) => value),
      allowed ? [act.value] : [],
    );
    if (!allowed) return;
    naive.wrote(act.value);
    const untilMs = naive.nowMs + (act.leaseMs ?? MAX_LEASE_MS);
    if (naive.takes && naive.limits.lease) naive.holder = { by: act.by, untilMs };
    return;
  }
  await apply(bench, naive, act);
  for (const command of newlySent()) {
    assert.deepEqual([command.by.kind, command.value], ['lease', SAFE]);
    assert.ok(naive.allowsAny());
    naive.wrote(SAFE);
  }
}

async function apply(bench: Bench, naive: Naive, act: Exclude<Act, { act: 'ask' }>): Promise<void> {
  if (act.act === 'see') {
    const value = act.what === 'running' ? Math.min(act.value, 1) : act.value;
    naive[act.what] = { value, quality: act.quality };
    if (act.what === 'speed' && naive.written) naive.written = { ...naive.written, seen: true };
    bench.see([[bench.tags[act.what], value, act.quality]]);
  } else if (act.act === 'mode') {
    naive.mode = act.mode;
    if (act.mode === 'outOfService') naive.holder = undefined;
    bench.guard.setMode(PUMP, act.mode, 'bo');
  } else if (act.act === 'tagOut') {
    naive.tagOut = true;
    naive.holder = undefined;
    bench.guard.tagOut(PUMP, 'bo', 'coupling');
  } else if (act.act === 'removeTagOut') {
    if (naive.tagOut) bench.guard.removeTagOut(PUMP, 'bo');
    naive.tagOut = false;
  } else if (act.act === 'pass') {
    naive.nowMs += act.ms;
    if (naive.holder && naive.nowMs >= naive.holder.untilMs) naive.holder = undefined;
    await bench.pass(act.ms);
  } else if (act.act === 'release') {
    if (naive.holder?.by.kind === act.by.kind && naive.holder.by.name === act.by.name)
      naive.holder = undefined;
    bench.guard.release(act.by);
    await bench.clock.advance(0);
  } else if (act.act === 'device') {
    naive.takes = act.takes;
    bench.answer = async () => (act.takes ? { state: 'sent' } : { state: 'failed', reason: 'no' });
  } else {
    naive.remoteWrites = bench.remoteWrites = act.remoteWrites;
    naive.hasAuthority = bench.hasAuthority = act.hasAuthority;
  }
}

test('what leaves violates no limit, and what violates none leaves', async () => {
  await fc.assert(
    fc.asyncProperty(anyLimits, fc.array(anyAct, { maxLength: 40 }), async (limits, acts) => {
      const bench = new Bench(limits);
      bench.remoteWrites = true;
      const naive = new Naive(limits);
      await apply(bench, naive, { act: 'mode', mode: 'remote' });
      await apply(bench, naive, { act: 'see', what: 'speed', value: 4, quality: Quality.good });
      await apply(bench, naive, { act: 'see', what: 'running', value: 1, quality: Quality.good });
      for (const act of acts) await play(bench, naive, act);
      for (const command of bench.sent) assert.ok(command.by.name !== '');
      const ids = bench.records.filter(([name]) => name === 'intent').map(([, { id }]) => id);
      assert.deepEqual(
        ids,
        bench.sent.map(({ id }) => id),
      );
      const ended = bench.records.filter(([name]) => name !== 'intent').map(([, { id }]) => id);
      assert.equal(new Set(ended).size, ended.length);
      for (const id of ids) assert.ok(ended.includes(id));
    }),
    { numRuns: 600 },
  );
});
