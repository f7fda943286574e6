import type { Entry } from '#contract/site-edit.ts';

/* A tag entry as cells of a table, and back: one column a field of the site file, joined by dots. */

/** What a cell of a column holds. */
export type CellKind = 'text' | 'number' | 'boolean' | 'states' | 'any';

const FIELDS: { readonly [column: string]: CellKind } = {
  description: 'text',
  type: 'text',
  unit: 'text',
  'range.low': 'number',
  'range.high': 'number',
  access: 'text',
  deadband: 'number',
  source: 'text',
  'scale.factor': 'number',
  'scale.offset': 'number',
  deadbandMaxMs: 'number',
  staleAfterMs: 'number',
  states: 'states',
  safety: 'boolean',
  derive: 'text',
  'write.range.low': 'number',
  'write.range.high': 'number',
  'write.maxStep': 'number',
  'write.ratePerS': 'number',
  'write.interlock': 'text',
  'write.feedback.tag': 'text',
  'write.feedback.tolerance': 'number',
  'write.feedback.withinMs': 'number',
  'write.lease.maxMs': 'number',
  'write.lease.safe': 'any',
  'write.ttlMs': 'number',
  'write.remote': 'boolean',
  'write.idempotent': 'boolean',
  heartbeatMs: 'number',
};

/** Only `{}`: a map that is there and says nothing. */
const MAPS = ['address', 'scale', 'write', 'write.feedback', 'write.lease'] as const;

export const PATH = 'path';
/** Says that a tag is made by a type: its entry is not in `tags:` of the site file. */
export const FROM_TYPE = 'from type';

/** Columns that every table has, in order; those of addresses stand behind `source`. */
export const COLUMNS: readonly string[] = Object.keys(FIELDS);

/** Undefined for a column that no tag has. */
export function kindOf(column: string): CellKind | undefined {
  if (Object.hasOwn(FIELDS, column)) return FIELDS[column];
  return column.startsWith('address.') || MAPS.some((map) => map === column) ? 'any' : undefined;
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s._-]/g, '');
const BY_PLAIN = new Map([PATH, FROM_TYPE, ...COLUMNS, ...MAPS].map((column) => [plain(column), column]));

/** The column that a head means: case, blanks and underscores do not count (`Range low`, `stale_after_ms`). */
export function columnOf(head: string): string | undefined {
  const address = /^\s*address\s*[.]\s*(.+?)\s*$/i.exec(head);
  if (address) return `address.${address[1]}`;
  return BY_PLAIN.get(plain(head));
}

/** The fields of an entry by column. Ranges have two columns, maps one for each of theirs. */
export function flat(entry: Entry): Map<string, unknown> {
  const cells = new Map<string, unknown>();
  const walk = (value: unknown, column: string): void => {
    if (isRange(column) && Array.isArray(value)) {
      cells.set(`${column}.low`, value[0]);
      cells.set(`${column}.high`, value[1]);
    } else if (isTree(value) && kindOf(column) !== 'states' && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${column}.${key}`);
    } else cells.set(column, value);
  };
  for (const [field, value] of Object.entries(entry)) walk(value, field);
  return cells;
}

/** What `flat` made flat. A range with one end only keeps the place of the other empty. */
export function nested(cells: Iterable<readonly [column: string, value: unknown]>): Entry {
  const entry: { [key: string]: unknown } = {};
  for (const [column, value] of cells) {
    const end = /^(.*)\.(low|high)$/.exec(column);
    const isEnd = end !== null && isRange(end[1] ?? '');
    const keys = (isEnd ? (end[1] ?? '') : column).split('.');
    const last = keys.pop() ?? '';
    let at = entry;
    for (const key of keys) {
      if (!isTree(at[key])) at[key] = {};
      at = at[key] as { [key: string]: unknown };
    }
    if (!isEnd) {
      // An empty map that has something after all.
      if (!(isTree(value) && isTree(at[last]))) at[last] = isTree(value) ? { ...value } : value;
    } else {
      const range = Array.isArray(at[last]) ? (at[last] as unknown[]) : [null, null];
      range[end[2] === 'low' ? 0 : 1] = value;
      at[last] = range;
    }
  }
  return entry;
}

const isRange = (column: string): boolean => column === 'range' || column === 'write.range';

const isTree = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
