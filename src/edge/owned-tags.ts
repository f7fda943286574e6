import type { TagModel } from '#contract/model.ts';
import type { Core } from '#edge/core.ts';
import type { PeersPlan } from '#edge/peers.ts';
import { silenceUs, staleAfterUs } from '#edge/source-plan.ts';

/** Which tags the site has, and whose they are: those that the file names, and those that sources found. */
export class OwnedTags {
  /** Tags that are read from each source, for liveness: nobody reads what can only be written. */
  readonly bySource = new Map<string, number[]>();
  /** Tags of the file in its order, with their sources. */
  #named = new Map<number, string | undefined>();
  /** Those of them that are read. */
  #read = new Set<number>();
  readonly #found = new Map<string, Set<number>>();

  /** The source that a tag of the file is read from and written to. */
  ownerOf(tag: number): string | undefined {
    return this.#named.get(tag);
  }

  get count(): number {
    let count = this.#named.size;
    for (const numbers of this.#found.values()) count += numbers.size;
    return count;
  }

  has(tag: number): boolean {
    if (this.#named.has(tag)) return true;
    for (const numbers of this.#found.values()) if (numbers.has(tag)) return true;
    return false;
  }

  *all(): Iterable<number> {
    yield* this.#named.keys();
    for (const numbers of this.#found.values()) yield* numbers;
  }

  /** A tag that a source found at run time. @param staleAfterMs see {@link Tags.declare} */
  found(core: Core, source: string, tag: number, staleAfterMs: number | undefined): void {
    const numbers = this.#found.get(source) ?? new Set();
    this.#found.set(source, numbers.add(tag));
    this.bySource.get(source)?.push(tag);
    core.liveness.watch(tag, silenceUs(staleAfterMs), core.clock.steadyUs());
  }

  /** Tags that the source had found and that a file names now: they are no longer among those found. */
  foundAndNamed(core: Core, source: string, named: ReadonlySet<string>): number[] {
    const numbers = this.#found.get(source) ?? new Set();
    const taken = [...numbers].filter((tag) => named.has(core.table.get(tag).path));
    for (const tag of taken) numbers.delete(tag);
    return taken;
  }

  /** What the source had found is no tag of the site any more, until somebody finds it again. */
  release(core: Core, source: string): void {
    for (const tag of this.#found.get(source) ?? []) forget(core, tag);
    this.#found.delete(source);
  }

  /** Takes the tags of another file. @param redefined those of them whose rows mean something else now */
  assign(core: Core, { model, sources }: PeersPlan, redefined: ReadonlySet<number>): void {
    const before = this.#named;
    const readBefore = this.#read;
    this.#read = new Set();
    this.#named = new Map(model.tags.map((tag) => [core.table.number(tag.path), tag.source]));
    for (const number of before.keys()) if (!this.#named.has(number)) forget(core, number);
    for (const number of redefined) core.values.forget(number);
    this.bySource.clear();
    for (const id of sources.keys()) this.bySource.set(id, []);
    for (const tag of model.tags) {
      const config = tag.source === undefined ? undefined : sources.get(tag.source)?.config;
      if (config === undefined || tag.access === 'write') continue;
      const number = core.table.number(tag.path);
      this.bySource.get(tag.source as string)?.push(number);
      this.#read.add(number);
      const isNew = before.get(number) !== tag.source || !readBefore.has(number) || redefined.has(number);
      watch(core, number, tag, config, isNew);
    }
    for (const [id, numbers] of this.#found) this.bySource.get(id)?.push(...numbers);
  }
}

function watch(core: Core, number: number, tag: TagModel, config: unknown, isNew: boolean): void {
  const after = staleAfterUs(tag, config);
  if (isNew) core.liveness.watch(number, after, core.clock.steadyUs());
  else core.liveness.setStaleAfter(number, after);
}

function forget(core: Core, tag: number): void {
  core.values.forget(tag);
  core.liveness.setStaleAfter(tag, Number.POSITIVE_INFINITY);
}
