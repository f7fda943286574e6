import { createRequire } from 'node:module';
import type { OPCUAServer } from 'node-opcua-server';

export type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>;
export type Namespace = ReturnType<AddressSpace['getOwnNamespace']>;
export type UaVariable = ReturnType<Namespace['addVariable']>;
export type UaObject = ReturnType<Namespace['addObject']>;

/** Folder of certificates and keys, as the server library keeps it. */
export interface CertificateStore {
  initialize(): Promise<void>;
}

interface StoreOptions {
  readonly rootFolder: string;
  readonly automaticallyAcceptUnknownCertificate: boolean;
  readonly disableFileWatchers: boolean;
}

/**
 * The server library and what it does not export itself but brings along. It takes a second to load, and talks to the
 * console unless it is told not to.
 */
export async function loadLibrary() {
  const [server, client] = await Promise.all([import('node-opcua-server'), import('node-opcua-client')]);
  const silent = () => {};
  client.setDebugLogger(silent);
  client.setWarningLogger(silent);
  client.setErrorLogger(silent);
  const part = createRequire(import.meta.resolve('node-opcua-server'));
  const { nodesets } = part('node-opcua-nodesets') as { nodesets: { standard: string } };
  const { OPCUACertificateManager } = part('node-opcua-certificate-manager') as {
    OPCUACertificateManager: new (options: StoreOptions) => CertificateStore;
  };
  return { ...client, OPCUAServer: server.OPCUAServer, OPCUACertificateManager, nodesets };
}
export type Library = Awaited<ReturnType<typeof loadLibrary>>;
