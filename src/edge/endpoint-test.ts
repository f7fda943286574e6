import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { Fault, messageOf } from '#kernel/fault.ts';
import { UNREACHED, unreached } from '#kernel/unreached.ts';
import { connectTcp } from '#platform/tcp.ts';
import type { Endpoint, TestStep } from '#plugin/api.ts';

const NAME_MS = 5000;
const PORT_MS = 5000;

/** Name, port and TLS of each place where a peer should listen. @param reached told when one of them can be used */
export async function* testEndpoints(
  endpoints: readonly Endpoint[],
  reached: { any: boolean },
  signal: AbortSignal,
): AsyncIterable<TestStep> {
  for (const endpoint of endpoints) {
    if (signal.aborted) return;
    const name = await nameStep(endpoint);
    yield name;
    if (name.state === 'failed') continue;
    const port = await portStep(endpoint, signal);
    yield port;
    if (port.state === 'failed') continue;
    const tls = endpoint.tls ? await tlsStep(endpoint, signal) : undefined;
    if (tls) yield tls;
    if (tls?.state !== 'failed') reached.any = true;
  }
}

async function nameStep({ host }: Endpoint): Promise<TestStep> {
  const step = 'name';
  if (isIP(host) !== 0) return { step, state: 'ok', said: `${host} is an address: nothing to look up` };
  const begin = performance.now();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${NAME_MS / 1000} s`)), NAME_MS);
  try {
    const found = await Promise.race([lookup(host, { all: true }), late.promise]);
    const addresses = found.map(({ address }) => address).join(', ');
    return { step, state: 'ok', said: `${host} is ${addresses} (${since(begin)})` };
  } catch (error) {
    const isUnknown = (error as { readonly code?: string }).code === 'ENOTFOUND';
    return {
      step,
      state: 'failed',
      said: `${host}: ${isUnknown ? 'nobody knows this name' : messageOf(error)} (${since(begin)})`,
      hint: UNREACHED[isUnknown ? 'ENOTFOUND' : 'EAI_AGAIN'].hint,
    };
  } finally {
    clearTimeout(timer);
  }
}

const since = (begin: number): string => `${Math.max(1, Math.round(performance.now() - begin))} ms`;

async function portStep({ host, port }: Endpoint, signal: AbortSignal): Promise<TestStep> {
  const step = 'port';
  const begin = performance.now();
  try {
    const socket = await connectTcp({ host, port, timeoutMs: PORT_MS }, signal);
    socket.on('error', () => {});
    socket.destroy();
    return { step, state: 'ok', said: `${host}:${port} takes connections (${since(begin)})` };
  } catch (error) {
    return { step, state: 'failed', ...portFailure(error, `${host}:${port}`, since(begin)) };
  }
}

function portFailure(error: unknown, where: string, took: string): Pick<TestStep, 'said' | 'hint'> {
  const cause = error instanceof Fault ? error.cause : error;
  if (cause === undefined)
    return { said: `${where} did not answer (${took})`, hint: UNREACHED.ETIMEDOUT.hint };
  const known = unreached(cause);
  if (known) return { said: `${where} ${known.why} (${took})`, hint: known.hint };
  return { said: `${where}: ${messageOf(error)}`, hint: 'Is the device on, and is the address right?' };
}

async function tlsStep({ host, port }: Endpoint, signal: AbortSignal): Promise<TestStep> {
  const step = 'TLS';
  try {
    // Only looked at here; whether it is trusted is for the source, with the authorities that it was given.
    const tls = { rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) };
    const socket = (await handshake(host, port, tls, signal)) as TLSSocket;
    const certificate = socket.getPeerCertificate(true);
    const said = `${socket.getProtocol()}, ${certificateText(certificate)}`;
    const problem = socket.authorizationError;
    socket.destroy();
    return { step, ...judged(certificate, problem === null ? undefined : String(problem), said) };
  } catch (error) {
    return {
      step,
      state: 'failed',
      said: `${host}:${port}: no TLS: ${messageOf(error)}`,
      hint: 'Does this port speak TLS at all? Without it the address begins with another scheme, often on another port.',
    };
  }
}

function handshake(host: string, port: number, options: object, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, ...options });
    const end = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => end(new Error(`no handshake within ${PORT_MS / 1000} s`)), PORT_MS);
    const abort = () => end(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    socket.on('error', (error) => {
      done();
      end(error);
    });
    socket.once('close', () => {
      done();
      reject(new Error('the peer hung up'));
    });
    socket.once('secureConnect', () => {
      done();
      resolve(socket);
    });
  });
}

function certificateText(certificate: DetailedPeerCertificate): string {
  const { subject, issuer, valid_from, valid_to } = certificate;
  const chain: string[] = [];
  for (let at = certificate; at && chain.length < 10; at = at.issuerCertificate) {
    chain.push(nameOf(at.subject));
    if (at.issuerCertificate === at) break;
  }
  const by = nameOf(issuer) === nameOf(subject) ? 'signed by itself' : `chain ${chain.join(' ← ')}`;
  return `certificate of ${nameOf(subject)}, valid ${valid_from} to ${valid_to}, ${by}`;
}

/** From strangers: one line, nothing that moves a cursor. */
const nameOf = (subject: DetailedPeerCertificate['subject'] | undefined): string =>
  String(subject?.CN ?? subject?.O ?? 'nobody')
    .replaceAll(/\p{C}/gu, '?')
    .slice(0, 100);

function judged(
  { valid_from, valid_to }: DetailedPeerCertificate,
  problem: string | undefined,
  said: string,
): Pick<TestStep, 'state' | 'said' | 'hint'> {
  const now = Date.now();
  if (now > Date.parse(valid_to))
    return {
      state: 'failed',
      said: `${said}: expired`,
      hint: 'Renew the certificate of the peer, or set the clock of this machine right.',
    };
  if (now < Date.parse(valid_from))
    return { state: 'failed', said: `${said}: not valid yet`, hint: 'Is the clock of this machine right?' };
  if (problem === undefined) return { state: 'ok', said };
  return {
    state: 'warning',
    said: `${said}; this machine does not trust it: ${problem}`,
    hint: 'It is enough that the source does: name its authority (tls.ca), and ask it by a name that the certificate has.',
  };
}
