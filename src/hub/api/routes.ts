import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { FleetHandlers } from '#contract/fleet/table.ts';
import { FLEET_ROUTES, fleetRoutes } from '#contract/fleet/table.ts';
import type { OidcSettings } from '#contract/hub-file.ts';
import { addOwnRoute, addRoutes } from '#http/answer.ts';
import { addConsole } from '#http/console.ts';
import { harden } from '#http/headers.ts';
import type { Log } from '#kernel/log.ts';
import type { Database } from '../database/database.ts';
import type { FleetAsking, PeopleGate } from '../people/gate.ts';
import type { FleetMetricsPorts } from '../state/metrics.ts';
import { Webhooks } from '../webhooks/hooks.ts';
import { accessHandlers } from './access.ts';
import { type FleetPorts, fleetHandlers } from './fleet.ts';
import { type IdentityPorts, identityHandlers } from './identities.ts';
import { webhookHandlers } from './webhooks.ts';

export interface FleetApiPorts extends FleetPorts, IdentityPorts {
  readonly database: Database;
  readonly gate: PeopleGate;
  /** How people sign in beside their passwords. */
  readonly oidc?: OidcSettings | undefined;
  readonly log: Log;
  readonly connections: FleetMetricsPorts['connections'];
}

/** What people and programs may ask a hub: every row of the table, behind their gate. */
export function addFleetApi(app: FastifyInstance, ports: FleetApiPorts): void {
  const { gate, database, connections, oidc } = ports;
  const handlers: FleetHandlers<FleetAsking> = {
    ...fleetHandlers(ports),
    ...identityHandlers(ports),
    ...accessHandlers(gate, oidc),
    ...webhookHandlers(new Webhooks(database.pool)),
  };
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => harden(request, reply));
    gate.install(scope);
    addRoutes(scope, fleetRoutes(), gate, handlers);
    addConsole(scope, 'hub.html', { pages: [FLEET_ROUTES.consolePage], asset: FLEET_ROUTES.consoleAsset });
    if (oidc) await addProvider(scope, oidc, ports);
    addMetrics(scope, { queries: database.queries, connections, nowMs: ports.nowMs });
  });
}

/** Loaded where a company has one. */
async function addProvider(app: FastifyInstance, settings: OidcSettings, { gate, log }: FleetApiPorts) {
  const [{ addOidc }, { OidcProvider }] = await Promise.all([
    import('./oidc.ts'),
    import('../people/oidc/provider.ts'),
  ]);
  addOidc(app, { gate, log, provider: new OidcProvider(settings) });
}

/** Loaded with the first scrape. */
function addMetrics(app: FastifyInstance, ports: FleetMetricsPorts): void {
  let registry: Promise<Registry> | undefined;
  addOwnRoute(app, FLEET_ROUTES.metrics, async (_request, reply) => {
    registry ??= import('../state/metrics.ts').then(({ fleetMetrics }) => fleetMetrics(ports));
    const metrics = await registry;
    const text = await metrics.metrics();
    reply.type(metrics.contentType);
    return text;
  });
}
