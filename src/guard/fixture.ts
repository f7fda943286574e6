import { compileCondition } from '#decide/condition.ts';
import type { Guard, GuardedTag, GuardPorts, PresentOf, WriteOutcome, WriteRequest } from '#guard/api.ts';
import { createGuard } from '#guard/guard.ts';
import { type Batch, BatchBuilder, type Value } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Asker, Command, WriteResult } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable, type TagType } from '#kernel/tag-table.ts';

/** The asset of all tests: a pump whose speed is written to `speed` and shows on `speed-actual`. */
export const PUMP = 'hall/line1/pump';

export const rule = (name = 'bearing'): Asker => ({ kind: 'rule', name });
export const operator = (name = 'ada'): Asker => ({ kind: 'operator', name });
export const remote = (name = 'hub'): Asker => ({ kind: 'remote', name });

export type Recorded = Parameters<GuardPorts['record']>;

/** A guard with everything around it in the hands of the test: time, the disk, and what the device answers. */
export class Bench {
  readonly clock: ManualClock;
  readonly table = new TagTable();
  readonly sent: Command[] = [];
  readonly signals: AbortSignal[] = [];
  readonly records: Recorded[] = [];
  saved: Json = null;
  remoteWrites = false;
  hasAuthority = true;
  shadow = false;
  /** What the device answers from now on. */
  answer: () => Promise<WriteResult> = async () => ({ state: 'sent' });
  durable: () => Promise<void> = async () => {};
  readonly guard: Guard;

  constructor(
    limits: Partial<GuardedTag>,
    snapshot?: Json,
    more: readonly Partial<GuardedTag>[] = [],
    clock = new ManualClock(),
  ) {
    this.clock = clock;
    const speed = this.#declare('speed', limits.type ?? 'number');
    const actual = this.#declare('speed-actual', limits.type ?? 'number');
    const running = this.#declare('running', 'boolean');
    this.tags = { speed, actual, running };
    const tags = this.#limits(limits, more);
    this.guard = createGuard(tags, this.#ports(), compileCondition, this.table, snapshot);
  }

  /** The site file has changed. @param limits of `speed`; undefined where it is gone */
  reconfigure(
    limits: Partial<GuardedTag> | undefined,
    more: readonly Partial<GuardedTag>[] = [],
    present?: PresentOf,
    changed?: ReadonlySet<number>,
  ): Promise<void> {
    return this.guard.reconfigure(this.#limits(limits, more), present, changed);
  }

  #limits(limits: Partial<GuardedTag> | undefined, more: readonly Partial<GuardedTag>[]): GuardedTag[] {
    const others = more.map((other, n) => guarded(this.#declare(`other${n}`, 'number'), `other${n}`, other));
    return limits
      ? [guarded(this.#declare('speed', limits.type ?? 'number'), 'speed', limits), ...others]
      : others;
  }

  readonly tags: { readonly speed: number; readonly actual: number; readonly running: number };

  #declare(signal: string, type: TagType): number {
    return this.table.declare({ path: `${PUMP}/${signal}`, type, access: 'readWrite' }).number;
  }

  #ports(): GuardPorts {
    const bench = this;
    return {
      steadyUs: () => bench.clock.steadyUs(),
      get remoteWrites() {
        return bench.remoteWrites;
      },
      get shadow() {
        return bench.shadow;
      },
      hasAuthority: () => bench.hasAuthority,
      send(command, signal) {
        bench.sent.push(command);
        bench.signals.push(signal);
        return bench.answer();
      },
      durable: () => bench.durable(),
      record: (...record) => bench.records.push(record),
      save: (state) => {
        bench.saved = state;
      },
    };
  }

  ask(value: number | Value, more: Partial<WriteRequest> = {}): Promise<WriteOutcome> {
    return this.guard.write({ tag: this.tags.speed, value, by: rule(), why: 'test', ...more });
  }

  /** Rows arrive, in one batch. */
  see(
    rows: readonly (readonly [tag: number, value: Value, quality?: number | undefined])[],
    late = false,
  ): void {
    const builder = new BatchBuilder();
    const nowUs = this.clock.nowUs();
    for (const [tag, value, quality] of rows) builder.addValue(tag, nowUs, value, quality ?? Quality.good);
    const batch: Batch = builder.take({ receivedUs: nowUs, late });
    this.guard.observe(batch, this.clock.steadyUs());
  }

  /** Time passes, and the guard is told once at its end. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.guard.advance(this.clock.steadyUs());
    await this.clock.advance(0);
  }

  get sentValues(): readonly (number | Value)[] {
    return this.sent.map((command) => command.value);
  }

  /** Names of what was recorded, in order, with the refusal where there is one. */
  get story(): readonly string[] {
    return this.records.map(([name, { refusal }]) => (refusal ? `${name}: ${refusal}` : name));
  }
}

function guarded(tag: number, signal: string, limits: Partial<GuardedTag>): GuardedTag {
  return {
    tag,
    path: `${PUMP}/${signal}`,
    asset: PUMP,
    type: 'number',
    writable: true,
    safety: false,
    ttlMs: 1000,
    remote: false,
    ...limits,
  };
}

/** Number that the table gives to `speed-actual`, for limits that are written before the bench stands. */
export const ACTUAL = 1;
