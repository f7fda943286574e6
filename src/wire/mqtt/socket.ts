import { readFile } from 'node:fs/promises';
import * as net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Connection } from './config.ts';

/** Where a broker listens. */
export function endpointOf(text: string): {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
} {
  const url = new URL(text);
  const tls = url.protocol === 'mqtts:';
  // A URL writes IPv6 addresses in brackets, a socket does not.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(url.port || (tls ? 8883 : 1883)), tls };
}

/** A connected socket. @throws Fault `mqtt.unreachable`, `mqtt.tls`, `mqtt.bad-file`; the signal's reason when aborted */
export async function openSocket(connection: Connection, signal: AbortSignal): Promise<net.Socket> {
  const { host, port, tls: secure } = endpointOf(connection.url);
  const socket = secure
    ? (await import('node:tls')).connect({
        host,
        port,
        rejectUnauthorized: true, // said here, so that no environment variable can take it away
        ...(net.isIP(host) === 0 && { servername: host }),
        ...(await pems(connection)),
      })
    : net.connect({ host, port });
  await connected(socket, secure ? 'secureConnect' : 'connect', connection.url, signal);
  socket.setNoDelay(true);
  return socket;
}

async function pems({ tls: paths }: Connection): Promise<ConnectionOptions> {
  const read = async (field: 'ca' | 'cert' | 'key') => {
    const path = paths[field];
    if (path === undefined) return {};
    try {
      return { [field]: await readFile(path) };
    } catch (cause) {
      throw new Fault('mqtt.bad-file', `tls.${field}: ${messageOf(cause)}`, {
        hint: 'Give the path of a PEM file that this process may read.',
        cause,
      });
    }
  };
  return Object.assign({}, ...(await Promise.all([read('ca'), read('cert'), read('key')])));
}

function connected(socket: net.Socket, event: string, where: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (result: () => void) => {
      socket.off(event, onConnect).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      result();
    };
    const fail = (reason: unknown) => {
      finish(() => reject(reason));
      socket.on('error', () => {}); // what follows the first error tells nothing new
      socket.destroy();
    };
    const onConnect = () => finish(resolve);
    const onError = (error: Error) => fail(unreachable(error, where));
    const onClose = () => fail(unreachable(new Error('closed while connecting'), where));
    const onAbort = () => fail(signal.reason);
    socket.on(event, onConnect).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

function unreachable(cause: Error, where: string): Fault {
  const code = 'code' in cause ? String(cause.code) : '';
  // Node names certificate errors so, and OpenSSL its own.
  if (/CERT|SIGNED|ISSUER|^ERR_(SSL|TLS)/.test(code)) {
    return new Fault('mqtt.tls', `${where}: ${cause.message}`, {
      hint: "Does tls.ca hold the authority of the broker's certificate, and does the certificate name this host?",
      cause,
    });
  }
  return new Fault('mqtt.unreachable', `${where}: ${cause.message}`, {
    hint: 'Is the broker running, and are host and port right?',
    cause,
  });
}
