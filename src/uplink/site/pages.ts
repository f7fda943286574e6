import type { Page, PagedTable } from '#journal/api.ts';
import type { CarriedTable, PageMessage, Welcome } from '../messages.ts';
import type { UplinkPorts } from './api.ts';
import type { Reporter } from './reporter.ts';

const GAPS_EVERY_US = 5_000_000;

/** Pages of small tables that the hub does not have as they are. */
export class ChangedPages {
  readonly #ports: UplinkPorts;
  readonly #reporter: Reporter | undefined;
  readonly #changed: () => void;
  /** Checksums of those that the hub has. */
  readonly #known: { readonly [table in CarriedTable]: Map<number, number> };
  readonly #waiting: PageMessage[] = [];
  #tagsVersion = -1;
  #tagsChanged = true;
  #gapsAtUs = 0;
  /** What the journal had written when gaps were last looked for: a hole is no entry, and may be the last that it tells of. */
  #gapsSeen = -1;

  /** @param changed told when there may be one that nothing else tells of */
  constructor(
    ports: UplinkPorts,
    { tags, gaps, alarms }: Welcome['pages'],
    reporter: Reporter | undefined,
    changed: () => void,
  ) {
    this.#ports = ports;
    this.#reporter = reporter;
    this.#changed = changed;
    this.#known = { tags: new Map(tags), gaps: new Map(gaps), alarms: new Map(alarms) };
  }

  /** @returns undefined when there is none */
  async next(): Promise<PageMessage | undefined> {
    this.#hearOfTags();
    if (this.#waiting.length === 0 && this.#mayHaveChanged) await this.#find();
    return this.#waiting.shift();
  }

  #hearOfTags(): void {
    const { journal, tagsVersion } = this.#ports;
    const version = tagsVersion();
    if (version === this.#tagsVersion) return;
    this.#tagsVersion = version;
    journal.whenSettled(() => {
      this.#tagsChanged = true;
      this.#changed();
    }, 'soon');
  }

  get #mayHaveChanged(): boolean {
    return this.#tagsChanged || this.#reporter?.isRedefined === true || this.#areGapsDue;
  }

  get #areGapsDue(): boolean {
    const { clock, journal } = this.#ports;
    return journal.health.writtenBytes !== this.#gapsSeen && clock.steadyUs() >= this.#gapsAtUs;
  }

  async #find(): Promise<void> {
    const { clock, journal } = this.#ports;
    if (this.#tagsChanged) {
      this.#tagsChanged = false;
      await this.#findIn('tags');
    }
    const definitions = await this.#reporter?.definitions(this.#known.alarms);
    for (const page of definitions ?? []) this.#queue('alarms', page);
    if (!this.#areGapsDue) return;
    this.#gapsSeen = journal.health.writtenBytes;
    this.#gapsAtUs = clock.steadyUs() + GAPS_EVERY_US;
    await this.#findIn('gaps');
  }

  async #findIn(table: PagedTable): Promise<void> {
    for (const page of await this.#ports.feed.pages(table, this.#known[table])) this.#queue(table, page);
  }

  #queue(table: CarriedTable, { page, crc, text }: Page): void {
    const known = this.#known[table];
    if (text === '[]') known.delete(page);
    else known.set(page, crc);
    this.#waiting.push({ kind: 'page', table, page, text });
  }
}
