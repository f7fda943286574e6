import { segmentOf } from '#contract/naming.ts';
import type { TagInfo, TagType } from '#kernel/tag-table.ts';
import { isNothing } from './cells.ts';
import type { Cell } from './table.ts';

export interface NamingOptions {
  /** Paths by names of the file. */
  readonly map?: ReadonlyMap<string, string> | undefined;
  /** Place below which the names of the file become paths. */
  readonly under?: string | undefined;
  /** Names that are left out. */
  readonly skip?: ReadonlySet<string> | undefined;
}

/** A name of the file, the path that it stands for, and the tag where the site has it. */
export interface Named {
  readonly name: string;
  readonly path: string;
  readonly tag: TagInfo | undefined;
}

/** A name that no tag has, with what a site file would say of it. */
export interface Unknown {
  readonly name: string;
  readonly path: string;
  readonly type: TagType;
  readonly rows: number;
}

export type FindTag = (path: string) => TagInfo | undefined;

/** @returns undefined for a name that is left out */
export function named(name: string, find: FindTag, { map, under, skip }: NamingOptions): Named | undefined {
  if (skip?.has(name)) return undefined;
  const mapped = map?.get(name);
  const path =
    mapped ?? (find(name) ? name : under === undefined ? pathOf(name) : `${under}/${segmentOf(name)}`);
  return { name, path, tag: find(path) };
}

const pathOf = (name: string): string => name.split('/').map(segmentOf).join('/');

/** What such cells would be a tag of. */
export function typeOf(cells: readonly Cell[], decimal: '.' | ','): TagType {
  const values = cells.filter((cell) => !isNothing(cell));
  if (
    values.length > 0 &&
    values.every((cell) => typeof cell === 'boolean' || /^(true|false)$/i.test(String(cell)))
  )
    return 'boolean';
  if (values.some((cell) => typeof cell === 'bigint' && !Number.isSafeInteger(Number(cell)))) return 'int64';
  const number = decimal === ',' ? /^[-+]?[\d]*,?\d+(?:e[-+]?\d+)?$/i : /^[-+]?\d*\.?\d+(?:e[-+]?\d+)?$/i;
  return values.every((cell) => typeof cell === 'bigint' || number.test(String(cell).trim()))
    ? 'number'
    : 'text';
}

/** Entries of a site file for tags that it does not have, to be pasted below `tags:` and given their source. */
export const siteEntries = (unknown: readonly Omit<Unknown, 'rows'>[]): string =>
  unknown
    .map(({ name, path, type }) => {
      const told = name === path ? '' : ` description: ${JSON.stringify(name)},`;
      return `  ${path}: {${told} type: ${type}, source: SOURCE, address: {} }`;
    })
    .join('\n');
