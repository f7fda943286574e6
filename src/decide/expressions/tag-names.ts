import { nearest } from '#kernel/nearest.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** Suggests what a misspelled path was meant to be. The table is read at the first mistake, and once. */
export class TagNames {
  readonly #tags: TagTable;
  #paths: string[] | undefined;
  /** Paths by the part before the last slash. */
  readonly #inAsset = new Map<string, string[]>();

  constructor(tags: TagTable) {
    this.#tags = tags;
  }

  /**
   * Words ready to be written: the bare name for a sibling, otherwise `tag("…")`. Siblings first; then, as looking
   * at every tag of a large site takes its time, tags of the same last name; then all that are near.
   */
  suggest(path: string, asset: string): string | undefined {
    const paths = this.#read();
    const last = `/${path.slice(path.lastIndexOf('/') + 1)}`;
    const meant =
      nearest(path, this.#inAsset.get(asset) ?? []) ??
      paths.find((one) => one.endsWith(last)) ??
      nearest(path, paths);
    if (meant === undefined) return undefined;
    const bare = folder(meant) === asset ? meant.slice(meant.lastIndexOf('/') + 1) : '';
    return /^[a-z_][a-z0-9_]*$/.test(bare) ? `did you mean ${bare}?` : `did you mean tag("${meant}")?`;
  }

  #read(): readonly string[] {
    if (this.#paths) return this.#paths;
    this.#paths = [];
    for (const { path } of this.#tags) {
      this.#paths.push(path);
      const siblings = this.#inAsset.get(folder(path));
      if (siblings) siblings.push(path);
      else this.#inAsset.set(folder(path), [path]);
    }
    return this.#paths;
  }
}

const folder = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
