import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { problem } from '#contract/routes/problem.ts';
import { problemOf as inputProblem, WrongInput } from '#http/problems.ts';
import { noSchemaCompilers } from '#http/refuse.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { PARCEL_KEY_PATH } from '#trust/hub/parcel-key.ts';
import { Turns, type TurnsLimits } from './admission/turns.ts';
import { addFleetApi, type FleetApiPorts } from './api/routes.ts';
import type { Authority } from './authority/authority.ts';
import type { Connections } from './connections.ts';
import type { Database } from './database/database.ts';
import { faultOf } from './database/trouble.ts';
import type { Door } from './door.ts';
import { addEst } from './est/routes.ts';
import type { Gate } from './identity/gate.ts';
import type { Identities } from './identity/identities.ts';
import { parcelKeyStatement } from './parcel/keys.ts';
import { peerCertificate } from './peer.ts';
import { expired, isUplink, refuseUpgrade, type UplinkServer, upgrade } from './uplink.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly database: Database;
  readonly authority: Authority;
  readonly gate: Gate;
  readonly identities: Identities;
  readonly connections: Connections;
  readonly door: Door;
  readonly log: Log;
  readonly uplink: UplinkServer | undefined;
  readonly api: FleetApiPorts;
  /** How many sites are judged at once. */
  readonly greetings?: TurnsLimits | undefined;
}

export interface Served extends AsyncDisposable {
  readonly port: number;
}

/** Judging asks the database, which has ten connections for everything. */
const GREETINGS: TurnsLimits = { atOnce: 6, waitMs: 5000, turnMs: 20 };
const MOST_BYTES = 64 * 1024;
const REQUEST_MS = 60_000;
/** Connections that the kernel keeps until they are taken up; whoever finds no place there tries again only after seconds. */
const BACKLOG = 4096;

/** @throws Fault `hub.port` */
export async function serve(options: ServerOptions): Promise<Served> {
  const { host, port, door, log } = options;
  const app = Fastify({
    bodyLimit: MOST_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    schemaController: noSchemaCompilers,
    serverFactory: door.factory,
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, ...rest } = problemOf(error, log);
    reply
      .code(status)
      .type('application/problem+json')
      .send({ ...rest, status });
  });
  app.setNotFoundHandler((request) => {
    throw new Fault('api.not-found', `there is no ${request.method} ${request.url.split('?')[0]}`);
  });
  addRoutes(app, options);
  addFleetApi(app, options.api);
  addUplink(app, options);
  try {
    await app.listen({ host, port, backlog: BACKLOG }).catch((error) => {
      // All addresses of a machine without IPv6.
      if (host === '::' && error.code === 'EAFNOSUPPORT')
        return app.listen({ host: '0.0.0.0', port, backlog: BACKLOG });
      throw error;
    });
  } catch (cause) {
    throw new Fault('hub.port', `cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'name another one with --port, 0 for any free one',
      cause,
    });
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => app.close(),
  };
}

function addRoutes(app: FastifyInstance, { database, authority, gate, identities }: ServerOptions): void {
  addEst(app, { authority, gate, identities });
  // Signed by the hub: it may be read without it.
  app.get(PARCEL_KEY_PATH, async (_request, reply) => {
    reply.type('application/json');
    return await parcelKeyStatement(database, authority, Date.now());
  });
  app.get('/health', async () => {
    await database.pool.query('SELECT 1');
    return { ok: true };
  });
  // What a site asks with a new certificate, before it forgets the old one.
  app.get('/identity', async (request) => {
    const caller = await gate.judge(peerCertificate(request.raw.socket));
    if (caller.isExpired) throw expired(caller.site);
    const { site, serial, validToMs } = caller;
    return { site, serial, validToUs: validToMs * 1000 };
  });
}

function addUplink(app: FastifyInstance, options: ServerOptions): void {
  const { uplink, log } = options;
  const turns = new Turns(options.greetings ?? GREETINGS);
  app.server.on('upgrade', (request, socket, head) => {
    // Whoever goes away while he is judged.
    socket.on('error', () => {});
    const done = async (): Promise<void> => {
      if (!uplink || !isUplink(request))
        throw new Fault('api.not-found', `there is no upgrade ${request.url}`);
      await upgrade({ ...options, turns, uplink }, request, peerCertificate(socket as Socket), {
        socket,
        head,
      });
    };
    done().catch((error) => {
      const isBusy = error instanceof Fault && error.code === 'hub.busy';
      log[isBusy ? 'debug' : 'info'](
        { from: (socket as Socket).remoteAddress, why: messageOf(error) },
        'an uplink is refused',
      );
      refuseUpgrade(socket, error);
    });
  });
}

function problemOf(error: unknown, log: Log) {
  if (error instanceof WrongInput) return inputProblem(error);
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode === 413) return problem('api.too-large', messageOf(error));
  if (statusCode === 415) return problem('api.unsupported-type', messageOf(error));
  if (statusCode !== undefined && statusCode < 500) return problem('api.bad-request', messageOf(error));
  const { code, message, hint } = faultOf(error);
  if (code === 'api.internal') log.error({ err: error }, 'a request was not answered');
  return problem(code, message, hint);
}
