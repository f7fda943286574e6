import type { Site } from '#edge/site.ts';

/** Who reads a tag, as people name them. */
export interface Reader {
  readonly kind: 'rule' | 'alarm' | 'suppression' | 'detector' | 'tag';
  readonly id: string;
}

const KNOWN = new WeakMap<Site, Usage>();

/** The one of a site. */
export function usageOf(site: Site): Usage {
  const known = KNOWN.get(site) ?? new Usage(site);
  KNOWN.set(site, known);
  return known;
}

/** What rests on what in the site file that runs; made anew when another one does. */
export class Usage {
  readonly #site: Site;
  #of: unknown;
  readonly #readers = new Map<number, Reader[]>();
  readonly #reads = new Map<string, readonly string[]>();

  constructor(site: Site) {
    this.#site = site;
  }

  readersOf(tag: number): readonly Reader[] {
    this.#refresh();
    return this.#readers.get(tag) ?? [];
  }

  /** Paths of the tags that the condition of a rule or an alarm reads. */
  readBy(id: string, kind: 'rule' | 'alarm' | 'detector' = 'rule'): readonly string[] {
    this.#refresh();
    return this.#reads.get(`${kind} ${id}`) ?? [];
  }

  #refresh(): void {
    const { decisions, table } = this.#site.core;
    if (this.#of === decisions) return;
    this.#of = decisions;
    this.#readers.clear();
    this.#reads.clear();
    const path = (tag: number) => table.get(tag).path;
    for (const reading of decisions.reads()) {
      const { kind, tags } = reading;
      const id = reading.kind === 'tag' ? path(reading.tag) : reading.id;
      // A detector reads what it looks at, and what tells it to rest; people ask for the first.
      const isKnown = this.#reads.has(`${kind} ${id}`);
      if (kind === 'detector' ? !isKnown : kind === 'rule' || kind === 'alarm')
        this.#reads.set(`${kind} ${id}`, tags.map(path));
      for (const tag of tags) {
        const some = this.#readers.get(tag);
        if (some) some.push({ kind, id });
        else this.#readers.set(tag, [{ kind, id }]);
      }
    }
  }
}
