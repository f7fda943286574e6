import type * as z from 'zod';
import { ACCESS_ROUTES } from './access.ts';
import { ALERT_ROUTES } from './alerts.ts';
import { HISTORY_ROUTES } from './history.ts';
import { NOTICE_ROUTES } from './notices.ts';
import { PEER_ROUTES } from './peers.ts';
import { PICTURE_ROUTES } from './pictures.ts';
import { REPLAY_ROUTES } from './replay.ts';
import type { Replies, Route } from './route.ts';
import { SITE_ROUTES } from './site.ts';
import { TAG_ROUTES } from './tags.ts';
import { VIEW_ROUTES } from './views.ts';

/** All ways to ask a site. The names are those of the generated client's methods. */
export const ROUTES = {
  ...SITE_ROUTES,
  ...TAG_ROUTES,
  ...ALERT_ROUTES,
  ...NOTICE_ROUTES,
  ...PEER_ROUTES,
  ...REPLAY_ROUTES,
  ...PICTURE_ROUTES,
  ...HISTORY_ROUTES,
  ...VIEW_ROUTES,
  ...ACCESS_ROUTES,
} as const;

type Routes = typeof ROUTES;
export type RouteId = keyof Routes;

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [name in Name]: string } & ParamsOf<Rest>
  : unknown;

type SchemaOf<R, Part extends 'query' | 'body'> = R extends {
  readonly [part in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** What a route is given once it was checked. */
export interface Asked<Id extends RouteId> {
  readonly params: ParamsOf<Routes[Id]['path']>;
  readonly query: SchemaOf<Routes[Id], 'query'>;
  readonly body: Routes[Id] extends { readonly upload: readonly string[] }
    ? Upload
    : SchemaOf<Routes[Id], 'body'>;
}

/** A file on its way in; whoever reads it slowly slows it down. */
export interface Upload {
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file on its way out. */
export interface Download {
  readonly type: string;
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** As a handler may give it: never changed, and with fields that JSON leaves out. */
type Given<T> = T extends readonly [infer A, infer B]
  ? readonly [A, B]
  : T extends (infer One)[]
    ? readonly Given<One>[]
    : T extends object
      ? { readonly [key in keyof T]: Given<T[key]> | Absent<T, key> }
      : T;
type Absent<T, Key extends keyof T> = Pick<T, Key> extends Required<Pick<T, Key>> ? never : undefined;

type Named<Name extends keyof Replies> = Given<z.output<Replies[Name]>>;

/** What is answered: one thing, or for lists and lines what each of them is. */
export type Answered<Id extends RouteId> = Routes[Id]['reply'] extends {
  readonly json: infer N extends keyof Replies;
}
  ? Named<N>
  : Routes[Id]['reply'] extends { readonly list: infer N extends keyof Replies }
    ? Named<N>
    : Routes[Id]['reply'] extends { readonly lines: infer N extends keyof Replies }
      ? Named<N>
      : Routes[Id]['reply'] extends { readonly stream: infer N extends keyof Replies }
        ? Named<N>
        : Routes[Id]['reply'] extends { readonly file: readonly string[] }
          ? Download
          : string;

type With<Part extends string> = {
  [Id in RouteId]: Part extends keyof Routes[Id]['reply'] ? Id : never;
}[RouteId];
export type ListRoute = With<'list'>;
export type LinesRoute = With<'lines'>;
export type PagedRoute = {
  [Id in RouteId]: Routes[Id] extends { readonly paged: true } ? Id : never;
}[RouteId];

export const routeEntries = (): readonly (readonly [RouteId, Route])[] =>
  Object.entries(ROUTES) as [RouteId, Route][];
