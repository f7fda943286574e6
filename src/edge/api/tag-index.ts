import type { Site } from '#edge/site.ts';
import type { Tag } from '#kernel/tag-table.ts';

type TreeNode = ReturnType<typeof nodeOf> & { readonly children?: readonly TreeNode[] };

/** The tags of a site in the order of their paths, for pages and branches; made anew when there are others. */
export class TagIndex {
  readonly #site: Site;
  #tags: readonly Tag[] = [];
  #of = '';

  constructor(site: Site) {
    this.#site = site;
  }

  /** Tags whose path begins with the prefix and comes after the other one. */
  *from(prefix: string, after = ''): Iterable<Tag> {
    const tags = this.#sorted();
    const isAfter = after >= prefix;
    for (let i = isAfter ? firstAfter(tags, after) : firstFrom(tags, prefix); i < tags.length; i++) {
      const tag = tags[i] as Tag;
      if (!tag.path.startsWith(prefix)) return;
      yield tag;
    }
  }

  /** Branches directly below a place, with theirs down to a depth; of the tags that are seen. */
  below(at: string, depth: number, isSeen: (tag: Tag) => boolean): readonly TreeNode[] {
    const tags = [...this.from(at === '' ? '' : `${at}/`)].filter(isSeen);
    return branches(tags, at === '' ? 0 : at.length + 1, depth);
  }

  #sorted(): readonly Tag[] {
    // A file that changes a tag makes another tag of it; sources only add some at run time.
    const now = `${this.#site.digest} ${this.#site.tagCount}`;
    if (now === this.#of) return this.#tags;
    this.#of = now;
    this.#tags = [...this.#site.tags()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return this.#tags;
  }
}

const firstFrom = (tags: readonly Tag[], path: string): number => firstWhere(tags, (one) => one >= path);
const firstAfter = (tags: readonly Tag[], path: string): number => firstWhere(tags, (one) => one > path);

function firstWhere(tags: readonly Tag[], isThere: (path: string) => boolean): number {
  let low = 0;
  let high = tags.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isThere((tags[middle] as Tag).path)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Tags that share their path up to `from`, put together by the name that follows there. */
function branches(tags: readonly Tag[], from: number, depth: number): readonly TreeNode[] {
  const byName = Map.groupBy(tags, ({ path }) => path.slice(from).split('/')[0] as string);
  return [...byName].map(([name, some]) => {
    const node = nodeOf(name, some, from);
    const end = from + name.length + 1;
    const deeper = some.filter(({ path }) => path.length > end);
    return depth <= 1 || deeper.length === 0 ? node : { ...node, children: branches(deeper, end, depth - 1) };
  });
}

function nodeOf(name: string, tags: readonly Tag[], from: number) {
  const path = (tags[0] as Tag).path.slice(0, from + name.length);
  return { name, path, tags: tags.length, isTag: tags.some((tag) => tag.path === path) };
}
