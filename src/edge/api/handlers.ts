import type { Replies } from '#contract/routes/route.ts';
import type { HandlerOf } from '#contract/routes/shapes.ts';
import type { ROUTES, RouteId } from '#contract/routes/table.ts';
import type { Asking } from '#edge/api/asking.ts';

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

export type Handlers = {
  readonly [Id in Exclude<RouteId, OwnWay>]: HandlerOf<(typeof ROUTES)[Id], Replies, Asking>;
};
