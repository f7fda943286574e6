import { Fault } from '#kernel/fault.ts';

/**
 * Whose a tag is. Without this whoever may publish on a broker could take over the tag of another device by a topic
 * that makes its path: the inputs of interlocks and the feedback of writes.
 */
export class TagOwners {
  #file: ReadonlySet<string>;
  readonly #found = new Map<string, string>();

  /** @param file paths that the site file names: nobody may declare them at run time, its own source neither */
  constructor(file: Iterable<string>) {
    this.#file = new Set(file);
  }

  /**
   * A source found a tag at run time; the first one of a run owns the path.
   * @returns whether it is new in this run
   * @throws Fault `tag.owned`
   */
  claim(path: string, source: string): boolean {
    const owner = this.#file.has(path) ? 'the site file' : this.#found.get(path);
    if (owner === source) return false;
    if (owner === undefined) {
      this.#found.set(path, source);
      return true;
    }
    const whose = owner === 'the site file' ? owner : `source ${owner}`;
    throw new Fault('tag.owned', `tag ${path} belongs to ${whose}, not to source ${source}`, {
      retry: 'never',
      hint: 'Give what this source finds a path of its own, such as one that begins with its name.',
    });
  }

  /** Another site file. @returns sources that had found tags which it names: these are theirs no more */
  rename(file: Iterable<string>): ReadonlySet<string> {
    this.#file = new Set(file);
    const finders = new Set<string>();
    for (const [path, source] of this.#found) {
      if (!this.#file.has(path)) continue;
      finders.add(source);
      this.#found.delete(path);
    }
    return finders;
  }

  /** What the source found is free again: it is gone, or finds it anew. */
  release(source: string): void {
    for (const [path, owner] of this.#found) if (owner === source) this.#found.delete(path);
  }
}
