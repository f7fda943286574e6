import { SaveViewRequest } from '#contract/api.ts';
import { RemoveViewRequest } from './requests.ts';
import type { Route } from './route.ts';

/** Trends that people come back to. */
export const VIEW_ROUTES = {
  views: {
    method: 'GET',
    path: '/api/views',
    group: 'history',
    role: 'viewer',
    area: 'filtered',
    summary: 'Saved views of trends',
    about: 'Whoever is limited to areas sees those whose tags all lie there.',
    reply: { list: 'SavedView' },
    tagged: true,
  },
  saveView: {
    method: 'POST',
    path: '/api/views',
    group: 'history',
    role: 'operator',
    area: 'filtered',
    summary: 'Save a view under a name, in place of one that has it',
    body: SaveViewRequest,
    reply: { json: 'SavedView' },
    faults: ['tag.unknown', 'view.too-many'],
  },
  removeView: {
    method: 'POST',
    path: '/api/views/remove',
    group: 'history',
    role: 'operator',
    area: 'filtered',
    summary: 'Remove a saved view',
    body: RemoveViewRequest,
    reply: { list: 'SavedView' },
    faults: ['view.unknown'],
  },
} as const satisfies { readonly [id: string]: Route };
