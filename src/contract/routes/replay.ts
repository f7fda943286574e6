import { MOST_CONFIG_BYTES } from '#contract/api.ts';
import { BacktestRequest, CheckRequest } from './requests.ts';
import type { Route } from './route.ts';

/** What a site file would do: before it takes effect, and to the past. */
export const REPLAY_ROUTES = {
  siteSchema: {
    method: 'GET',
    path: '/api/config/schema',
    group: 'config',
    role: 'viewer',
    area: 'any',
    summary: 'The JSON Schema of a site file, for editors',
    reply: { json: 'JsonSchema' },
    tagged: true,
  },
  checkConfig: {
    method: 'POST',
    path: '/api/config/check',
    group: 'config',
    role: 'engineer',
    summary: 'What is wrong with a site file, and what it would change; nothing takes effect',
    body: CheckRequest,
    // JSON may write a character as six.
    bodyLimitBytes: MOST_CONFIG_BYTES * 2,
    reply: { json: 'CheckedConfig' },
  },
  backtest: {
    method: 'POST',
    path: '/api/backtest',
    group: 'replay',
    role: 'engineer',
    summary: 'What a site file would have found, raised and written, beside what was',
    about:
      'The past goes through the very same decisions at full speed, in a thread of its own; nothing is written to any ' +
      'machine. A line each with how far it has come, then one with the report, or with the problems of a file that ' +
      'has errors. Hanging up ends it. One at a time.',
    body: BacktestRequest,
    bodyLimitBytes: MOST_CONFIG_BYTES * 2,
    reply: { lines: 'BacktestLine' },
    faults: ['backtest.busy', 'backtest.no-past', 'backtest.usage'],
  },
  auditCheck: {
    method: 'GET',
    path: '/api/audit',
    group: 'events',
    role: 'engineer',
    summary: 'Whether the hash chain over all events holds',
    about:
      'Walks all that is kept, in a thread of its own. One at a time: who asks meanwhile gets what that one finds.',
    reply: { json: 'AuditCheck' },
  },
} as const satisfies { readonly [id: string]: Route };
