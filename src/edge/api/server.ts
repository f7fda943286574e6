import { randomBytes, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import * as z from 'zod';
import type { ApiAddress, ProblemDetails } from '#contract/api.ts';
import { addRoutes } from '#edge/api/routes.ts';
import { addStream } from '#edge/api/stream.ts';
import { siteMetrics } from '#edge/metrics.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface Api extends AsyncDisposable {
  readonly address: ApiAddress;
}

/** A wrong token is answered late, so that guessing is slow; nobody is ever locked out (IEC 62443-3-3 clause 4.2). */
const THROTTLE_MS = 500;

/**
 * The site's own API: status, live values, alarms, guarded writes, metrics. One generated token opens it.
 * @throws Fault `api.port` when the port is taken
 */
export async function serveApi(site: Site, { host, port }: ApiOptions): Promise<Api> {
  const app = Fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true });
  const token = randomBytes(24).toString('base64url');
  guardWith(app, token, site);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, new Fault('api.not-found', `there is no ${request.method} ${request.url}`));
  });
  const metrics = siteMetrics(() => site.status());
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return await metrics.metrics();
  });
  addRoutes(app, site);
  addStream(app, site);
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

/** Everything but `/health` needs the token. */
function guardWith(app: FastifyInstance, token: string, site: Site): void {
  const expected = Buffer.from(`Bearer ${token}`);
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/health') return;
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    site.securityEvent('security.sign-in-failed', request.ip, { url: request.url.slice(0, 200) });
    await site.core.clock.sleep(THROTTLE_MS);
    sendProblem(
      reply,
      new Fault('api.unauthorized', 'the token is missing or wrong', {
        hint: 'send "Authorization: Bearer <token>"; the token is in api.json in the data folder',
      }),
    );
  });
}

const STATUS: { readonly [code: string]: number } = {
  'api.unauthorized': 401,
  'api.not-found': 404,
  'tag.unknown': 404,
  'alarm.unknown': 404,
  'asset.unknown': 404,
};

function sendProblem(reply: FastifyReply, error: unknown): void {
  const problem = problemOf(error);
  reply.code(problem.status).type('application/problem+json').send(problem);
}

function problemOf(error: unknown): ProblemDetails {
  if (error instanceof z.ZodError) {
    return problem('api.bad-request', 400, z.prettifyError(error).replaceAll('\n', '; '));
  }
  if (error instanceof Fault) {
    return problem(error.code, STATUS[error.code] ?? 409, error.message, error.hint);
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message: string };
  return problem(statusCode ? 'api.bad-request' : 'api.internal', statusCode ?? 500, message);
}

const problem = (code: string, status: number, detail: string, hint?: string): ProblemDetails => ({
  type: `urn:holdfast:${code}`,
  title: code,
  status,
  detail,
  ...(hint !== undefined && { hint }),
});
