import type { Batch, Value } from '#kernel/batch.ts';
import { at, wideAt } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Command } from '#kernel/command.ts';
import { qualityName } from '#kernel/quality.ts';
import { type TagInfo, TagTable } from '#kernel/tag-table.ts';
import type { Delivery, Deps, Source } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { mqtt } from '#sources/mqtt/mqtt.ts';
import { trustsNothing } from '#test/trust.ts';

export type Events = Parameters<Deps['event']>[0][];

/** A tag as tests write it: `number` and `read` unless said otherwise. */
export interface TestPoint extends Partial<TagInfo> {
  readonly path: string;
  readonly address: object;
}

export interface TestDeps extends Deps {
  readonly events: Events;
  readonly table: TagTable & { newestUs?: (tag: number) => number };
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export function testDeps(points: readonly TestPoint[], mode: 'live' | 'shadow' = 'live'): TestDeps {
  const table = new TagTable();
  const events: Events = [];
  return {
    id: 'broker',
    clock: systemClock(),
    log: quiet,
    points: points.map(({ address, ...info }) => ({
      tag: table.declare({ type: 'number', access: 'read', ...info }),
      address: mqtt.address.parse(address),
    })),
    tags: table,
    table,
    mode,
    inbox: createInbox,
    load: { request() {}, caps() {} },
    trust: trustsNothing,
    event: (event) => events.push(event),
    events,
  };
}

/** Opens the source as the supervisor does. */
export async function openSource(config: object, deps: TestDeps): Promise<Source & AsyncDisposable> {
  return mqtt.open(mqtt.config.parse(config) as never, deps, AbortSignal.timeout(8000));
}

export interface Row {
  readonly tag: string;
  readonly value: number | Value;
  readonly quality: string;
  readonly timeUs: number;
}

export function rowsOf(batch: Batch, table: TagTable): Row[] {
  return Array.from({ length: batch.rows }, (_, i) => ({
    tag: table.get(at(batch.tag, i)).path,
    value: wideAt(batch, i) ?? at(batch.value, i),
    quality: qualityName(at(batch.quality, i)),
    timeUs: at(batch.timeUs, i),
  }));
}

export interface Taken {
  readonly rows: Row[];
  readonly deliveries: Delivery[];
}

/** Reads until there are so many rows. @param settle whether each delivery is said to be on disk at once */
export async function take(source: Source, deps: TestDeps, count: number, settle = true): Promise<Taken> {
  const rows: Row[] = [];
  const deliveries: Delivery[] = [];
  const signal = AbortSignal.timeout(8000);
  while (rows.length < count) {
    const delivery = await source.read(signal);
    deliveries.push(delivery);
    rows.push(...rowsOf(delivery.batch, deps.table));
    if (settle) delivery.settled?.('durable');
  }
  return { rows, deliveries };
}

export const brief = (rows: readonly Row[]) => rows.map(({ tag, value }) => [tag, value]);

/** A command as the guard hands it on. */
export const command = (value: number, more: Partial<Command> = {}): Command => ({
  id: 1,
  tag: 0,
  value,
  raw: value,
  by: { kind: 'operator', name: 'test' },
  why: 'test',
  deadlineUs: Number.MAX_SAFE_INTEGER,
  ...more,
});
