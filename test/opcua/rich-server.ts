import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  crypto_utils as crypto,
  LogLevel,
  MessageSecurityMode,
  SecurityPolicy,
  StatusCodes,
  setLogLevel,
} from 'node-opcua-client';
import { OPCUAServer, type OPCUAServerOptions } from 'node-opcua-server';
import { freePort } from '#test/interop/mosquitto.ts';
import { buildPlant, type Plant } from './rich-space.ts';

// The file of the standard's own nodes is known to a package of the server's only.
const libraryOf = createRequire(import.meta.resolve('node-opcua-server'));
const { standard } = (libraryOf('node-opcua-nodesets') as { nodesets: { standard: string } }).nodesets;
export const APPLICATION = 'urn:holdfast:test:rich';
const TYPES = fileURLToPath(new URL('./types.xml', import.meta.url));

export interface RichServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: OPCUAServer;
  readonly plant: Plant;
  readonly keys: Keys;
  /** How often each service was asked for since the start, by the name of its request. */
  readonly asked: Map<string, number>;
  /** Most nodes that any one request of a service named. */
  readonly most: Map<string, number>;
  /** After so many answers every reading of history is refused; undefined: none is. */
  refuseHistoryAfter(answers: number | undefined): void;
  /** Ends every subscription, as after its lifetime. @returns how many there were */
  endSubscriptions(): number;
  /** How far ahead the clock is in the heads of its answers. */
  clockOffsetMs: number;
}

interface HistoryHandler {
  _on_HistoryReadRequest(message: { request: { nodesToRead: unknown[] } }, channel: unknown): void;
}

/** Requests that name nothing are refused as a whole, whatever they asked for. */
function refuseHistory(server: OPCUAServer, isRefused: () => boolean): void {
  const target = server as unknown as HistoryHandler;
  const answer = target._on_HistoryReadRequest.bind(server);
  target._on_HistoryReadRequest = (message, channel) => {
    if (isRefused()) message.request.nodesToRead = [];
    answer(message, channel);
  };
}

interface Sessions {
  readonly _sessions: {
    readonly [id: string]: { readonly publishEngine: { readonly subscriptions: readonly object[] } };
  };
}

function endSubscriptions(server: OPCUAServer): number {
  const sessions = Object.values((server.engine as unknown as Sessions)._sessions);
  const subscriptions = sessions.flatMap(({ publishEngine }) => publishEngine.subscriptions);
  for (const one of subscriptions) Object.defineProperty(one, 'lifeTimeHasExpired', { get: () => true });
  return subscriptions.length;
}

type Limits = NonNullable<OPCUAServerOptions['serverCapabilities']>;

export interface RichOptions {
  readonly limits?: Limits;
  /** None only, unless asked otherwise: a secured endpoint costs time. */
  readonly secured?: boolean;
}

/** A plant behind a real OPC UA server in this process, on the loopback only. */
export async function startRich(options: RichOptions = {}): Promise<RichServer> {
  setLogLevel(LogLevel.Emergency);
  const port = await freePort();
  const keys = await makeKeys();
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    nodeset_filename: [standard, TYPES],
    serverInfo: {
      applicationUri: APPLICATION,
      applicationName: { text: 'Rich test server' },
      productUri: 'urn:holdfast:test',
    },
    securityModes: options.secured
      ? [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt]
      : [MessageSecurityMode.None],
    securityPolicies: options.secured
      ? [SecurityPolicy.None, SecurityPolicy.Basic256Sha256]
      : [SecurityPolicy.None],
    certificateFile: keys.certificateFile,
    privateKeyFile: keys.privateKeyFile,
    serverCertificateManager: openStore as never,
    userCertificateManager: openStore as never,
    serverCapabilities: { maxBrowseContinuationPoints: 10, ...options.limits },
  });
  await server.initialize();
  const plant = buildPlant(server);
  const asked = new Map<string, number>();
  const most = new Map<string, number>();
  server.on('request', (request) => {
    const name = request.constructor.name;
    asked.set(name, (asked.get(name) ?? 0) + 1);
    most.set(name, Math.max(most.get(name) ?? 0, nodesOf(request)));
  });
  let historyLeft = Number.POSITIVE_INFINITY;
  refuseHistory(server, () => historyLeft-- <= 0);
  const rich = { clockOffsetMs: 0 };
  server.on('response', ({ responseHeader }) => {
    responseHeader.timestamp = new Date(Date.now() + rich.clockOffsetMs);
  });
  await server.start();
  return Object.assign(rich, {
    url: `opc.tcp://127.0.0.1:${port}`,
    port,
    server,
    plant,
    keys,
    asked,
    most,
    endSubscriptions: () => endSubscriptions(server),
    refuseHistoryAfter(answers = Number.POSITIVE_INFINITY) {
      historyLeft = answers;
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown(0);
      await rm(keys.dir, { recursive: true });
    },
  });
}

const nodesOf = (request: object): number =>
  Math.max(
    0,
    ...Object.values(request).map((field: unknown) => (Array.isArray(field) ? (field.length as number) : 0)),
  );

/** A certificate and its key, in a folder that goes with the server. */
export interface Keys {
  readonly dir: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly der: Buffer;
}

async function makeKeys(): Promise<Keys> {
  const { privateKey } = await crypto.generateKeyPair(2048);
  const { cert } = await crypto.createSelfSignedCertificate({
    privateKey,
    subject: '/CN=Rich test server/O=Holdfast test',
    dns: [hostname(), 'localhost'],
    ip: ['127.0.0.1'],
    applicationUri: APPLICATION,
    notBefore: new Date(Date.now() - 86_400_000),
    validity: 30,
    purpose: crypto.CertificatePurpose.ForApplication,
  });
  const { privPem } = await crypto.privateKeyToPEM(privateKey);
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-rich-'));
  const certificateFile = join(dir, 'certificate.pem');
  const privateKeyFile = join(dir, 'key.pem');
  await writeFile(certificateFile, cert);
  await writeFile(privateKeyFile, privPem, { mode: 0o600 });
  return { dir, certificateFile, privateKeyFile, der: new X509Certificate(cert).raw };
}

/** Lets every client in: what is tested here is ours, not the server's trust. */
export const openStore = {
  referenceCounter: 0,
  async initialize() {},
  async dispose() {},
  checkCertificate: async () => StatusCodes.Good,
  verifyCertificate: async () => 'Good',
  async trustCertificate() {},
  async rejectCertificate() {},
  getTrustStatus: async () => StatusCodes.Good,
  async addIssuer() {},
  async addRevocationList() {},
};
