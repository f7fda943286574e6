import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptOpen, OPEN_MS } from '#edge/kept-open.ts';
import { type Value, wideAt } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Command } from '#kernel/command.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import { type TagInfo, TagTable } from '#kernel/tag-table.ts';
import type { Delivery, Deps, PeerTrust, Point, Source } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { Address } from '#sources/opcua/address.ts';
import { Config } from '#sources/opcua/config.ts';
import { opcua } from '#sources/opcua/opcua.ts';
import { openTrust } from '#trust/store.ts';

/* What the tests of OPC UA share: a source opened against a server, and what it says kept. */

const clock = systemClock();

/** A store of certificates of its own, removed at the end. */
export class TestTrust implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'holdfast-trust-'));
  readonly store = openTrust(this.#dir, { nowUs: () => clock.nowUs() });

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export interface TagAt extends Partial<Omit<TagInfo, 'path'>> {
  readonly at: Record<string, unknown>;
}

export interface Row {
  readonly path: string;
  readonly value: number | Value;
  readonly quality: number;
  readonly timeUs: number;
}

export interface Setup {
  readonly trust: PeerTrust;
  readonly config: Record<string, unknown>;
  readonly tags: Record<string, TagAt>;
  readonly mode?: Deps['mode'];
  readonly signal?: AbortSignal;
  /** The supervisor's pauses pass so many times faster. */
  readonly hurry?: number;
  /** Newest source time that earlier sessions brought of a path, µs since 1970. */
  readonly newestUs?: (path: string) => number;
}

/** Without security and quick, where the test says nothing else. */
export const QUICK = {
  security: { mode: 'none' },
  publishMs: 50,
  keepAliveMs: 500,
  sampleMs: 0,
  requestsPerS: 10_000,
  outstanding: 20,
};

/** Opens the source as the supervisor does, once. */
export async function openOpcua(setup: Setup): Promise<Opened> {
  const tags = new TagTable();
  const opened = new Opened(tags, pointsOf(tags, setup.tags));
  const deps = depsOf(setup, opened);
  opened.source = await opcua.open(configOf(setup), deps, setup.signal ?? AbortSignal.timeout(15_000));
  return opened;
}

/** Keeps the source open with the supervisor of the site, and reads it all the while. */
export function keepOpcua(setup: Setup): Kept {
  const tags = new TagTable();
  const kept = new Kept(tags, pointsOf(tags, setup.tags));
  const deps = depsOf(setup, kept);
  kept.keeper = new KeptOpen<Source<Config>>({
    what: 'source',
    id: 'device',
    clock: { ...clock, sleep: (ms, signal) => clock.sleep(ms / (setup.hurry ?? 1), signal) },
    log: deps.log,
    open: (signal) => opcua.open(configOf(setup), deps, signal),
    openMs: () => OPEN_MS * (setup.hurry ?? 1),
    serve: (source, signal) => kept.serve(source, signal),
    lost: (fault) => void kept.faults.push(fault),
  });
  kept.keeper.start();
  return kept;
}

const configOf = (setup: Setup): Config => Config.parse({ ...QUICK, ...setup.config });

function depsOf(setup: Setup, opened: Opened): Deps {
  return {
    id: 'device',
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    points: opened.points,
    tags: {
      declare: (info) => opened.tags.declare(info),
      newestUs: (tag) => setup.newestUs?.(opened.tags.get(tag).path) ?? 0,
    },
    mode: setup.mode ?? 'live',
    trust: setup.trust,
    inbox: createInbox,
    load: { request: (ms, outcome) => void opened.requests.push({ ms, outcome }), caps: () => {} },
    event: (event) => void opened.events.push(event),
  };
}

export const pointsOf = (tags: TagTable, tagsAt: Record<string, TagAt>): Point<Address>[] =>
  Object.entries(tagsAt).map(([path, { at, ...info }]) => ({
    tag: tags.declare({ path, type: 'number', access: 'readWrite', ...info }),
    address: Address.parse(at),
  }));

/** An open source, its rows gathered by path. */
export class Opened implements AsyncDisposable {
  source: Source<Config> = undefined as unknown as Source<Config>;
  readonly events: { name: string; subject: string; detail?: unknown }[] = [];
  readonly requests: { ms: number | undefined; outcome: string }[] = [];
  readonly rows: Row[] = [];
  /** Rows of history. */
  readonly late: Row[] = [];
  readonly gaps: Gap[] = [];
  readonly points: Point<Address>[];
  readonly tags: TagTable;
  #command = 0;

  constructor(tags: TagTable, points: Point<Address>[]) {
    this.tags = tags;
    this.points = points;
  }

  /** Reads until the condition holds. @throws after the deadline, or what `read` throws */
  async until(holds: () => unknown, withinMs = 10_000): Promise<void> {
    const deadline = AbortSignal.timeout(withinMs);
    while (!holds()) {
      this.gather(await this.source.read(deadline));
    }
  }

  /** Newest row of a path. */
  last(path: string): Row | undefined {
    return this.rows.findLast((row) => row.path === path);
  }

  write(path: string, raw: number | Value, ttlMs = 5000, signal = AbortSignal.timeout(10_000)) {
    const command: Command = {
      id: ++this.#command,
      tag: this.tags.number(path),
      value: raw,
      raw,
      by: { kind: 'operator', name: 'test' },
      why: 'test',
      deadlineUs: clock.steadyUs() + ttlMs * 1000,
    };
    if (!this.source.write) throw new Error('the source takes no writes');
    return this.source.write(command, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
  }

  gather({ batch, gaps }: Delivery): void {
    this.gaps.push(...(gaps ?? []));
    for (let i = 0; i < batch.rows; i++) {
      (batch.late ? this.late : this.rows).push({
        path: this.tags.get(batch.tag[i] as number).path,
        value: wideAt(batch, i) ?? (batch.value[i] as number),
        quality: batch.quality[i] as number,
        timeUs: batch.timeUs[i] as number,
      });
    }
  }
}

/** A source that is opened again whenever it ends. */
export class Kept extends Opened {
  keeper: KeptOpen<Source<Config>> = undefined as unknown as KeptOpen<Source<Config>>;
  readonly faults: Fault[] = [];

  async serve(source: Source<Config>, signal: AbortSignal): Promise<void> {
    this.source = source;
    while (!signal.aborted) {
      const delivery = await source.read(signal);
      this.keeper.alive();
      this.gather(delivery);
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
  }
}
