import type { Route } from '#contract/routes/route.ts';
import { atLeast, type Caller, isWithin } from '#kernel/rights.ts';

/** Why a caller may not ask this at all, whatever he asks of it; undefined: he may. */
export function mayAsk({ role, area, panel }: Route, caller: Caller): string | undefined {
  if (role === 'anyone') return undefined;
  if (caller.via === 'panel') return panel ? undefined : 'the panel only acknowledges and stops';
  if (!atLeast(caller.role, role)) return `it needs the role ${role}, and his is ${caller.role}`;
  if (caller.areas !== undefined && area === undefined)
    return `it concerns the whole site, and he is limited to ${caller.areas.join(', ')}`;
  return undefined;
}

type Fields = { readonly [field: string]: unknown };

/** The same of what the body asks. @param body as its schema gave it */
export function needs({ roleFor = {}, panel }: Route, caller: Caller, body: unknown): string | undefined {
  const given = (body ?? {}) as Fields;
  if (caller.via === 'panel') {
    for (const [field, values] of Object.entries(panel === true ? {} : (panel ?? {})))
      if (!values.includes(String(given[field]))) return `the panel may only ${values.join(', ')}`;
    return panel ? undefined : 'the panel only acknowledges and stops';
  }
  for (const [field, byValue] of Object.entries(roleFor)) {
    const role = byValue[String(given[field])];
    if (role && !atLeast(caller.role, role))
      return `${field} ${String(given[field])} needs the role ${role}, and his is ${caller.role}`;
  }
  return undefined;
}

/** Why what is asked for is not in the areas of the caller; undefined: it is. */
export function inAreas(
  { area }: Route,
  { areas }: Caller,
  asked: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
): string | undefined {
  if (areas === undefined || typeof area !== 'object') return undefined;
  const given = (asked[area.in] as Fields | undefined)?.[area.field];
  const paths = (Array.isArray(given) ? given : [given]).map(String);
  const outside = paths.find((path) => !isWithin(areas, path));
  return outside === undefined ? undefined : `${outside} is not in ${areas.join(', ')}`;
}
