import type { EventView, NoticesStatus } from '#contract/api.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { atLeast, type Caller, isWithin } from '#kernel/rights.ts';

/** Who did what to the site itself, and what it runs: addresses and names are in it. */
const FOR_ENGINEERS: ReadonlySet<string> = new Set(['security', 'config']);

/** What somebody may see. */
export interface Sight {
  /** Events of his areas, and those of security and configuration as an engineer only. */
  sees(event: SiteEvent): boolean;
  /** An event without what he may not see of it. */
  shown(event: EventView): EventView;
}

export function sightOf(caller: Caller): Sight {
  const { role, areas } = caller;
  const seesAll = atLeast(role, 'engineer');
  return {
    sees: ({ kind, subject }) => (seesAll || !FOR_ENGINEERS.has(kind)) && isWithin(areas, subject),
    shown: (event) => withinAreas(areas, seesAddresses(caller) ? event : withoutAddresses(event)),
  };
}

/** A condition may read beyond the areas of somebody, and a detector look there: those values are not his. */
function withinAreas(areas: Caller['areas'], event: EventView): EventView {
  if (!areas || event.kind !== 'alert') return event;
  const { inputs, reasons, ...detail } = event.detail ?? {};
  const his = (list: Json | undefined) =>
    (list as readonly { readonly tag: string }[]).filter(({ tag }) => isWithin(areas, tag));
  return {
    ...event,
    detail: {
      ...detail,
      ...(Array.isArray(inputs) && { inputs: his(inputs) }),
      ...(Array.isArray(reasons) && { reasons: his(reasons) }),
    },
  };
}

/** Mail addresses of people and of what calls them: whoever writes them into the site file sees them. */
const seesAddresses = ({ role }: Caller): boolean => atLeast(role, 'engineer');

/** Notices of his areas; the route and the step always, the addresses at their end as an engineer only. */
export function noticesFor(caller: Caller, status: NoticesStatus): NoticesStatus {
  const isHis = ({ alarm }: { readonly alarm: string }) => isWithin(caller.areas, alarm);
  const shown = <
    N extends { readonly recipients?: readonly string[]; readonly problem?: string | undefined },
  >(
    notice: N,
  ): N => {
    if (seesAddresses(caller)) return notice;
    const { recipients: _, ...rest } = notice;
    return { ...rest, ...(rest.problem !== undefined && { problem: hidden(rest.problem) }) } as N;
  };
  return {
    ...status,
    waiting: status.waiting.filter(isHis).map(shown),
    coming: status.coming.filter(isHis).map(shown),
    failed: status.failed.filter(isHis).map(shown),
    maintenance: status.maintenance.filter(({ asset }) => isWithin(caller.areas, asset)),
  };
}

/** Only notices and actions go to addresses; what a shadow would have sent holds them as they were given. */
function withoutAddresses(event: EventView): EventView {
  if (!event.detail || !/^(notice|action)\./.test(event.name)) return event;
  const { recipients: _, config: __, ...detail } = event.detail;
  const told = Object.entries(detail).map(([field, value]): [string, Json] => [
    field,
    typeof value === 'string' ? hidden(value) : value,
  ]);
  return { ...event, detail: Object.fromEntries(told) };
}

/** What a mail server or a receiver said may quote whom it was asked for. */
const hidden = (text: string): string =>
  text
    .replaceAll(/\bhttps?:\/\/[^\s"'<>]*[^\s"'<>:;,.]/gi, '[address]')
    .replaceAll(/[^\s"'<>()[\]:;,]+@[^\s"'<>()[\]:;,]+/g, '[address]');
