import type { Json } from '#kernel/event.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { unitProblem } from '#kernel/units.ts';

/** One thing found at a device, as the API says it: a line of `GET /api/sources/:id/browse`. */
export interface FoundView {
  /** As the device calls it. */
  readonly name: string;
  /** Names from the root of the device down to it. */
  readonly place?: readonly string[];
  readonly address: Json;
  readonly type?: TagInfo['type'];
  readonly access?: TagInfo['access'];
  readonly description?: string;
  readonly unit?: string;
  readonly range?: TagInfo['range'];
  readonly states?: TagInfo['states'];
  /** 64-bit integers as text; absent where none was read. */
  readonly value?: Json;
  /** Path of the tag that reads this address already. */
  readonly tag?: string;
}

/**
 * What the tag entry of a thing found says, in the order in which people read it; no field that is a default.
 * @param writable whether what the device lets us write becomes `readWrite`; otherwise it is only read, since nobody has
 *   said yet what may be written. A method is there to be called and stays `write`.
 */
export function entryOf(
  found: FoundView,
  source: string,
  writable = false,
): { readonly [field: string]: unknown } {
  const { description, type, unit, range, states, access, address } = found;
  const isRead = access === undefined || access === 'read' || (access === 'readWrite' && !writable);
  const numeric = type === undefined || type === 'number' || type === 'int64';
  return {
    ...(description && { description }),
    ...(type !== undefined && type !== 'number' && { type }),
    // The site file allows these where they mean something only.
    ...(unit && !unitProblem(unit) && (numeric || type === 'structure') && { unit }),
    ...(range && numeric && range[0] < range[1] && { range }),
    ...(states && type === 'enum' && { states }),
    ...(!isRead && { access }),
    source,
    address,
  };
}
