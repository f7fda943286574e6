import type { FoundView } from '#contract/found.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import type { Found, Point } from '#plugin/api.ts';

/** What was found as the API says it; marked where a point reads it already. */
export function foundView(found: Found, configured: (address: unknown) => string | undefined): FoundView {
  const { value, type, tag = configured(found.address), ...rest } = found;
  return {
    ...rest,
    ...(type !== undefined && { type }),
    ...(value !== undefined && { value: typeof value === 'number' ? number(value) : valueToJson(value) }),
    // As people write it.
    ...(type === 'boolean' && (value === 0 || value === 1) && { value: value === 1 }),
    ...(tag !== undefined && { tag }),
  };
}

const number = (value: number): Json => (Number.isFinite(value) ? value : null);

/**
 * Which tag reads an address: one whose own address says the same in every field that the found one has. What it says
 * beside that (how often, how to understand it) is nothing of the device's.
 */
export function configuredAt(points: readonly Point[]): (address: unknown) => string | undefined {
  /** For each set of fields that addresses were found with: the points by what they say in these fields. */
  const books = new Map<string, Map<string, string>>();
  return (address) => {
    if (typeof address !== 'object' || address === null) return undefined;
    const fields = Object.keys(address).sort();
    const signature = fields.join('\n');
    let book = books.get(signature);
    if (!book) {
      book = new Map(points.map((point) => [said(point.address, fields), point.tag.path]));
      books.set(signature, book);
    }
    return book.get(said(address, fields));
  };
}

const said = (address: unknown, fields: readonly string[]): string =>
  JSON.stringify(fields.map((field) => (address as { readonly [field: string]: unknown })[field] ?? null));
