import { Fault } from '#kernel/fault.ts';
import { nearest } from '#kernel/nearest.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** Number of a tag that somebody names. @throws Fault `tag.unknown` */
export function tagNamed(table: TagTable, path: string, { areas }: Pick<Caller, 'areas'>): number {
  const tag = table.find(path);
  if (tag) return tag.number;
  throw unknown('tag', path, paths(table), areas);
}

/**
 * The fault for a name that nothing has: what may have been meant, of what the caller may see, and how to see all of it.
 * @param what also the command that lists them, with an s
 */
export function unknown(
  what: 'alarm' | 'detector' | 'tag',
  name: string,
  known: Iterable<string>,
  areas: Caller['areas'],
): Fault {
  const meant = nearest(name, within(known, areas));
  const guess = meant === undefined ? '' : `did you mean ${meant}? `;
  return new Fault(`${what}.unknown`, `there is no ${what} ${name}`, {
    retry: 'never',
    hint: `${guess}\`holdfast ${what}s\` lists them`,
  });
}

function* paths(table: TagTable): Iterable<string> {
  for (const { path } of table) yield path;
}

function* within(names: Iterable<string>, areas: Caller['areas']): Iterable<string> {
  for (const name of names) if (isWithin(areas, name)) yield name;
}
