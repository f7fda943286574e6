import type { ApplicationDescription, EndpointDescription } from 'node-opcua-client';
import type { Fault } from '#kernel/fault.ts';
import { opcuaFault } from '#wire/opcua/faults.ts';
import { loadLibrary } from '#wire/opcua/library.ts';
import { type Line, watchRequests } from '#wire/opcua/requests.ts';
import { safeTransport } from '#wire/opcua/transport.ts';
import { storeOf } from '#wire/opcua/trust.ts';
import { within } from '#wire/opcua/within.ts';

/** What a server says of itself to anybody. */
export interface Offers {
  /** It, and those that it knows of. */
  readonly servers: readonly ApplicationDescription[];
  readonly endpoints: readonly EndpointDescription[];
  /** Its clock as it answered, ms since 1970; undefined where it does not say. */
  readonly serverMs: number | undefined;
  /** Ours in the middle between asking and its answer. */
  readonly oursMs: number;
}

const CLOSE_MS = 2000;

/**
 * FindServers and GetEndpoints over one connection without security and without a session (OPC UA Part 4, 5.5): what
 * every server answers, to anybody.
 * @throws Fault
 */
export async function askOffers(
  line: Pick<Line, 'url' | 'share' | 'clock'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Offers> {
  const { url, share } = line;
  const library = await loadLibrary();
  const broken = Promise.withResolvers<Fault>();
  const client = library.OPCUAClient.create({
    applicationName: 'Holdfast',
    applicationUri: APPLICATION,
    clientCertificateManager: storeOf(library, undefined) as never,
    certificateKeyPairProvider: NO_CERTIFICATE as never,
    connectionStrategy: { maxRetry: 0, initialDelay: 10, maxDelay: 20 },
    keepSessionAlive: false,
    endpointMustExist: false,
    transportFactory: (await safeTransport(url, broken.resolve, { share })) as never,
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
  });
  // It would look into the certificate before it connects.
  (client as unknown as { initializeCM(): Promise<void> }).initializeCM = async () => {};
  watchRequests(client, { ...line, isEncrypted: false });
  const cut = broken.promise.then((fault) => Promise.reject(fault));
  cut.catch(() => {}); // told by the step that waits
  const step = <T>(work: Promise<T>) =>
    within(
      Promise.race([work, cut]),
      timeoutMs,
      () => new Error(`timeout: no answer within ${timeoutMs} ms`),
      signal,
      share.waiting,
    );
  try {
    await step(client.connect(url));
    let serverMs: number | undefined;
    let sentMs = 0;
    client.on('send_request', () => {
      sentMs = Date.now();
    });
    client.on('receive_response', ({ responseHeader }) => {
      serverMs = responseHeader.timestamp?.getTime();
    });
    const servers = await step(client.findServers({ endpointUrl: url }));
    const endpoints = await step(client.getEndpoints({ endpointUrl: url }));
    return { servers, endpoints, serverMs, oursMs: (sentMs + Date.now()) / 2 };
  } catch (error) {
    signal.throwIfAborted();
    throw opcuaFault(error, url);
  } finally {
    await within(client.disconnect(), CLOSE_MS, () => new Error('late')).catch(() => {});
    (client as unknown as { _secureChannel?: { dispose(): void } | null })._secureChannel?.dispose();
    client.removeAllListeners();
  }
}

const APPLICATION = 'urn:holdfast:discovery';

/** A channel without security shows no certificate. The library wants one all the same, and asks for it in vain. */
const NO_CERTIFICATE = {
  certificateFile: '<none>',
  privateKeyFile: '<none>',
  getCertificate: noCertificate,
  getCertificateChain: noCertificate,
  getPrivateKey: noCertificate,
  getKeyOperations: noCertificate,
};

function noCertificate(): never {
  throw new Error('a channel without security needs no certificate');
}
