import { X509Certificate } from 'node:crypto';
import type { EndpointDescription } from 'node-opcua-client';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Deps, TestStep } from '#plugin/api.ts';
import { budgetAt, type Share } from '#wire/opcua/budget.ts';
import { chooseEndpoint } from '#wire/opcua/endpoint.ts';
import { fingerprintOf, leafOf, openSession } from '#wire/opcua/session.ts';
import { demandTrust } from '#wire/opcua/trust.ts';
import type { Config } from './config.ts';
import { hello } from './hello.ts';
import { type OperationLimits, readLimits } from './limits.ts';
import { askOffers, type Offers } from './offers.ts';
import { securityNames, userNames } from './security.ts';
import { sessionOptions } from './source.ts';

/** Between the two clocks; below it nobody cares. */
const CLOCK_MS = 2000;
/** Values of ServerState (OPC UA Part 5, 12.6). */
const STATES = [
  'running',
  'failed',
  'without configuration',
  'suspended',
  'shutting down',
  'in a test',
  'without communication',
  'in an unknown state',
];
const STATE = 'ns=0;i=2259';
const PRODUCT = 'ns=0;i=2261';
const VERSION = 'ns=0;i=2264';
const VALUE = 13;

/**
 * What an OPC UA server says between its port and a session: that it speaks the protocol, what it offers, its
 * certificate and whether it is trusted, its clock, its state and its limits.
 */
export async function* explain(config: Config, deps: Deps, signal: AbortSignal): AsyncIterable<TestStep> {
  for (const url of [config.url, ...config.alternatives]) yield* atAddress(url, config, deps, signal);
}

async function* atAddress(
  url: string,
  config: Config,
  deps: Deps,
  signal: AbortSignal,
): AsyncIterable<TestStep> {
  using share = budgetAt(deps.clock, url).join(config);
  const line = { url, share, clock: deps.clock };
  try {
    yield await helloStep(line, config, signal);
    const offers = await askOffers(line, config.connectTimeoutMs, signal);
    yield clockStep(offers);
    const chosen = chooseEndpoint(offers.endpoints, config, url);
    yield endpointStep(offers.endpoints, config);
    const certificate = certificateStep(url, chosen, config, deps);
    yield certificate;
    if (certificate.state !== 'failed') yield* serverSteps(url, config, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    yield failedStep(stepOf(error), error);
  }
}

const stepOf = (error: unknown): string => {
  const code = error instanceof Fault ? error.code : '';
  if (/opcua\.(?:security|user-refused|password-in-clear)$/.test(code)) return 'endpoint';
  return code.startsWith('opcua.certificate') ? 'certificate' : 'hello';
};

function failedStep(step: string, error: unknown): TestStep {
  const hint = error instanceof Fault ? error.hint : undefined;
  return { step, state: 'failed', said: messageOf(error), ...(hint !== undefined && { hint }) };
}

async function helloStep(
  { url, share }: { readonly url: string; readonly share: Share },
  config: Config,
  signal: AbortSignal,
): Promise<TestStep> {
  const limits = { connectMs: config.connectTimeoutMs, answerMs: config.connectTimeoutMs };
  const { mostMessageBytes } = await hello(url, share, limits, signal);
  const most = mostMessageBytes === 0 ? 'of any size' : `up to ${mostMessageBytes} bytes`;
  return { step: 'hello', state: 'ok', said: `${url} speaks OPC UA and takes messages ${most}` };
}

function clockStep({ serverMs, oursMs }: Offers): TestStep {
  if (serverMs === undefined)
    return { step: 'clock', state: 'warning', said: 'the server does not tell its time' };
  const offMs = serverMs - oursMs;
  const off = `${(Math.abs(offMs) / 1000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(offMs) <= CLOCK_MS)
    return { step: 'clock', state: 'ok', said: `the server's clock is ${off}` };
  return {
    step: 'clock',
    state: 'warning',
    said: `the server's clock is ${off}`,
    hint: 'Times of its values will be off by as much: let both take their time from the same server (NTP).',
  };
}

function endpointStep(offers: readonly EndpointDescription[], config: Config): TestStep {
  const users = userNames(offers).join(', ');
  const said = `offers ${securityNames(offers).join(', ')}; users: ${users}; the configured one is among them`;
  if (config.security.mode !== 'none') return { step: 'endpoint', state: 'ok', said };
  return {
    step: 'endpoint',
    state: 'warning',
    said: `${said}, and it is not secured`,
    hint: 'Anybody on the way may read and change what is sent: set security where the server offers it.',
  };
}

function certificateStep(url: string, chosen: EndpointDescription, config: Config, deps: Deps): TestStep {
  const der = leafOf(chosen.serverCertificate);
  const isUsed = config.security.mode !== 'none' || config.user !== undefined;
  if (!isUsed || !der)
    return {
      step: 'certificate',
      state: isUsed ? 'failed' : 'ok',
      said: der ? 'is not looked at: security is none' : 'the server shows none',
    };
  const one = new X509Certificate(der);
  const said = `${one.subject.replaceAll('\n', ', ')}; valid until ${one.validTo}; SHA-256 ${fingerprintOf(der)}`;
  try {
    demandTrust(
      (peer, bytes) => deps.trust.judge(peer, bytes, config.serverFingerprints),
      url,
      der,
      fingerprintOf,
    );
  } catch (error) {
    const { state, hint, said: why } = { hint: undefined, ...failedStep('certificate', error) };
    return { step: 'certificate', state, said: `${said}; ${why}`, ...(hint !== undefined && { hint }) };
  }
  const doubts = doubtsOf(one, url, deps.clock.nowUs() / 1000);
  const text = `${said}; trusted`;
  if (doubts.length === 0) return { step: 'certificate', state: 'ok', said: text };
  return {
    step: 'certificate',
    state: 'warning',
    said: `${text}; ${doubts.join('; ')}`,
    hint: 'It is used all the same: it was trusted by its fingerprint.',
  };
}

/** What does not keep a trusted certificate from being used, and should be known. */
function doubtsOf(one: X509Certificate, url: string, nowMs: number): string[] {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const isNamed = one.checkHost(host) !== undefined || one.checkIP(host) !== undefined;
  return [
    ...(isNamed ? [] : [`it does not name ${host}`]),
    ...(nowMs > Date.parse(one.validTo) ? ['it has expired, by our clock'] : []),
    ...(nowMs < Date.parse(one.validFrom) ? ['it is not valid yet, by our clock'] : []),
  ];
}

/** Over a session that is closed again. Where there is none the session that the test opens next says why. */
async function* serverSteps(
  url: string,
  config: Config,
  deps: Deps,
  signal: AbortSignal,
): AsyncIterable<TestStep> {
  const options = await sessionOptions({ ...config, url, alternatives: [] }, deps);
  const opened = await openSession(options, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return Fault.from(error, 'opcua.failed', url);
  });
  if (opened instanceof Fault) {
    // That one may be opened at another address, and this one would look well.
    if (config.alternatives.length > 0) yield failedStep('server', opened);
    return;
  }
  await using held = opened;
  const { session } = held;
  const [state, product, version] = await session.read(
    [STATE, PRODUCT, VERSION].map((nodeId) => ({ nodeId, attributeId: VALUE })),
  );
  const number = Number(state?.value.value ?? STATES.length - 1);
  const name = [product, version]
    .map((one) => one?.value.value)
    .filter((one) => typeof one === 'string' && one !== '');
  yield {
    step: 'server',
    state: number === 0 ? 'ok' : 'warning',
    said: `${name.join(' ') || 'the server'} is ${STATES[number] ?? STATES.at(-1)}`,
  };
  yield { step: 'limits', state: 'ok', said: limitsText(await readLimits(session, signal)) };
}

function limitsText(limits: OperationLimits): string {
  const named = [
    ['reads', limits.read],
    ['writes', limits.write],
    ['nodes browsed', limits.browse],
    ['monitored items', limits.monitoredItems],
  ] as const;
  const set = named.filter(([, most]) => most > 0).map(([what, most]) => `${most} ${what}`);
  return set.length === 0 ? 'the server names no limits' : `takes at once: ${set.join(', ')}`;
}
