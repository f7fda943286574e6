import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { AnyRoute } from '#contract/routes/route.ts';
import { notFound, urlOf } from '#http/answer.ts';
import { sendProblem } from '#http/problems.ts';
import { encodedPath, encodeHint } from '#http/slashes.ts';
import { Fault } from '#kernel/fault.ts';

/** Routes check what they are given with zod: without this Fastify loads a JSON Schema compiler, 5 MB of memory. */
export const noSchemaCompilers = {
  compilersFactory: {
    buildValidator: () => () => () => true,
    buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>;

/** A path that is there with another method is told from one that is not there (RFC 9110, 15.5.6). */
export function refuseOthers(app: FastifyInstance, table: readonly (readonly [string, AnyRoute])[]): void {
  const routes = table.map(([, route]) => route);
  const urls = new Map<string, Set<string>>();
  for (const route of routes) {
    const pattern = urlOf(route).replaceAll('*', '.+').replaceAll(/:\w+/g, '[^/]+');
    const methods = urls.get(pattern) ?? new Set();
    urls.set(pattern, methods.add(route.method));
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const meant = encodedPath(routes, request.method, path);
    if (meant !== undefined) {
      const hint = encodeHint(request.method, meant);
      sendProblem(reply, new Fault('api.not-found', `there is no ${request.method} ${path}`, { hint }));
      return;
    }
    const allowed = [...urls].flatMap(([pattern, some]) =>
      new RegExp(`^${pattern}$`).test(path) ? [...some] : [],
    );
    if (allowed.length === 0 || allowed.includes(request.method)) {
      sendProblem(reply, notFound(request.method, path));
      return;
    }
    const what = `${path} does not take ${request.method}, but ${allowed.join(' and ')}`;
    reply.header('allow', allowed.join(', '));
    sendProblem(reply, new Fault('api.method-not-allowed', what));
  });
}
