import type { Answered, Asked, LinesRoute, ListRoute, PagedRoute, RouteId } from '#contract/routes/table.ts';
import type { Asking } from '#edge/api/asking.ts';

/** A part of a list, and how to ask for the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Parameters that lead to the next page in place of those given; absent on the last one. */
  readonly next?: { readonly [name: string]: string | number };
}

type Answer<Id extends RouteId> = Id extends PagedRoute
  ? Page<Answered<Id>>
  : Id extends ListRoute
    ? readonly Answered<Id>[]
    : Id extends LinesRoute
      ? AsyncIterable<Answered<Id>>
      : Answered<Id>;

/** @param signal aborted when the client goes away @param who asks, and may: the gate has seen to it */
type Handler<Id extends RouteId> = (
  asked: Asked<Id>,
  signal: AbortSignal,
  who: Asking,
) => Answer<Id> | (Id extends LinesRoute ? never : Promise<Answer<Id>>);

/** Routes that answer something else than JSON, or with another status, in their own way. */
export type OwnWay =
  | 'health'
  | 'metrics'
  | 'docs'
  | 'stream'
  | 'trustPage'
  | 'trustCertificate'
  | 'signInPage'
  | 'consolePage'
  | 'consoleAsset'
  | 'pageStyle';

export type Handlers = { readonly [Id in Exclude<RouteId, OwnWay>]: Handler<Id> };
