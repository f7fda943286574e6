import type { KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Fault, messageOf } from '#kernel/fault.ts';
import { pemOf } from '../issue.ts';
import { checkHub, shownChain } from './chain.ts';
import { throughProxy } from './proxy.ts';

/** Where a hub is, what it is known by, and as whom it is dialled. */
export interface HubTarget {
  /** `https://host:port`. */
  readonly hub: string;
  readonly proxy?: string | undefined;
  readonly pin: string;
  /** Absent while the site has none. */
  readonly identity?: { readonly certificate: X509Certificate; readonly key: KeyObject } | undefined;
}

export interface Dialled {
  readonly socket: TLSSocket;
  /** What the hub showed, its own first, the root last. */
  readonly chain: readonly X509Certificate[];
}

/** Of everything: name, proxy, handshake. */
const DIAL_MS = 20_000;
const PORT = 443;

/**
 * The site's way to its hub: TLS 1.3, both ends show a certificate, through a proxy where there is one. Nothing has been
 * sent over it when it is returned, and the hub is the one that was pinned.
 * @throws Fault `hub.unreachable`, `hub.proxy`, `hub.not-the-hub`, `hub.usage`; the signal's reason when aborted
 */
export async function dialHub(
  { hub, proxy, pin, identity }: HubTarget,
  signal: AbortSignal,
): Promise<Dialled> {
  const { host, port, where } = addressOf(hub);
  const within = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]);
  const way = proxy === undefined ? { host, port } : { socket: await throughProxy(proxy, where, within) };
  const socket = connect({
    ...way,
    ...(identity && { cert: identity.certificate.toString(), key: pemOf(identity.key) }),
    ...(isIP(host) === 0 && { servername: host }),
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
    // It is checked below, against the pin: the authority of a hub is on no list, and its names may be any.
    rejectUnauthorized: false,
  });
  // Whoever takes it listens, too; until then one that breaks must not end the process.
  socket.on('error', () => {});
  try {
    await connected(socket, where, within, signal);
    const chain = shownChain(socket.getPeerCertificate(true));
    checkHub(chain, pin, where);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    return { socket, chain };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function connected(
  socket: TLSSocket,
  where: string,
  within: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.aborted ? signal.reason : unreachable(where, 'no answer'));
    if (within.aborted) return onAbort();
    const onError = (error: Error) => reject(unreachable(where, messageOf(error), error));
    within.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('secureConnect', () => {
      within.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      resolve();
    });
  });
}

const unreachable = (where: string, why: string, cause?: unknown): Fault =>
  new Fault('hub.unreachable', `the hub at ${where} is not reached: ${why}`, {
    hint: 'Is the address right, does the hub run, does a firewall let this port out? --proxy names a proxy.',
    cause,
  });

function addressOf(hub: string): { readonly host: string; readonly port: number; readonly where: string } {
  const url = URL.canParse(hub) ? new URL(hub) : undefined;
  if (url?.protocol !== 'https:' || url.hostname === '') {
    throw new Fault('hub.usage', `${hub} is no address of a hub`, {
      retry: 'never',
      hint: 'write https://HOST:8443',
    });
  }
  const port = url.port === '' ? PORT : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, where: `${url.hostname}:${port}` };
}
