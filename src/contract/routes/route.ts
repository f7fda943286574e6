import type * as z from 'zod';
import type { Role } from '#kernel/rights.ts';
import type { FaultCode } from './faults.ts';

/** Schemas of answers by name; the module is loaded by whoever documents them, and by no site that only answers. */
export type Replies = typeof import('./replies.ts');

/** Parts of the API, as its documentation orders it. */
export const GROUPS = {
  site: 'How the site does, what it says of itself, and the live stream',
  tags: 'Live values, and what there is',
  alarms: 'Alarms after ISA-18.2, and what operators do with them; alerts and rules',
  detectors: 'What detectors find, what they learn, and from what',
  events: 'The record of what happened, and what is missing from it',
  writes: 'Guarded writes, assets and tag-outs',
  peers: 'Sources, sinks, actuators, and the certificates of peers',
  config: 'The site file: what runs, what ran, and going over to another',
  replay: 'The past through the decisions of a site file',
  pictures: 'Process pictures: drawings with live values',
  access: 'Signing in, users, sessions, API tokens, and the local panel',
  history: 'The past of tags; answers `history.off` where the site keeps none',
} as const;

/** What an answer is: one thing, a list, one thing a line (NDJSON), Server-Sent Events, or no JSON at all. */
export type Reply<Name extends string = keyof Replies> =
  | { readonly json: Name }
  | { readonly list: Name }
  | { readonly lines: Name }
  | { readonly stream: Name }
  /** A file, whose name comes with it; one of these types. */
  | { readonly file: readonly string[] }
  | { readonly text: string };

/** Values of one field of a body that need another role than the route itself. */
export type ByField = { readonly [field: string]: { readonly [value: string]: Role } };

/**
 * What a caller who is limited to areas, at a hub to groups of sites, gets: `any`: all of it, as it tells of no area; `filtered`: his part, which the
 * handler picks; or the field that names a place, which must lie in his areas.
 */
export type AreaRule =
  | 'any'
  | 'filtered'
  | { readonly in: 'params' | 'query' | 'body'; readonly field: string };

/**
 * One way to ask a site, or a hub: routes, checks, documentation and client are made from a table of these.
 * @typeParam Group parts of its API @typeParam Name schemas of its answers
 */
export interface Route<Group extends string = keyof typeof GROUPS, Name extends string = keyof Replies> {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/api/tags/{path}`; a parameter at the end may hold slashes where it is one of `SLASHED`. */
  readonly path: `/${string}`;
  readonly group: Group;
  readonly summary: string;
  /** What one must know beyond that. */
  readonly about?: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly bodyLimitBytes?: number;
  /** Takes a file of one of these types instead of a body, of any length. */
  readonly upload?: readonly string[];
  readonly reply: Reply<Name>;
  /** Codes that this route answers beside those of every route. */
  readonly faults?: readonly FaultCode[];
  /** The least role that may ask; `anyone` needs no sign-in. A route without one is not served. */
  readonly role: Role | 'anyone';
  /** Where what is asked for decides: the role that some values of a field need. */
  readonly roleFor?: ByField;
  /** Absent: refused to whoever is limited to areas, as what is not thought of must not leak. */
  readonly area?: AreaRule;
  /** Open to the local panel without a password; an object: with these values of these fields only. */
  readonly panel?: true | { readonly [field: string]: readonly string[] };
  /** Carries an ETag: `If-None-Match` answers 304 while nothing has changed. */
  readonly tagged?: true;
  /** A list in pages: `limit`, a place to go on after, and a `Link` to the next page. */
  readonly paged?: true;
}

/** Of whatever API. */
export type AnyRoute = Route<string, string>;

/** Parameters of paths whose values have slashes of their own: paths of tags, ids of alarms. */
export const SLASHED: ReadonlySet<string> = new Set(['path', 'alarm', 'detector']);

export const paramsOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
