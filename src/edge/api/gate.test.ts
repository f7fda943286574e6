import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { Gate } from '#edge/api/gate.ts';
import type { SiteAccess } from '#edge/site-access.ts';
import { ManualClock } from '#kernel/clock.ts';

test('a route without a role cannot be registered, whatever it is for', () => {
  const app = Fastify();
  new Gate({} as SiteAccess, new ManualClock()).install(app);
  assert.throws(() => app.get('/open-door', () => 'welcome'), /\/open-door has no role/);
  assert.throws(() => app.post('/x', { config: { route: {} } } as object, () => ''), /has no role/);
});
