import { documentOf } from '#contract/routes/openapi.ts';
import * as replies from './replies.ts';
import { FLEET_GROUPS } from './route.ts';
import { fleetRoutes } from './table.ts';

/** The API of a hub as an OpenAPI 3.1 document. Loads the schemas of all answers. */
export const fleetApi = (version: string) =>
  documentOf(
    {
      title: 'Holdfast hub',
      about: ABOUT,
      groups: FLEET_GROUPS,
      table: fleetRoutes(),
      replies,
      token: 'An API token of the hub.',
      session: 'PORT is the one that the hub listens on.',
    },
    version,
  );

const ABOUT =
  'What a hub says of its fleet. Times are µs since 1970. Who is limited to groups of sites sees those, and of others ' +
  'not that they are there. Anything that goes wrong is answered as problem details (RFC 9457) whose `title` is a code ' +
  'that never changes.';
