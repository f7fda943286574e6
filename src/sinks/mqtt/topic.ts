import { topicProblem } from '#codec/mqtt/filter.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { SinkDeps } from '#plugin/api.ts';
import type { Config } from './config.ts';

/** How the rows of a tag leave; `problem` when they cannot. */
export type Outlet =
  | { readonly tag: Tag; readonly topic: Uint8Array; readonly problem?: undefined }
  | { readonly problem: string };

export const topicOf = (template: string, site: string, path: string): string =>
  template.replaceAll('{site}', site).replaceAll('{path}', path);

/** Topics by tag number, each made once. */
export class Outlets {
  readonly #config: Pick<Config, 'topic' | 'tags'>;
  readonly #deps: Pick<SinkDeps, 'site' | 'tags'>;
  readonly #known: (Outlet | null | undefined)[] = [];

  constructor(config: Pick<Config, 'topic' | 'tags'>, deps: Pick<SinkDeps, 'site' | 'tags'>) {
    this.#config = config;
    this.#deps = deps;
  }

  /** @returns null for a tag that the configuration leaves out */
  of(number: number): Outlet | null {
    const known = this.#known[number];
    if (known !== undefined) return known;
    const made = this.#make(number);
    this.#known[number] = made;
    return made;
  }

  #make(number: number): Outlet | null {
    let tag: Tag;
    try {
      tag = this.#deps.tags.get(number);
    } catch {
      return { problem: `the site knows no tag of number ${number}` };
    }
    if (!tag.path.startsWith(this.#config.tags)) return null;
    const topic = topicOf(this.#config.topic, this.#deps.site, tag.path);
    const problem = topicProblem(topic, false);
    return problem === undefined
      ? { tag, topic: Buffer.from(topic) }
      : { problem: `topic ${topic}: ${problem}` };
  }
}
