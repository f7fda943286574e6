import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Registry } from 'prom-client';
import type { ApiAddress } from '#contract/api.ts';
import { ROUTES, routeEntries } from '#contract/routes/table.ts';
import { addRoutes, notFound, sendText, urlOf } from '#edge/api/answer.ts';
import { exchangeHandlers } from '#edge/api/exchange.ts';
import { type History, historyHandlers } from '#edge/api/history.ts';
import { noticeHandlers } from '#edge/api/notices.ts';
import { peerHandlers } from '#edge/api/peers.ts';
import { refuseSocket, sendProblem } from '#edge/api/problems.ts';
import { siteHandlers } from '#edge/api/record.ts';
import { SignIn } from '#edge/api/sign-in.ts';
import { addStream } from '#edge/api/stream.ts';
import { tagHandlers } from '#edge/api/tags.ts';
import type { Configuration } from '#edge/configuration.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly configuration: Configuration;
  readonly version: string;
  /** Absent where the site keeps no past. */
  readonly history?: History | undefined;
}

export interface Api extends AsyncDisposable {
  readonly address: ApiAddress;
}

/**
 * The site's own API: status, live values, alarms, guarded writes, metrics. One generated token opens it.
 * @throws Fault `api.port` when the port is taken
 */
export async function serveApi(site: Site, options: ApiOptions): Promise<Api> {
  const { host, port, configuration, version, history = () => undefined } = options;
  const app = Fastify({
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    schemaController,
    frameworkErrors: (error, _request, reply) => sendProblem(reply, error),
    clientErrorHandler: refuseSocket,
  });
  const token = randomBytes(24).toString('base64url');
  guardWith(app, token, site);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  refuseOthers(app);
  addHealth(app, site);
  addMetrics(app, site);
  addDocs(app);
  addStream(app, site);
  addRoutes(app, {
    ...siteHandlers(site, version),
    ...tagHandlers(site),
    ...noticeHandlers(site),
    ...peerHandlers(site, configuration),
    ...historyHandlers(() => site.core.clock.nowUs(), history),
    ...exchangeHandlers(site),
  });
  try {
    const url = await app.listen({ host, port });
    return { address: { url, token, pid: process.pid }, [Symbol.asyncDispose]: () => app.close() };
  } catch (error) {
    throw new Fault('api.port', `cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      retry: 'never',
      hint: 'another site may run here; set settings.api.port in the site file, 0 for any free one',
      cause: error,
    });
  }
}

/** Routes check what they are given with zod: without this Fastify loads a JSON Schema compiler, 5 MB of memory. */
const schemaController = {
  compilersFactory: {
    buildValidator: () => () => () => true,
    buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>;

/** A path that is there with another method is told from one that is not there (RFC 9110, 15.5.6). */
function refuseOthers(app: FastifyInstance): void {
  const urls = new Map<string, Set<string>>();
  for (const [, route] of routeEntries()) {
    const pattern = urlOf(route).replaceAll('*', '.+').replaceAll(/:\w+/g, '[^/]+');
    const methods = urls.get(pattern) ?? new Set();
    urls.set(pattern, methods.add(route.method));
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
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

function addHealth(app: FastifyInstance, { core }: Site): void {
  app.get(ROUTES.health.path, async (_request, reply) => {
    const { fault } = core.journal.health;
    reply.code(fault ? 503 : 200);
    return { ok: fault === undefined, ...(fault && { fault: fault.code }) };
  });
}

/** Loaded with the first scrape: many sites are never scraped. */
function addMetrics(app: FastifyInstance, site: Site): void {
  let registry: Promise<Registry> | undefined;
  app.get(ROUTES.metrics.path, async (_request, reply) => {
    registry ??= import('#edge/metrics.ts').then(({ siteMetrics }) => siteMetrics(() => site.status()));
    const metrics = await registry;
    reply.type(metrics.contentType);
    return await metrics.metrics();
  });
}

function addDocs(app: FastifyInstance): void {
  app.get(ROUTES.docs.path, async (_request, reply) => {
    const { DOCS_PAGE, DOCS_POLICY } = await import('#edge/api/docs-page.ts');
    reply.type('text/html; charset=utf-8').header('content-security-policy', DOCS_POLICY);
    return sendText(reply, DOCS_PAGE, true);
  });
}

/** Ways that need no token: whether the site is well, and what it could be asked. */
const OPEN: ReadonlySet<string> = new Set(
  routeEntries().flatMap(([, { open, path }]) => (open ? [path] : [])),
);

function guardWith(app: FastifyInstance, token: string, site: Site): void {
  const signIn = new SignIn(token, site.core.clock, (peer, failures, path) =>
    site.securityEvent('security.sign-in-failed', peer, { failures, path }),
  );
  app.addHook('onRequest', async (request, reply) => {
    if (OPEN.has(request.url) || signIn.isRight(request.headers.authorization)) return;
    await signIn.failed(request.ip, (request.url.split('?')[0] ?? '').slice(0, 200));
    const hint = 'send "Authorization: Bearer <token>"; the token is in api.json in the data folder';
    sendProblem(reply, new Fault('api.unauthorized', 'the token is missing or wrong', { hint }));
  });
}
