import type { ImportRows } from '#historian/api.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad, isGood, Quality } from '#kernel/quality.ts';
import type { TagInfo, TagType } from '#kernel/tag-table.ts';
import { cellReader, isGapMark, isNothing, qualityOf, Refused } from './cells.ts';
import { type Layout, type LayoutOptions, layoutOf } from './layout.ts';
import {
  type FindTag,
  type Named,
  type NamingOptions,
  named,
  siteEntries,
  typeOf,
  type Unknown,
} from './naming.ts';
import { type ColumnReport, type ImportReport, Refusals } from './report.ts';
import type { Cell, Table, TableRow } from './table.ts';
import { timeReader } from './times.ts';
import { zoneOf } from './zone.ts';

export interface ImportOptions extends LayoutOptions, NamingOptions {
  /** Of times that name none. */
  readonly zone?: string | undefined;
  /** Says what an import would do, and keeps nothing. */
  readonly dryRun?: boolean | undefined;
  /** Columns of a wide table that no tag stands for are left out; otherwise they refuse the file. */
  readonly skipUnknown?: boolean | undefined;
  /** Names that no tag stands for become tags of the history alone; their types are guessed. */
  readonly undeclared?: boolean | undefined;
}

export interface ImportPorts {
  readonly find: FindTag;
  /** Keeps rows. @returns how many were new */
  keep(rows: ImportRows): Promise<number>;
  /** After each part. */
  progress?(rows: number): void;
  /** Nothing later is taken for a moment. */
  readonly nowUs: number;
}

/** Samples kept together: as many as the historian takes as one flush, without its memory growing. */
const ROWS_A_BATCH = 65_536;
/** Characters of text among them. */
const WIDE_A_BATCH = 2 ** 21;
const MOST_PREVIEW = 10;
const AHEAD_US = 300e6;
const MOST_NAMES = 100_000;
/** Cells of an unknown name by which its type is guessed. */
const SAMPLE_CELLS = 50;

type Report = Omit<ImportReport, 'bytes' | 'digest'>;

/**
 * Reads a table to its end and keeps its samples, in any order of time; rows that cannot be read are counted and told,
 * and hold up nothing. Good samples are marked as `goodEntryInserted`; others keep the reason that the file gives.
 * @throws Fault `exchange.unknown-tags`, `exchange.no-zone`, those of {@link layoutOf} and of `keep`
 */
export async function importTable(table: Table, options: ImportOptions, ports: ImportPorts): Promise<Report> {
  const layout = layoutOf(table, options);
  if (layout.isLocal && options.zone === undefined && !options.dryRun) throw noZone(table, layout);
  const importer = new Importer(table, layout, options, ports);
  for await (const part of table.parts()) {
    await importer.take(part);
    ports.progress?.(importer.rows);
  }
  return await importer.report();
}

const noZone = ({ columns, head }: Table, { time }: Layout): Fault => {
  const example = head[0]?.cells[time];
  const what = `the times in ${columns[time]} name no zone${typeof example === 'string' ? `: ${example}` : ''}`;
  return new Fault('exchange.no-zone', what, {
    retry: 'never',
    hint: 'say where the clock stood: --zone UTC, --zone +01:00, or --zone Europe/Berlin (summer time is then known)',
  });
};

/** A tag on its way in. */
interface Target {
  readonly name: string;
  readonly tag: TagInfo;
  /** Place among the tags of the batch. */
  readonly index: number;
  readonly read: ReturnType<typeof cellReader>;
  samples: number;
  refused: number;
  /** Moment of its sample before, by which an hour that there was twice is told apart. */
  lastUs: number;
}

interface Missing {
  readonly named: Named;
  readonly cells: Cell[];
  rows: number;
}

class Importer {
  rows = 0;
  readonly #table: Table;
  readonly #layout: Layout;
  readonly #options: ImportOptions;
  readonly #ports: ImportPorts;
  readonly #moment: ReturnType<typeof timeReader>;
  readonly #builder = new BatchBuilder();
  readonly #targets: Target[] = [];
  /** By name of a long table, by place of a wide one. */
  readonly #byName = new Map<string | number, Target | Missing | undefined>();
  readonly #refusals = new Refusals();
  readonly #preview: ImportReport['preview'][number][] = [];
  #wideChars = 0;
  #samples = 0;
  #added = 0;
  #empty = 0;
  #lastUs = Number.NEGATIVE_INFINITY;
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;

  constructor(table: Table, layout: Layout, options: ImportOptions, ports: ImportPorts) {
    this.#table = table;
    this.#layout = layout;
    this.#options = options;
    this.#ports = ports;
    const zone = options.zone === undefined ? undefined : zoneOf(options.zone);
    const given = table.moments.get(table.columns[layout.time] as string);
    this.#moment =
      given?.isLocal && zone
        ? localMoments(zone)
        : timeReader(layout.timeFormat, zone ?? (options.dryRun ? zoneOf('UTC') : undefined));
    if (layout.form === 'wide') this.#nameColumns();
  }

  async take(rows: readonly TableRow[]): Promise<void> {
    for (const row of rows) {
      this.rows++;
      if (row.problem !== undefined) this.#refusals.add(row.line, row.problem);
      else if (this.#layout.form === 'wide') this.#wide(row);
      else this.#long(row);
      if (this.#builder.rows >= ROWS_A_BATCH || this.#wideChars >= WIDE_A_BATCH) await this.#flush();
    }
  }

  async report(): Promise<Report> {
    await this.#flush();
    const { format, about, columns, decimal } = this.#table;
    const { form, time, timeFormat, isLocal } = this.#layout;
    const unknown = this.#unknown(decimal);
    return {
      dryRun: this.#options.dryRun ?? false,
      format,
      form,
      about,
      time: {
        column: columns[time] as string,
        format: timeFormat,
        ...(isLocal && this.#options.zone !== undefined && { zone: this.#options.zone }),
        ...(!isLocal && { zone: 'UTC' }),
      },
      columns: this.#targets.map(columnReport),
      unknown,
      preview: this.#preview,
      rows: this.rows,
      samples: this.#samples,
      ...(!this.#options.dryRun && { added: this.#added }),
      empty: this.#empty,
      refused: this.#refusals.count,
      refusals: this.#refusals.first,
      ...(this.#samples > 0 && { fromUs: this.#fromUs, toUs: this.#toUs }),
    };
  }

  #nameColumns(): void {
    const { columns, head } = this.#table;
    for (const place of this.#layout.values) {
      const cells = head.slice(0, SAMPLE_CELLS).map((row) => row.cells[place] ?? null);
      this.#byName.set(place, this.#find(columns[place] as string, cells));
    }
    const unknown = this.#unknown(this.#table.decimal);
    if (unknown.length > 0 && !this.#options.dryRun && !this.#options.skipUnknown) throw unknownTags(unknown);
    if (this.#targets.length === 0 && unknown.length === 0)
      throw new Fault('exchange.usage', 'the file has no column with values', { retry: 'never' });
  }

  /** @param cells some of its cells, by which a type is guessed where no tag says one */
  #find(name: string, cells: Cell[]): Target | Missing | undefined {
    const found = named(name, this.#ports.find, this.#options);
    if (!found) return undefined;
    const { decimal } = this.#table;
    const tag =
      found.tag ?? (this.#options.undeclared ? newTag(found.path, typeOf(cells, decimal)) : undefined);
    if (!tag) return { named: found, cells, rows: 0 };
    const twin = this.#targets.find((one) => one.tag.path === tag.path);
    if (twin && this.#layout.form === 'wide')
      throw new Fault('exchange.usage', `the columns ${twin.name} and ${name} would both be ${tag.path}`, {
        retry: 'never',
        hint: 'give one of them another path with --map, or leave it out with --skip',
      });
    if (twin) return twin;
    const read = cellReader(tag, decimal);
    const lastUs = Number.NEGATIVE_INFINITY;
    const target = { name, tag, index: this.#targets.length, read, samples: 0, refused: 0, lastUs };
    this.#targets.push(target);
    return target;
  }

  #wide({ line, cells }: TableRow): void {
    const timeUs = this.#timeOf(line, cells, this.#lastUs);
    if (timeUs === undefined) return;
    this.#lastUs = timeUs;
    for (const place of this.#layout.values) {
      const target = this.#byName.get(place);
      if (!target) continue;
      if ('cells' in target) target.rows++;
      else {
        const quality = this.#layout.qualities.get(place);
        this.#add(
          target,
          line,
          timeUs,
          cells[place] ?? null,
          quality === undefined ? null : (cells[quality] ?? null),
        );
      }
    }
  }

  #long({ line, cells }: TableRow): void {
    const name = String(cells[this.#layout.tag] ?? '').trim();
    const isFull = this.#byName.size >= MOST_NAMES && !this.#byName.has(name);
    if (name === '' || isFull) {
      this.#refusals.add(line, isFull ? `more than ${MOST_NAMES} names` : 'the name of the tag is missing');
      return;
    }
    const cell = this.#valueOf(cells);
    if (!this.#byName.has(name)) this.#byName.set(name, this.#find(name, [cell]));
    const target = this.#byName.get(name);
    if (!target) return;
    if ('cells' in target) {
      target.rows++;
      if (target.cells.length < SAMPLE_CELLS) target.cells.push(cell);
      return;
    }
    const timeUs = this.#timeOf(line, cells, target.lastUs);
    if (timeUs === undefined) return;
    target.lastUs = timeUs;
    const { quality } = this.#layout;
    this.#add(target, line, timeUs, cell, quality === undefined ? null : (cells[quality] ?? null));
  }

  #valueOf(cells: readonly Cell[]): Cell {
    for (const place of this.#layout.values) {
      const cell = cells[place] ?? null;
      if (cell !== null && cell !== '') return cell;
    }
    return null;
  }

  #timeOf(line: number, cells: readonly Cell[], beforeUs: number): number | undefined {
    const moment = this.#moment(cells[this.#layout.time] ?? null, beforeUs);
    if (typeof moment === 'number' && moment <= this.#ports.nowUs + AHEAD_US && moment > 0) return moment;
    const why =
      typeof moment === 'string'
        ? moment
        : moment > 0
          ? 'the time lies in the future'
          : 'the time lies before 1970';
    this.#refusals.add(line, why);
    return undefined;
  }

  #add(target: Target, line: number, timeUs: number, cell: Cell, given: Cell): void {
    if (isGapMark(given)) {
      this.#empty++;
      return;
    }
    const quality = qualityOf(given);
    const value = quality instanceof Refused ? quality : target.read(cell);
    if (value instanceof Refused) {
      target.refused++;
      this.#refusals.add(line, value.why, target.name);
      return;
    }
    const code = quality as number;
    // A bad sample without a value says that there was none; a good one says nothing.
    if (value === undefined && !isBad(code)) {
      this.#empty++;
      return;
    }
    this.#builder.addValue(target.index, timeUs, value ?? Number.NaN, marked(code, value, target.tag));
    if (typeof value === 'string') this.#wideChars += value.length;
    else if (typeof value === 'object') this.#wideChars += 256;
    if (this.#preview.length < MOST_PREVIEW)
      this.#preview.push({ timeUs, path: target.tag.path, value: valueToJson(value ?? null) });
    target.samples++;
    this.#samples++;
    if (timeUs < this.#fromUs) this.#fromUs = timeUs;
    if (timeUs > this.#toUs) this.#toUs = timeUs;
  }

  async #flush(): Promise<void> {
    if (this.#builder.rows === 0) return;
    const batch = this.#builder.take({ receivedUs: this.#ports.nowUs, late: true });
    this.#wideChars = 0;
    if (this.#options.dryRun) return;
    this.#added += await this.#ports.keep({ tags: this.#targets.map(({ tag }) => tag), batch });
  }

  #unknown(decimal: '.' | ','): Unknown[] {
    return [...this.#byName.values()].flatMap((one) =>
      one && 'cells' in one
        ? [{ name: one.named.name, path: one.named.path, type: typeOf(one.cells, decimal), rows: one.rows }]
        : [],
    );
  }
}

const newTag = (path: string, type: TagType): TagInfo => ({ path, type, access: 'read' });

const columnReport = ({ name, tag: { path, type }, samples, refused }: Target): ColumnReport => ({
  name,
  path,
  type,
  samples,
  refused,
});

/** As the live intake judges, and with the mark of what came from outside. */
function marked(quality: number, value: unknown, { range }: TagInfo): number {
  if (!isGood(quality)) return quality;
  const isOutside = range && typeof value === 'number' && (value < range[0] || value > range[1]);
  if (isOutside) return Quality.uncertainRangeExceeded;
  return quality === Quality.good ? Quality.goodEntryInserted : quality;
}

/** Moments that Parquet stores without a zone. */
const localMoments =
  (zone: ReturnType<typeof zoneOf>): ReturnType<typeof timeReader> =>
  (cell, beforeUs) => {
    if (isNothing(cell)) return 'the time is missing';
    const [first, second] = zone.moments(Number(cell));
    if (first === undefined) return `there was no such time in ${zone.name}: clocks went forward`;
    return second !== undefined && first < beforeUs ? second : first;
  };

export const unknownTags = (unknown: readonly Unknown[]): Fault =>
  new Fault(
    'exchange.unknown-tags',
    `the site file has no tags for ${unknown.length} of the columns: ${unknown
      .map(({ name }) => name)
      .slice(0, 10)
      .join(', ')}`,
    {
      retry: 'never',
      hint:
        'name their tags with --map COLUMN=PATH or --under PLACE, leave them out with --skip COLUMN or --skip-unknown, ' +
        'keep them in the history alone with --undeclared, or give them a source below tags: in the site file:\n' +
        siteEntries(unknown),
    },
  );
