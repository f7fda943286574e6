import { connect as connectPlain, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Fault, messageOf } from '#kernel/fault.ts';
import { UNREACHED, unreached } from '#kernel/unreached.ts';

export type { Socket };

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  /** Most time for name, handshake and, with TLS, certificate. */
  readonly timeoutMs: number;
  /** Absent: plain TCP. */
  readonly tls?: ConnectionOptions;
}

/**
 * A connected socket without delay of small segments and with keep-alive, so that a peer that vanished without a
 * word is noticed. From here on the caller listens to `error` and `close`.
 * @throws Fault `tcp.unreachable`, `tcp.refused`, `tcp.tls`; the signal's reason when aborted
 */
export async function connectTcp(target: TcpTarget, signal?: AbortSignal): Promise<Socket> {
  const { host, port, timeoutMs, tls } = target;
  // Loaded with its first use: most machines speak without, and it takes 3 MB.
  const connectTls = tls && (await import('node:tls')).connect;
  return await new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const socket = connectTls ? connectTls({ ...tls, host, port }) : connectPlain({ host, port });
    const giveUp = (reason: unknown) => {
      stopWaiting();
      // A late error of a socket that nobody wants any more must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      reject(reason);
    };
    const onError = (error: Error) => giveUp(asFault(error, target));
    const onAbort = () => giveUp(signal?.reason);
    const timer = setTimeout(() => giveUp(silent(target)), timeoutMs);
    const stopWaiting = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      stopWaiting();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 10_000);
      resolve(socket);
    });
  });
}

const silent = ({ host, port, timeoutMs }: TcpTarget): Fault =>
  new Fault('tcp.unreachable', `${host}:${port} did not answer within ${timeoutMs} ms`, {
    hint: UNREACHED.ETIMEDOUT.hint,
  });

function asFault(error: Error & { code?: string }, { host, port }: TcpTarget): Fault {
  const where = `${host}:${port}`;
  const known = unreached(error);
  const hint = known?.hint ?? 'Is the device on, is the address right, is there a route to it?';
  const options = { hint, cause: error };
  if (error.code === 'ECONNREFUSED')
    return new Fault('tcp.refused', `${where} ${UNREACHED.ECONNREFUSED.why}`, options);
  const isTls = error.code?.startsWith('ERR_TLS') || /CERT|SSL/.test(error.code ?? '');
  if (isTls) return new Fault('tcp.tls', `${where}: ${messageOf(error)}`, options);
  const said = known ? `${where} ${known.why} (${messageOf(error)})` : `${where}: ${messageOf(error)}`;
  return new Fault('tcp.unreachable', said, options);
}
