import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AnyRoute } from '#contract/routes/route.ts';

/** Row of the table that a request asks for; undefined where there is none. */
export const routeOf = (request: FastifyRequest): AnyRoute | undefined =>
  (request.routeOptions.config as { readonly route?: AnyRoute } | undefined)?.route;

/** Before any route is added: what no row of a table names a role for is not served at all. */
export function mustHaveRoles(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config, method, url }) => {
    const { route } = (config ?? {}) as { readonly route?: Partial<AnyRoute> };
    if (route?.role === undefined) throw new Error(`${method} ${url} has no role: it is not served`);
  });
}
