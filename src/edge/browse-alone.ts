import type { FoundView } from '#contract/found.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { configuredAt, foundView } from '#edge/found.ts';
import { openWithin, singleSource } from '#edge/single-source.ts';
import { browseOf } from '#edge/source-loop.ts';
import type { Log } from '#plugin/api.ts';

export interface BrowseAlone {
  /** Data folder of the site, for its certificates. */
  readonly dataDir?: string | undefined;
  readonly from?: string | undefined;
  readonly forMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** What there is at a source of a site that does not run: opened as a shadow, and closed at the end. */
export async function* browseAlone(
  blueprint: Blueprint,
  id: string,
  { dataDir, from, forMs, signal }: BrowseAlone,
): AsyncIterable<FoundView> {
  await using single = singleSource(blueprint, id, { dataDir, log: silent });
  await using source = await openWithin(single, signal);
  const configured = configuredAt(single.points);
  for await (const found of browseOf(source, id, from, signal, forMs)) yield foundView(found, configured);
}

/** What goes wrong ends the search with a fault of its own. */
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
