import { ACCESS_ROUTES } from './access.ts';
import { ALERT_ROUTES } from './alerts.ts';
import { DETECTOR_ROUTES } from './detectors.ts';
import { HISTORY_ROUTES } from './history.ts';
import { LEARNING_ROUTES } from './learning.ts';
import { NOTICE_ROUTES } from './notices.ts';
import { PEER_ROUTES } from './peers.ts';
import { PICTURE_ROUTES } from './pictures.ts';
import { REPLAY_ROUTES } from './replay.ts';
import type { Replies, Route } from './route.ts';
import type { AnsweredOf, AskedOf } from './shapes.ts';
import { SITE_ROUTES } from './site.ts';
import { TAG_ROUTES } from './tags.ts';
import { VIEW_ROUTES } from './views.ts';

/** All ways to ask a site. The names are those of the generated client's methods. */
export const ROUTES = {
  ...SITE_ROUTES,
  ...TAG_ROUTES,
  ...ALERT_ROUTES,
  ...DETECTOR_ROUTES,
  ...LEARNING_ROUTES,
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

/** What a route is given once it was checked. */
export type Asked<Id extends RouteId> = AskedOf<Routes[Id]>;

/** What is answered: one thing, or for lists and lines what each of them is. */
export type Answered<Id extends RouteId> = AnsweredOf<Routes[Id], Replies>;

export const routeEntries = (): readonly (readonly [RouteId, Route])[] =>
  Object.entries(ROUTES) as [RouteId, Route][];
