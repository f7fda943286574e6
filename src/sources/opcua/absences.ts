import { at } from '#kernel/batch.ts';
import type { Deps, Point } from '#plugin/api.ts';
import type { Feed } from './feed.ts';
import { type HistoryPoint, type HistoryPorts, type HistoryStep, readHistory } from './history.ts';
import type { Items } from './items.ts';

/** A time of which nothing is kept, between two rows that are; source times, µs since 1970. */
interface Hole {
  readonly tag: number;
  fromUs: number;
  readonly toUs: number;
}

export interface AbsencePorts {
  readonly deps: Deps;
  readonly items: Items;
  readonly feed: Feed;
  readonly history: HistoryPorts;
}

/** Holes that are remembered over sessions; the oldest beyond are told as gaps. */
const MOST_OWED = 10_000;

/** What sessions that ended too soon have left to be filled, by the load of their source, which outlives them. */
const owed = new WeakMap<Deps['load'], readonly Hole[]>();

/**
 * The holes that absences leave, from the newest row before to the first one after. Each is filled from the history of
 * the server or told as a gap: by this session, or by the next one when this one ends before.
 */
export class Absences {
  readonly #ports: AbsencePorts;
  #earlier: Hole[];
  /** Being filled, by tag. */
  #open: ReadonlyMap<number, Hole> = new Map();
  readonly #settled = new Set<number>();
  /** Newest source time before this session, of each tag. */
  readonly #newestUs = new Map<number, number>();
  /**
   * Tags whose hole is filled or told here. Of the others nobody knows where it begins: those of a server whose clock
   * is too far ahead, whose times say nothing, and those that have never brought a row.
   */
  readonly covered: ReadonlySet<number>;

  /** Made before the first row of a session moves the newest times on. */
  constructor(ports: AbsencePorts, points: readonly Point[]) {
    const { deps } = ports;
    this.#ports = ports;
    this.#earlier = [...(owed.get(deps.load) ?? [])];
    owed.delete(deps.load);
    for (const { tag } of points) {
      const newestUs = deps.tags.newestUs?.(tag.number) ?? 0;
      if (newestUs > 0) this.#newestUs.set(tag.number, newestUs);
    }
    this.covered = new Set(this.#newestUs.keys());
  }

  /** Fills what the server has kept, and tells what it has not. Called once live values have come, or do not. */
  async fill(signal: AbortSignal): Promise<void> {
    for (const hole of this.#earlier.splice(0, Math.max(0, this.#earlier.length - MOST_OWED)))
      this.#tell(hole);
    while (this.#earlier.length > 0) {
      // A tag may have several.
      const wave = new Map(this.#earlier.toReversed().map((hole) => [hole.tag, hole]));
      const first = new Set(wave.values());
      this.#earlier = this.#earlier.filter((hole) => !first.has(hole));
      await this.#fill(wave, signal);
    }
    const fresh = this.#fresh(this.#ports.deps.clock.nowUs());
    this.#newestUs.clear();
    await this.#fill(new Map(fresh.map((hole) => [hole.tag, hole])), signal);
  }

  /** The session is over: nothing can be told any more. What is not settled is left to the next one. */
  end(): void {
    const open = [...this.#open.values()].filter(({ tag }) => !this.#settled.has(tag));
    const left = [...open, ...this.#earlier, ...this.#fresh(0)];
    if (left.length > 0) owed.set(this.#ports.deps.load, left);
  }

  /** @param untilUs end of the holes of tags that have no row yet; 0: they are no holes yet */
  #fresh(untilUs: number): Hole[] {
    const { items } = this.#ports;
    return [...this.#newestUs].flatMap(([tag, fromUs]) => {
      const item = items.ofTag(tag);
      const toUs = item ? at(items.firstTimeUs, item.slot) || untilUs : 0;
      return toUs > fromUs ? [{ tag, fromUs, toUs }] : [];
    });
  }

  async #fill(holes: ReadonlyMap<number, Hole>, signal: AbortSignal): Promise<void> {
    const { items, feed, history } = this.#ports;
    this.#open = holes;
    this.#settled.clear();
    const points: HistoryPoint[] = [];
    for (const hole of holes.values()) {
      const item = items.ofTag(hole.tag);
      if (item?.node !== undefined) points.push({ ...item, node: item.node, ...hole });
      else this.#tell(hole);
    }
    for await (const step of readHistory(history, points, signal)) {
      await feed.room(signal);
      this.#take(step);
    }
    this.#open = new Map();
  }

  #take(step: HistoryStep): void {
    if (step.kind === 'left') this.#tell(step);
    else if (step.kind === 'filled') for (const tag of step.tags) this.#settled.add(tag);
    else {
      this.#ports.feed.push(step.batch);
      const { tag: tags, timeUs, rows } = step.batch;
      // What has been delivered is not asked for again.
      for (let i = 0; i < rows; i++) {
        const hole = this.#open.get(at(tags, i));
        if (hole) hole.fromUs = Math.max(hole.fromUs, at(timeUs, i));
      }
    }
  }

  #tell({ tag, fromUs, toUs }: Hole): void {
    this.#ports.feed.hole([tag], 'device-silent', fromUs, toUs);
    this.#settled.add(tag);
  }
}
