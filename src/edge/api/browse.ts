import type { Answered } from '#contract/routes/table.ts';
import { configuredAt, foundView } from '#edge/found.ts';
import type { Site } from '#edge/site.ts';

/** What there is at a source, through its own session, as it is found. @throws Fault `source.unknown` … at once */
export function browseSource(
  site: Site,
  id: string,
  { from, forMs }: { readonly from?: string | undefined; readonly forMs?: number | undefined },
  signal: AbortSignal,
): AsyncIterable<Answered<'browse'>> {
  const source = site.source(id);
  return views(source.browse(from, signal, forMs), configuredAt(source.points));
}

async function* views(
  all: ReturnType<ReturnType<Site['source']>['browse']>,
  configured: ReturnType<typeof configuredAt>,
): AsyncIterable<Answered<'browse'>> {
  for await (const found of all) yield foundView(found, configured);
}
