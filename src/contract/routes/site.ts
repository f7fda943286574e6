import { AssetRequest, StateRequest, WriteBody } from '#contract/api.ts';
import { DeadLettersQuery, EventsQuery, GapsQuery, StreamQuery } from './requests.ts';
import type { Route } from './route.ts';

export const SITE_ROUTES = {
  health: {
    method: 'GET',
    path: '/health',
    group: 'site',
    summary: 'Whether the site runs and its disk takes what it is given',
    about: 'Answers 503 while the journal cannot be written.',
    reply: { json: 'Health' },
    open: true,
  },
  status: {
    method: 'GET',
    path: '/api/status',
    group: 'site',
    summary: 'How the site does, with all its parts',
    reply: { json: 'SiteStatus' },
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    group: 'site',
    summary: 'The same as Prometheus metrics',
    reply: { text: 'text/plain' },
  },
  stream: {
    method: 'GET',
    path: '/api/stream',
    group: 'site',
    summary: 'Live values and events as Server-Sent Events',
    about:
      'First every value that was asked for, then what changed since the message before: a slow client gets the ' +
      'newest value of each tag and misses those between. Messages are `values` and `events`.',
    query: StreamQuery,
    reply: { stream: 'StreamMessage' },
  },
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    group: 'site',
    summary: 'This API as an OpenAPI 3.1 document',
    reply: { json: 'OpenApi' },
    open: true,
    tagged: true,
  },
  docs: {
    method: 'GET',
    path: '/api/docs',
    group: 'site',
    summary: 'The same for people, as a page that needs nothing else',
    reply: { text: 'text/html' },
    open: true,
    tagged: true,
  },
  events: {
    method: 'GET',
    path: '/api/events',
    group: 'events',
    summary: 'What happened, oldest first',
    about:
      'Without `after` the newest ones. A page may hold fewer than `limit` and have a next one: a search ends after ' +
      'some ten thousand events, and goes on where its link leads.',
    query: EventsQuery,
    reply: { list: 'EventView' },
    paged: true,
  },
  gaps: {
    method: 'GET',
    path: '/api/gaps',
    group: 'events',
    summary: 'Counted holes in what is kept, oldest first: the newest ones',
    query: GapsQuery,
    reply: { list: 'GapView' },
    faults: ['tag.unknown'],
    tagged: true,
  },
  deadLetters: {
    method: 'GET',
    path: '/api/dead-letters',
    group: 'events',
    summary: 'Rows that the far side of a sink refused for good, oldest first: the newest ones',
    query: DeadLettersQuery,
    reply: { list: 'DeadLetterView' },
    tagged: true,
  },
  write: {
    method: 'POST',
    path: '/api/writes',
    group: 'writes',
    summary: 'Write a tag, through the guard',
    about:
      'Answers once the end is known: refused (by which limit), sent, confirmed by a feedback tag, failed or unknown. ' +
      'A refusal is an answer with status 200.',
    body: WriteBody,
    reply: { json: 'WriteResult' },
    faults: ['tag.unknown'],
  },
  assets: {
    method: 'GET',
    path: '/api/assets',
    group: 'writes',
    summary: 'Modes and tag-outs of assets',
    reply: { list: 'AssetView' },
    tagged: true,
  },
  setAsset: {
    method: 'POST',
    path: '/api/assets',
    group: 'writes',
    summary: 'Set the mode of an asset, or hang or remove a tag-out, there and below',
    body: AssetRequest,
    reply: { list: 'AssetView' },
    faults: ['guard.unknown-asset', 'guard.no-tag-out', 'asset.no-change', 'asset.no-reason'],
  },
  withoutState: {
    method: 'POST',
    path: '/api/without-state',
    group: 'writes',
    summary: 'Go on, and write to machines, without the state of the last run, which the disk does not give',
    about: 'Tag-outs, modes, leases and alarm states that it held no longer count.',
    body: StateRequest,
    reply: { json: 'Done' },
    faults: ['site.state-known'],
  },
} as const satisfies { readonly [id: string]: Route };
