import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from 'fastify';
import type { Registry } from 'prom-client';
import * as z from 'zod';
import type { ApiAddress, ProblemDetails } from '#contract/api.ts';
import { addBrowse } from '#edge/api/browse.ts';
import { addCertificates } from '#edge/api/certificates.ts';
import { addConfig } from '#edge/api/config.ts';
import { addNotices } from '#edge/api/notices.ts';
import { addRestored } from '#edge/api/restored.ts';
import { addRoutes } from '#edge/api/routes.ts';
import { SignIn } from '#edge/api/sign-in.ts';
import { addStream } from '#edge/api/stream.ts';
import type { Configuration } from '#edge/configuration.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly configuration: Configuration;
}

export interface Api extends AsyncDisposable {
  readonly address: ApiAddress;
}

/**
 * The site's own API: status, live values, alarms, guarded writes, metrics. One generated token opens it.
 * @throws Fault `api.port` when the port is taken
 */
export async function serveApi(site: Site, { host, port, configuration }: ApiOptions): Promise<Api> {
  const app = Fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true, schemaController });
  const token = randomBytes(24).toString('base64url');
  guardWith(app, token, site);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, new Fault('api.not-found', `there is no ${request.method} ${request.url}`));
  });
  addMetrics(app, site);
  addRoutes(app, site);
  addNotices(app, site);
  addRestored(app, site);
  addConfig(app, site, configuration);
  addCertificates(app, site);
  addStream(app, site);
  addBrowse(app, site);
  try {
    const url = await app.listen({ host, port });
    return { address: { url, token, pid: process.pid }, [Symbol.asyncDispose]: () => app.close() };
  } catch (error) {
    throw new Fault('api.port', `cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      retry: 'never',
      hint: 'another site may run here; set settings.api.port in the site file, 0 for any free port',
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

/** Loaded with the first scrape: many sites are never scraped. */
function addMetrics(app: FastifyInstance, site: Site): void {
  let registry: Promise<Registry> | undefined;
  app.get('/metrics', async (_request, reply) => {
    registry ??= import('#edge/metrics.ts').then(({ siteMetrics }) => siteMetrics(() => site.status()));
    const metrics = await registry;
    reply.type(metrics.contentType);
    return await metrics.metrics();
  });
}

/** Everything but `/health` needs the token. */
function guardWith(app: FastifyInstance, token: string, site: Site): void {
  const signIn = new SignIn(token, site.core.clock, (peer, failures, path) =>
    site.securityEvent('security.sign-in-failed', peer, { failures, path }),
  );
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/health' || signIn.isRight(request.headers.authorization)) return;
    await signIn.failed(request.ip, (request.url.split('?')[0] ?? '').slice(0, 200));
    const hint = 'send "Authorization: Bearer <token>"; the token is in api.json in the data folder';
    sendProblem(reply, new Fault('api.unauthorized', 'the token is missing or wrong', { hint }));
  });
}

const STATUS: { readonly [code: string]: number } = {
  'api.unauthorized': 401,
  'api.not-found': 404,
  'tag.unknown': 404,
  'alarm.unknown': 404,
  'source.unknown': 404,
  'guard.unknown-asset': 404,
  'trust.unknown-certificate': 404,
};

function sendProblem(reply: FastifyReply, error: unknown): void {
  const problem = problemOf(error);
  reply.code(problem.status).type('application/problem+json').send(problem);
}

function problemOf(error: unknown): ProblemDetails {
  if (error instanceof z.ZodError) {
    return problem('api.bad-request', 400, error.issues.map(issueText).join('; '));
  }
  if (error instanceof Fault) {
    return problem(error.code, STATUS[error.code] ?? 409, error.message, error.hint);
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message: string };
  return problem(statusCode ? 'api.bad-request' : 'api.internal', statusCode ?? 500, message);
}

const issueText = ({ path, message }: z.core.$ZodIssue): string =>
  path.length === 0 ? message : `${path.join('.')}: ${message}`;

const problem = (code: string, status: number, detail: string, hint?: string): ProblemDetails => ({
  type: `urn:holdfast:${code}`,
  title: code,
  status,
  detail,
  ...(hint !== undefined && { hint }),
});
