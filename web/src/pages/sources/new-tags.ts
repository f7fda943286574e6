import type { Found } from '#contract/client.ts';
import { entryText } from '#contract/entry-text.ts';
import { entryOf, type FoundView } from '#contract/found.ts';
import { Naming } from '#contract/naming.ts';
import { editTags } from '#contract/site-edit.ts';

/** What is to be added to a site file. */
export interface Draft {
  /** The whole file as it would be; comments, order and layout of all the rest stay. */
  readonly text: string;
  readonly paths: readonly string[];
  /** The new entries alone, as they stand in the file. */
  readonly entries: string;
}

/**
 * @param under path before the names of the device; empty for none
 * @param taken paths that the site has
 * @throws Fault `site.not-editable`, `site.invalid`
 */
export function draftOf(
  text: string,
  source: string,
  chosen: readonly Found[],
  under: string,
  taken: Iterable<string>,
): Draft {
  const naming = new Naming(under, taken);
  const put = new Map(chosen.map((found) => [naming.path(found), entryOf(found as FoundView, source)]));
  return {
    text: editTags(text, { put }),
    paths: [...put.keys()],
    entries: [...put].map(([path, entry]) => entryText({ path, entry })).join(''),
  };
}
