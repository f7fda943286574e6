import type { TagModel } from '#contract/model.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import type { StillClock } from '#edge/replay/fixture.ts';
import { type WatchedSite, watchedSite } from '#edge/replay/fixture.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { createWorld, type World } from '#plant/physics/world.ts';
import type { ActuatorDef, SourceDef } from '#plugin/api.ts';
import { raw, wired } from '#test/plant/offline-site.ts';

/*
 * The demo: its real site, its plant's physics, and between them no sockets and no waiting. Hours pass in seconds; the
 * journal is the one that a demo of that length would have.
 */

/** Seconds of the physics between two readings. */
const STEP_S = 1;

export class FastDemo {
  readonly world: World;
  readonly asked: string[] = [];
  readonly #plant: ReturnType<typeof wired>;
  readonly #clock: StillClock;
  readonly #dir: string;
  readonly #read: ReadonlyMap<string, readonly TagModel[]>;
  readonly #blueprint: Blueprint;
  readonly #stepS: number;
  #watched: WatchedSite | undefined;

  /** @param stepS by how much the clock moves from reading to reading; the physics move by a second each time */
  constructor(blueprint: Blueprint, dir: string, clock: StillClock, stepS = STEP_S) {
    this.#stepS = stepS;
    this.world = createWorld(7);
    this.#plant = wired(this.world);
    this.#clock = clock;
    this.#dir = dir;
    const readable = blueprint.model.tags.filter(({ source, access }) => source && access !== 'write');
    this.#read = Map.groupBy(readable, ({ source }) => source ?? '');
    this.#blueprint = this.#withoutSockets(blueprint);
  }

  get site(): WatchedSite['site'] {
    if (!this.#watched) throw new Error('not started');
    return this.#watched.site;
  }

  async start(): Promise<void> {
    this.#watched = await watchedSite(this.#blueprint, this.#dir, this.#clock, this.asked);
    await turn(); // its sources are open
  }

  async stop(): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    this.#watched = undefined;
  }

  async run(seconds: number): Promise<void> {
    const { path, journal } = this.site.core;
    for (let i = 0; i < seconds / this.#stepS; i++) {
      this.world.step(STEP_S);
      this.#plant.refresh();
      this.#clock.atUs += this.#stepS * 1e6;
      for (const [source, tags] of this.#read) this.#arrive(source, tags);
      path.advance();
      await journal.room();
      await turn(); // writes leave, states are saved
    }
  }

  #arrive(source: string, tags: readonly TagModel[]): void {
    const { path, table } = this.site.core;
    const nowUs = this.#clock.atUs;
    const rows = new BatchBuilder();
    for (const tag of tags) {
      const value = this.#plant.read(tag);
      if (value !== undefined) rows.addValue(table.number(tag.path), nowUs, raw(tag, value));
    }
    path.accept(source, { batch: rows.take({ receivedUs: nowUs }) });
  }

  /** The same site file; what it opens is the plant itself. */
  #withoutSockets(blueprint: Blueprint): Blueprint {
    const { model, plugins } = blueprint;
    const never = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const open: SourceDef['open'] = async (_, { points }) => {
      const paths = new Map(points.map(({ tag }) => [tag.number, tag.path]));
      return {
        read: never,
        write: async ({ tag, value }) => {
          const to = model.tags.find(({ path }) => path === paths.get(tag));
          if (to) this.#plant.write(to, Number(value));
          return { state: 'sent' };
        },
        async [Symbol.asyncDispose]() {},
      };
    };
    const act: ActuatorDef['open'] = async () => ({
      act: async () => ({ state: 'done' }),
      async [Symbol.asyncDispose]() {},
    });
    const opened = <D extends { readonly open: unknown }>(
      defs: { readonly [kind: string]: D },
      by: D['open'],
    ) => Object.fromEntries(Object.entries(defs).map(([kind, def]) => [kind, { ...def, open: by }]));
    return {
      ...blueprint,
      plugins: {
        ...plugins,
        sources: opened(plugins.sources, open),
        actuators: opened(plugins.actuators, act),
      } as Blueprint['plugins'],
    };
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
