import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ClientSession, EndpointDescription, OPCUAClient, UserIdentityInfo } from 'node-opcua-client';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { startSmall } from '#platform/memory.ts';
import { budgetAt } from './budget.ts';
import type { Connection } from './config.ts';
import { chooseEndpoint, modeOf, policyUriOf } from './endpoint.ts';
import { opcuaFault } from './faults.ts';
import { type Library, loadLibrary } from './library.ts';
import { type Line, pacing, watchRequests } from './requests.ts';
import { safeTransport, type TransportFactory } from './transport.ts';
import { demandTrust, type Judge, storeOf } from './trust.ts';
import { within } from './within.ts';

export interface SessionOptions {
  readonly connection: Connection;
  readonly clientName: string;
  readonly applicationUri: string;
  /** Read at each opening. */
  readonly password: string | undefined;
  /** Our own certificate, PEM files. */
  readonly identity: { readonly certificateFile: string; readonly privateKeyFile: string };
  readonly judge: Judge;
  readonly clock: Clock;
  /** Told of each request. @param ms from when it left until its answer or time-out; undefined: it has none to wait for */
  readonly onRequest?: Line['onRequest'];
}

/** An activated session. Nothing in it reconnects: whoever holds it is told, and opens another one. */
export interface Session extends AsyncDisposable {
  readonly session: ClientSession;
  readonly library: Library;
  /** The address that answered. */
  readonly url: string;
  /** Resolves when the connection is gone. */
  readonly lost: Promise<Fault>;
}

/** Where the next opening begins, when the time of the one before was over with addresses untried. */
const begins = new WeakMap<Connection, number>();

/**
 * Opens a session at the first address that gives one. Each attempt ends within its time and leaves nothing behind,
 * here or at the server. What the signal cuts off goes on in the next opening of the same connection, so that silent
 * addresses cannot hide those behind them.
 * @throws Fault of the last address, with those of the others in its message
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  // The library is half of a site's program, and is loaded once the rest has been.
  const loaded = startSmall();
  return await openFirst(options, signal).finally(loaded);
}

async function openFirst(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const library = await loadLibrary();
  const { connection } = options;
  const addresses = [connection.url, ...connection.alternatives];
  const begin = begins.get(connection) ?? 0;
  begins.delete(connection);
  const faults: Fault[] = [];
  signal.throwIfAborted();
  for (let tried = 0; tried < addresses.length; tried++) {
    const at = (begin + tried) % addresses.length;
    const address = addresses[at] as string;
    try {
      return await openAt(library, address, options, signal);
    } catch (error) {
      if (!isOver(signal)) signal.throwIfAborted();
      faults.push(isOver(signal) ? tooLong(address, signal) : opcuaFault(error, address));
      if (!signal.aborted) continue;
      // One that had not all of the time gets it next.
      begins.set(connection, tried === 0 ? at + 1 : at);
      break;
    }
  }
  throw together(faults);
}

const isOver = ({ reason }: AbortSignal): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';

const tooLong = (where: string, { reason }: AbortSignal): Fault =>
  new Fault('opcua.timeout', `${where}: ${messageOf(reason)}`, {
    hint: 'Check address, firewall and load of the server.',
  });

function together(faults: readonly Fault[]): Fault {
  const [first] = faults;
  if (faults.length === 1 && first) return first;
  // What people must act on comes before a server that is merely away.
  const worst = faults.find(({ code }) => code.startsWith('opcua.certificate')) ?? first;
  return new Fault(worst?.code ?? 'opcua.failed', faults.map(({ message }) => message).join('; '), {
    ...(worst?.hint !== undefined && { hint: worst.hint }),
  });
}

async function openAt(
  library: Library,
  url: string,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<Session> {
  const { connection } = options;
  const isPlain = connection.security.mode === 'none';
  // Without security the session's own connection can ask; with it, the certificate must be judged before.
  const offers = isPlain ? undefined : await fetchEndpoints(library, url, options, signal);
  const judged = offers ? judgedOf(offers, url, options) : undefined;
  const broken = Promise.withResolvers<Fault>();
  const line = lineOf(url, connection, options);
  const transport = await safeTransport(url, broken.resolve, pacing(line));
  const client = clientOf(library, options, connection, judged, transport);
  const lost = Promise.race([broken.promise, lostOf(client, url)]);
  watchRequests(client, line);
  const open = new Opening(client, line, connection, broken.promise);
  try {
    await open.step(client.connect(url), signal);
    if (isPlain) trustPlain(client, judgedOf(await open.step(client.getEndpoints(), signal), url, options));
    const session = await open.session(await identityOf(library, options), signal);
    forbidRepair(session);
    return {
      session,
      library,
      url,
      lost,
      [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
    };
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The certificate of the chosen endpoint, once people trust it; undefined where none plays a part.
 * @throws Fault
 */
function judgedOf(
  offers: readonly EndpointDescription[],
  url: string,
  { connection, judge }: SessionOptions,
): Uint8Array | undefined {
  const endpoint = chooseEndpoint(offers, connection, url);
  const isPlain = connection.security.mode === 'none';
  // A password is encrypted for the server's certificate also where the channel is not secured.
  if (isPlain && connection.user === undefined) return undefined;
  const certificate = leafOf(endpoint.serverCertificate);
  if (!certificate) throw new Fault('opcua.certificate', `${url} shows no certificate`);
  demandTrust(judge, url, certificate, fingerprintOf);
  return certificate;
}

/** What a password is encrypted for, in place of whatever the answer to CreateSession brings. */
function trustPlain(client: OPCUAClient, certificate: Uint8Array | undefined): void {
  if (certificate)
    (client as unknown as { serverCertificate: Buffer }).serverCertificate = Buffer.from(certificate);
}

/** What a server offers, asked over a connection of its own without security (Part 4, 5.5.4). @throws Fault */
async function fetchEndpoints(
  library: Library,
  url: string,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<readonly EndpointDescription[]> {
  const plain = {
    ...options.connection,
    security: { ...options.connection.security, mode: 'none' as const },
  };
  const broken = Promise.withResolvers<Fault>();
  const line = lineOf(url, plain, options);
  const transport = await safeTransport(url, broken.resolve, pacing(line));
  const client = clientOf(library, options, plain, undefined, transport);
  watchRequests(client, line);
  const open = new Opening(client, line, plain, broken.promise);
  try {
    await open.step(client.connect(url), signal);
    return await open.step(client.getEndpoints(), signal);
  } finally {
    await open[Symbol.asyncDispose]();
  }
}

/**
 * Largest part of a request; longer ones go in several. For each request, however small, the library takes this much
 * memory: half a megabyte by itself, which had the garbage collector at work for the requests to publish alone.
 */
const SEND_BUFFER_BYTES = 65_536;

function clientOf(
  library: Library,
  options: Pick<SessionOptions, 'clientName' | 'applicationUri' | 'identity'>,
  connection: Connection,
  server: Uint8Array | undefined,
  transportFactory: TransportFactory,
): OPCUAClient {
  return library.OPCUAClient.create({
    applicationName: 'Holdfast',
    applicationUri: options.applicationUri,
    clientName: options.clientName,
    ...options.identity,
    clientCertificateManager: storeOf(library, server) as never,
    // Reconnecting is the supervisor's: two of them would fight.
    connectionStrategy: { maxRetry: 0, initialDelay: 10, maxDelay: 20 },
    keepSessionAlive: false,
    // The address in the offer is the server's idea of itself.
    endpointMustExist: false,
    transportFactory: transportFactory as never,
    transportSettings: { sendBufferSize: SEND_BUFFER_BYTES },
    securityMode: modeOf(connection.security),
    securityPolicy: policyUriOf(connection.security),
    ...(server && { serverCertificate: Buffer.from(server) }),
    requestedSessionTimeout: connection.sessionTimeoutMs,
    transportTimeout: connection.connectTimeoutMs,
    defaultTransactionTimeout: connection.requestTimeoutMs,
  } as Parameters<typeof library.OPCUAClient.create>[0]);
}

function lostOf(client: OPCUAClient, url: string): Promise<Fault> {
  return new Promise((resolve) => {
    const tell = (why: string) =>
      resolve(
        new Fault('opcua.connection-lost', `${url}: ${why}`, {
          hint: 'The server closed the connection, ended, or cannot be reached; it is opened again.',
        }),
      );
    client.once('connection_lost', () => tell('the connection is lost'));
    client.once('close', () => tell('the connection was closed'));
  });
}

/** @param connection as it is opened: also without security, to ask first */
const lineOf = (url: string, connection: Connection, { clock, onRequest }: SessionOptions): Line => ({
  url,
  share: budgetAt(clock, url).join(connection),
  clock,
  isEncrypted: connection.security.mode === 'signAndEncrypt',
  onRequest,
});

/**
 * The library would open a session anew by itself when the server does not know it any more, and send a request
 * again. Nothing here is sent twice; the supervisor opens the session.
 */
function forbidRepair(session: ClientSession): void {
  (session as unknown as { recursive_repair_detector: number }).recursive_repair_detector = 1;
}

async function identityOf(library: Library, options: SessionOptions): Promise<UserIdentityInfo> {
  const { user } = options.connection;
  if (user === undefined) return { type: library.UserTokenType.Anonymous };
  if ('name' in user)
    return { type: library.UserTokenType.UserName, userName: user.name, password: options.password ?? '' };
  return {
    type: library.UserTokenType.Certificate,
    certificateData: new X509Certificate(await readFile(user.certificateFile)).raw,
    privateKey: await readFile(user.privateKeyFile, 'utf8'),
  } as UserIdentityInfo;
}

/** The first certificate of a chain: DER objects one after the other. */
export function leafOf(chain: Uint8Array | null | undefined): Uint8Array | undefined {
  if (!chain || chain.length < 4) return undefined;
  const long = (chain[1] as number) === 0x82;
  const length = long ? 4 + (((chain[2] as number) << 8) | (chain[3] as number)) : chain.length;
  return chain.subarray(0, length);
}

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/** Longest that closing may take, each of its two steps, and no longer than an answer may. */
const CLOSE_MS = 2000;

/** A client on its way to a session, and the one place that takes it down, however far it got. */
class Opening implements AsyncDisposable {
  readonly #client: OPCUAClient;
  readonly #line: Line;
  readonly #timeoutMs: number;
  readonly #closeMs: number;
  readonly #broken: Promise<never>;
  #session: Promise<ClientSession> | undefined;
  #closed: Promise<void> | undefined;

  constructor(client: OPCUAClient, line: Line, connection: Connection, broken: Promise<Fault>) {
    this.#client = client;
    this.#line = line;
    this.#timeoutMs = connection.connectTimeoutMs;
    this.#closeMs = Math.min(CLOSE_MS, connection.requestTimeoutMs);
    this.#broken = broken.then((fault) => Promise.reject(fault));
    this.#broken.catch(() => {}); // told by the step that waits
  }

  /** Waits for one step, however long its turn takes to come. @throws Fault, or the signal's reason */
  step<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { url, share } = this.#line;
    const late = () =>
      new Fault('opcua.timeout', `${url} did not answer within ${this.#timeoutMs} ms`, {
        hint: 'Check address, firewall and load of the server.',
      });
    const either = Promise.race([work, this.#broken]);
    return within(either, this.#timeoutMs, late, signal, share.waiting).catch((error) => {
      signal.throwIfAborted();
      throw opcuaFault(error, url);
    });
  }

  session(user: UserIdentityInfo, signal: AbortSignal): Promise<ClientSession> {
    this.#session = this.#client.createSession(user);
    return this.step(this.#session, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A session that is just being made must be waited for, or the server would keep it until its time-out. */
  async #close(): Promise<void> {
    const client = this.#client;
    const closing = this.#session?.then(
      (session) => session.close(true),
      () => {},
    );
    const isClosed = closing === undefined || (await this.#quietly(closing));
    this.#line.share[Symbol.dispose]();
    const leaving = this.#quietly(client.disconnect());
    // Who does not answer the one will not answer the other.
    if (isClosed) await leaving;
    // For a server that answers neither: the socket goes.
    const channel = (client as unknown as { _secureChannel?: { dispose(): void } | null })._secureChannel;
    channel?.dispose();
    client.removeAllListeners();
  }

  /** @returns whether it came to an end in time, whichever */
  #quietly(work: Promise<unknown>): Promise<boolean> {
    const ended = work.then(
      () => true,
      () => true,
    );
    return within(ended, this.#closeMs, () => new Error('late')).catch(() => false);
  }
}
