import type { X509Certificate } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from '#contract/routes/problem.ts';
import { Fault } from '#kernel/fault.ts';
import type { Turns } from './admission/turns.ts';
import type { Connections } from './connections.ts';
import { faultOf } from './database/trouble.ts';
import type { Gate } from './identity/gate.ts';

/** Whose connection it is, as its certificate and its first words say. */
export interface UplinkIdentity {
  readonly site: string;
  readonly serial: string;
  /** One start of the site's program. */
  readonly instance: string;
}

/** Speaks with one site over its connection until that closes. `head` has come already. */
export interface UplinkServer extends AsyncDisposable {
  accept(socket: Duplex, head: Buffer, identity: UplinkIdentity): void;
  /** Something waits to be asked of a site, which may be connected here. */
  asked(site: string): void;
}

export const UPLINK_PATH = '/uplink';
const PROTOCOL = 'holdfast-uplink/1';
/** As the site makes it: 16 bytes in hex. */
const INSTANCE = /^[0-9a-f]{32}$/;

export interface UplinkPorts {
  readonly turns: Turns;
  readonly connections: Connections;
  readonly gate: Gate;
  readonly uplink: UplinkServer;
}

/**
 * An HTTP/1.1 upgrade (RFC 9110, 7.8) to the uplink's own frames, for sites only.
 * @throws Fault what is to be answered instead
 */
export async function upgrade(
  { turns, connections, gate, uplink }: UplinkPorts,
  request: IncomingMessage,
  certificate: X509Certificate,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const instance = request.headers['holdfast-instance'];
  if (typeof instance !== 'string' || !INSTANCE.test(instance)) {
    throw new Fault('hub.no-instance', 'the uplink wants the header Holdfast-Instance: 32 hex digits', {
      retry: 'never',
    });
  }
  const { serialNumber: serial, validTo } = certificate;
  const connection = { serial, validToMs: Date.parse(validTo), socket, start: 0 };
  // Listed before it is judged: whoever ends the identity meanwhile cuts it as well.
  connections.add(connection);
  const site = await inTurn(turns, socket, async () => {
    const caller = await gate.judge(certificate);
    if (caller.isExpired) throw expired(caller.site);
    connections.admit(connection, await gate.admit(caller, instance));
    return caller.site;
  });
  if (site === undefined || socket.destroyed) return;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${PROTOCOL}\r\n\r\n`);
  uplink.accept(socket, head, { site, serial, instance });
}

/** @returns undefined where the peer has gone before its turn came @throws Fault `hub.busy`; what the work throws */
function inTurn<T>(turns: Turns, socket: Duplex, work: () => Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => resolve(undefined));
    const later = turns.take(
      () => socket.destroyed,
      (done) => void work().finally(done).then(resolve, reject),
    );
    if (later) reject(busy(later.afterMs));
  });
}

const busy = (afterMs: number): Fault =>
  new Fault('hub.busy', 'more sites come at once than this hub can greet', {
    afterMs,
    hint: 'each comes again at a time of its own; nothing is to be done',
  });

export const isUplink = ({ url, headers }: IncomingMessage): boolean =>
  url === UPLINK_PATH && headers.upgrade?.toLowerCase() === PROTOCOL;

export const expired = (site: string): Fault =>
  new Fault('hub.identity-expired', `the certificate of ${site} is over`, {
    hint: 'renew it with itself: POST /.well-known/est/simplereenroll',
  });

/** Answers on a connection that is no HTTP any more, and closes it. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, message, hint, afterMs } = faultOf(error);
  const { status, ...rest } = problem(code, message, hint);
  const body = JSON.stringify({ ...rest, status });
  const after = afterMs === undefined ? '' : `retry-after: ${Math.floor(afterMs / 1000)}\r\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/problem+json\r\n${after}` +
      `connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
