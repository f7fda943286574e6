import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { type AnyRoute, paramsOf, SLASHED } from '#contract/routes/route.ts';
import type { Download, Page, Upload } from '#contract/routes/shapes.ts';
import { WrongInput } from '#http/problems.ts';
import { Fault } from '#kernel/fault.ts';

type Answers = (asked: unknown, signal: AbortSignal, who: Asks) => unknown;

/** Whoever asks, as an API knows him. */
export interface Asks {
  /** `via` local: the command line of the box, which may say for whom it acts. */
  readonly caller: { readonly name: string; readonly via: string };
}

/** Decides who may; every request passes it. */
export interface Admission {
  /** @throws Fault `api.forbidden` */
  admit(
    route: AnyRoute,
    request: FastifyRequest,
    asked: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
  ): Asks | Promise<Asks>;
}

/** Makes a route of Fastify's of every row of a table: checks what is given, and answers in the way that the row says. */
export function addRoutes(
  app: FastifyInstance,
  table: readonly (readonly [string, AnyRoute])[],
  gate: Admission,
  handlers: object,
): void {
  const all = handlers as { readonly [id: string]: Answers };
  for (const [id, route] of table) {
    const answers = all[id];
    if (!answers) continue; // answers in its own way
    if (route.upload) app.register(async (scope) => addUpload(scope, gate, route, answers));
    else addRoute(app, gate, route, answers);
  }
}

function addRoute(app: FastifyInstance, gate: Admission, route: AnyRoute, answers: Answers): void {
  const { method, bodyLimitBytes } = route;
  app.route({
    method,
    url: urlOf(route),
    config: { route },
    exposeHeadRoute: !('lines' in route.reply || 'file' in route.reply),
    ...(bodyLimitBytes !== undefined && { bodyLimit: bodyLimitBytes }),
    handler: (request, reply) => answer(route, answers, gate, request, reply),
  });
}

/** In a scope of its own: elsewhere a body of such a type is refused. */
function addUpload(scope: FastifyInstance, gate: Admission, route: AnyRoute, answers: Answers): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...(route.upload ?? [])], (_request, payload, done) => done(null, payload));
  addRoute(scope, gate, route, answers);
}

/** Adds a row of a table that answers in its own way: no JSON, or another status. */
export function addOwnRoute(
  app: FastifyInstance,
  route: AnyRoute,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void {
  const { method, reply } = route;
  app.route({ method, url: urlOf(route), config: { route }, exposeHeadRoute: !('stream' in reply), handler });
}

/** As Fastify writes the path: a parameter whose value may have slashes takes all that is left. */
export const urlOf = ({ path }: Pick<AnyRoute, 'path'>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (SLASHED.has(name) ? '*' : `:${name}`));

/** Checks one part of a request. @throws WrongInput naming every field */
export function checked<S extends z.ZodType>(
  schema: S,
  where: 'query' | 'body',
  given: unknown,
): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new WrongInput(where, result.error, given);
}

async function answer(
  route: AnyRoute,
  answers: Answers,
  gate: Admission,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const given = {
    params: paramsGiven(route, request),
    query: route.query && checked(route.query, 'query', request.query),
    body: route.upload ? uploadOf(request) : route.body && checked(route.body, 'body', request.body),
  };
  const who = await gate.admit(route, request, given);
  const asked = { ...given, body: signed(given.body, who.caller) };
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const answered = answers(asked, gone.signal, who);
  if ('lines' in route.reply) return await sendLines(reply, answered as AsyncIterable<unknown>, gone.signal);
  const value = await answered;
  if ('file' in route.reply) return await sendFile(reply, value as Download, gone.signal);
  if (!route.paged) return sendJson(reply, route, value);
  const { items, next } = value as Page<unknown>;
  if (next) reply.header('link', `<${nextUrl(request, next)}>; rel="next"`);
  return sendJson(reply, route, items);
}

/** @throws Fault `api.unsupported-type` where there is no body at all */
function uploadOf({ body, headers }: FastifyRequest): Upload {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (body && type) return { type, bytes: body as AsyncIterable<Uint8Array> };
  throw new Fault('api.unsupported-type', 'there is no file', {
    hint: 'send its bytes, with their type as Content-Type',
  });
}

/** Nobody acts in somebody else's name, but for the command line, which knows the user of the box. */
function signed(body: object | undefined, { name, via }: Asks['caller']): object | undefined {
  return body && 'by' in body && via !== 'local' ? { ...body, by: name } : body;
}

function paramsGiven(route: AnyRoute, { params, method, url }: FastifyRequest): { [name: string]: string } {
  const given = params as { readonly [name: string]: string };
  const named = paramsOf(route.path).map(
    (name) => [name, given[SLASHED.has(name) ? '*' : name] ?? ''] as const,
  );
  if (named.some(([, value]) => value === '')) throw notFound(method, url);
  return Object.fromEntries(named);
}

export const notFound = (method: string, url: string): Fault =>
  new Fault('api.not-found', `there is no ${method} ${url}`, { hint: '/api/docs shows what there is' });

function nextUrl({ url }: FastifyRequest, next: NonNullable<Page<unknown>['next']>): string {
  const [path = '', given = ''] = url.split('?');
  const query = new URLSearchParams(given);
  for (const [name, value] of Object.entries(next)) query.set(name, String(value));
  return `${path}?${query}`;
}

function sendJson(reply: FastifyReply, { tagged }: AnyRoute, value: unknown): FastifyReply {
  reply.type('application/json; charset=utf-8');
  return sendText(reply, JSON.stringify(value), tagged);
}

/** @param tagged with an ETag, and shortly where the client has it already (RFC 9110, 13.1.2) */
export function sendText(reply: FastifyReply, text: string, tagged: boolean | undefined): FastifyReply {
  if (!tagged) return reply.send(text);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', etag);
  const known = (reply.request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim());
  const isKnown = known.some((one) => one === '*' || one.replace(/^W\//, '') === etag);
  return isKnown ? reply.code(304).removeHeader('content-type').send() : reply.send(text);
}

/** An answer that has not failed within this time is begun: from then on a fault is its last line. */
const BEGUN_MS = 500;

/** One line each as it comes; a client that reads slowly slows it down, and one that goes away ends it. */
async function sendLines(reply: FastifyReply, all: AsyncIterable<unknown>, gone: AbortSignal): Promise<void> {
  const lines = all[Symbol.asyncIterator]();
  const first = lines.next();
  await Promise.race([first, pause(BEGUN_MS, undefined, { ref: false })]);
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, { 'content-type': 'application/x-ndjson' });
  out.flushHeaders();
  try {
    for (let line = await first; !line.done && !gone.aborted; line = await lines.next()) {
      if (!out.write(`${JSON.stringify(line.value)}\n`)) await once(out, 'drain', { signal: gone });
    }
  } catch (error) {
    const { code, message, hint } = Fault.from(error, 'api.internal', 'while answering');
    const said = { fault: { code, message, ...(hint !== undefined && { hint }) } };
    if (!gone.aborted) out.write(`${JSON.stringify(said)}\n`);
  }
  // A query that nobody waits for any more must not go on.
  await lines.return?.().catch(() => {});
  out.end();
}

/** Begun once its first part is there: until then it may fail as any question does. One that breaks off is cut. */
async function sendFile(reply: FastifyReply, file: Download, gone: AbortSignal): Promise<void> {
  const parts = file.bytes[Symbol.asyncIterator]();
  const first = await parts.next();
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    'content-type': file.type,
    'content-disposition': `attachment; filename="${file.name}"`,
  });
  try {
    for (let part = first; !part.done && !gone.aborted; part = await parts.next()) {
      if (!out.write(part.value)) await once(out, 'drain', { signal: gone });
    }
    out.end();
  } catch (error) {
    out.destroy(error as Error);
  }
  await parts.return?.().catch(() => {});
}
