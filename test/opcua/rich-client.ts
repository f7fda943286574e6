import type { ClientSession } from 'node-opcua-client';
import { loadLibrary } from '#wire/opcua/library.ts';
import { APPLICATION, openStore, type RichServer } from './rich-server.ts';

export interface Joined extends AsyncDisposable {
  readonly session: ClientSession;
}

/** A session of the library's own at the rich server, without security. */
export async function join(server: Pick<RichServer, 'url' | 'keys'>): Promise<Joined> {
  const library = await loadLibrary();
  const client = library.OPCUAClient.create({
    clientCertificateManager: openStore as never,
    applicationUri: APPLICATION,
    certificateFile: server.keys.certificateFile,
    privateKeyFile: server.keys.privateKeyFile,
    connectionStrategy: { maxRetry: 0 },
    keepSessionAlive: false,
    endpointMustExist: false,
  });
  await client.connect(server.url);
  const session = await client.createSession();
  return {
    session,
    async [Symbol.asyncDispose]() {
      await session.close(true);
      await client.disconnect();
    },
  };
}
