import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ApiAddress } from '#contract/api.ts';
import { ROUTES, routeEntries } from '#contract/routes/table.ts';
import { accessHandlers } from '#edge/api/access.ts';
import { alertHandlers } from '#edge/api/alerts.ts';
import { detectorHandlers } from '#edge/api/detectors.ts';
import { type EncryptedDoor, localDoor } from '#edge/api/doors.ts';
import { exchangeHandlers } from '#edge/api/exchange.ts';
import { Gate } from '#edge/api/gate.ts';
import { type History, historyHandlers } from '#edge/api/history.ts';
import { learningDesk, learningHandlers } from '#edge/api/learning.ts';
import { noticeHandlers } from '#edge/api/notices.ts';
import { addOwnWay } from '#edge/api/own-way.ts';
import { addPages } from '#edge/api/pages.ts';
import { peerHandlers } from '#edge/api/peers.ts';
import { pictureHandlers } from '#edge/api/pictures.ts';
import { siteHandlers } from '#edge/api/record.ts';
import { replayHandlers } from '#edge/api/replay.ts';
import { addStream } from '#edge/api/stream.ts';
import { tagHandlers } from '#edge/api/tags.ts';
import { viewHandlers } from '#edge/api/views.ts';
import type { Configuration } from '#edge/configuration.ts';
import type { Site } from '#edge/site.ts';
import type { SiteAccess } from '#edge/site-access.ts';
import { addRoutes, sendText } from '#http/answer.ts';
import { addConsole } from '#http/console.ts';
import { harden } from '#http/headers.ts';
import { refuseSocket, sendProblem } from '#http/problems.ts';
import { noSchemaCompilers, refuseOthers } from '#http/refuse.ts';
import { Fault } from '#kernel/fault.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly configuration: Configuration;
  readonly access: SiteAccess;
  /** Absent: plain, and on loopback. */
  readonly door?: EncryptedDoor | undefined;
  readonly version: string;
  /** Absent where the site keeps no past. */
  readonly history?: History | undefined;
}

export interface Api extends AsyncDisposable {
  readonly address: ApiAddress;
}

/**
 * The site's own API: status, live values, alarms, guarded writes, metrics. Every request passes the gate.
 * @throws Fault `api.port` when the port is taken
 */
export async function serveApi(site: Site, options: ApiOptions): Promise<Api> {
  const { host, port, configuration, access, door, version, history = () => undefined } = options;
  const app = Fastify({
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
    schemaController: noSchemaCompilers,
    frameworkErrors(error, request, reply) {
      harden(request, reply);
      sendProblem(reply, error);
    },
    clientErrorHandler: refuseSocket,
    ...(door && { serverFactory: door.factory }),
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => harden(request, reply));
  const gate = new Gate(access, site.core.clock);
  gate.install(app);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  refuseOthers(app, routeEntries());
  addHealth(app, site);
  addMetrics(app, site);
  addDocs(app);
  const { consolePage, signInPage, consoleAsset } = ROUTES;
  addConsole(app, 'index.html', { pages: [consolePage, signInPage], asset: consoleAsset });
  addPages(app, () => door?.shown);
  addStream(app, site);
  const desk = learningDesk(site);
  app.addHook('onClose', () => desk[Symbol.dispose]());
  addRoutes(app, routeEntries(), gate, {
    ...siteHandlers(site, version),
    ...tagHandlers(site),
    ...alertHandlers(site),
    ...detectorHandlers(site),
    ...learningHandlers(site, desk),
    ...noticeHandlers(site),
    ...peerHandlers(site, configuration),
    ...replayHandlers(site, version),
    ...pictureHandlers(site, configuration),
    ...historyHandlers(() => site.core.clock.nowUs(), history),
    ...exchangeHandlers(site),
    ...viewHandlers(site),
    ...accessHandlers(site, access, gate),
  });
  try {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => app.close());
    // Where all addresses are listened at, the one of this box is named.
    const listening = (await app.listen({ host, port })).replace('[::]', '[::1]');
    // Fastify does not know what the server is that it was given.
    const pages = door ? listening.replace(/^http:/, 'https:') : listening;
    const local = door && stack.use(await localDoor(app));
    const address = { url: local?.url ?? pages, token: access.localToken, pid: process.pid };
    const owned = stack.move();
    return {
      address: { ...address, ...(local && { pages }) },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    throw new Fault('api.port', `cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      retry: 'never',
      hint: 'another site may run here; set settings.api.port in the site file, 0 for any free one',
      cause: error,
    });
  }
}

/** A site file of megabytes over a slow link is there by then; who sends a byte a minute is not waited for. */
const REQUEST_MS = 120_000;
/** Whoever opens connections and asks nothing must not fill the memory; the door of the box itself is another one. */
const MOST_CONNECTIONS = 1000;

function addHealth(app: FastifyInstance, { core }: Site): void {
  addOwnWay(app, 'health', async (_request, reply) => {
    const { fault } = core.journal.health;
    reply.code(fault ? 503 : 200);
    return { ok: fault === undefined, ...(fault && { fault: fault.code }) };
  });
}

/** Loaded with the first scrape: many sites are never scraped. */
function addMetrics(app: FastifyInstance, site: Site): void {
  let registry: Promise<Registry> | undefined;
  addOwnWay(app, 'metrics', async (_request, reply) => {
    registry ??= import('#edge/metrics.ts').then(({ siteMetrics }) =>
      siteMetrics(
        () => site.status(),
        () => site.autonomy.known,
      ),
    );
    const metrics = await registry;
    reply.type(metrics.contentType);
    return await metrics.metrics();
  });
}

function addDocs(app: FastifyInstance): void {
  addOwnWay(app, 'docs', async (_request, reply) => {
    const { DOCS_PAGE, DOCS_POLICY } = await import('#edge/api/docs-page.ts');
    reply.type('text/html; charset=utf-8').header('content-security-policy', DOCS_POLICY);
    return sendText(reply, DOCS_PAGE, true);
  });
}
