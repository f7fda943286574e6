import {
  AttributeIds,
  type ClientSession,
  type DataType,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  setDebugLogger,
  setErrorLogger,
  setWarningLogger,
  type UserIdentityInfo,
  type Variant,
} from 'node-opcua-client';

/** A client of others' make beside the plant's server, for tests. */
export interface UtilitiesClient extends AsyncDisposable {
  readonly session: ClientSession;
  /** Certificate of the server, DER. */
  readonly certificate: Uint8Array;
  /** Index of the namespace of the utilities. */
  readonly index: number;
  read(path: string): Promise<Variant>;
  /** @returns name of the status code */
  write(path: string, dataType: DataType, value: unknown): Promise<string>;
}

export interface ConnectOptions {
  readonly secured?: 'Sign' | 'SignAndEncrypt';
  readonly user?: UserIdentityInfo;
  /** Node ids as they are before a renumbering; absent: by browsing. */
  readonly timeoutMs?: number;
}

export async function connectUtilities(
  url: string,
  { secured, user, timeoutMs = 10_000 }: ConnectOptions = {},
): Promise<UtilitiesClient> {
  for (const silence of [setDebugLogger, setWarningLogger, setErrorLogger]) silence(() => {});
  const client = OPCUAClient.create({
    connectionStrategy: { maxRetry: 0 },
    endpointMustExist: true,
    transportTimeout: timeoutMs,
    securityMode: secured ? MessageSecurityMode[secured] : MessageSecurityMode.None,
    securityPolicy: secured ? SecurityPolicy.Basic256Sha256 : SecurityPolicy.None,
  });
  client.on('backoff', () => {});
  try {
    await client.connect(url);
    const session = await client.createSession(user);
    const index = (await session.readNamespaceArray()).indexOf('urn:holdfast:plant:utilities');
    const nodeId = (path: string) => `ns=${index};s=${path.replaceAll('/', '.')}`;
    return {
      session,
      index,
      certificate: client.serverCertificate as Uint8Array,
      read: async (path) =>
        (await session.read({ nodeId: nodeId(path), attributeId: AttributeIds.Value })).value,
      write: async (path, dataType, value) =>
        (
          await session.write({
            nodeId: nodeId(path),
            attributeId: AttributeIds.Value,
            value: { value: { dataType, value } },
          })
        ).name,
      async [Symbol.asyncDispose]() {
        await session.close().catch(() => {});
        await client.disconnect();
      },
    };
  } catch (error) {
    await client.disconnect();
    throw error;
  }
}
