import { createServer as createPlain } from 'node:http';
import { createServer as createEncrypted, type Server as EncryptedServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { certificateFor, isEncrypted, type Shown, type TlsOptions } from '#edge/api/tls.ts';
import { messageOf } from '#kernel/fault.ts';

/** Certificates end, are renewed by whoever gave them, and addresses change: looked at this often. */
const LOOK_MS = 3_600_000;

/** The encrypted door of a site; without one all goes through a plain door on loopback. */
export class EncryptedDoor implements Disposable {
  #shown: Shown;
  /** Several where a name such as localhost has several addresses. */
  readonly #servers: EncryptedServer[] = [];
  readonly #options: TlsOptions;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: TlsOptions, shown: Shown) {
    this.#options = options;
    this.#shown = shown;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** Undefined where nothing is to be encrypted. */
  static async open(options: TlsOptions): Promise<EncryptedDoor | undefined> {
    return isEncrypted(options.settings)
      ? new EncryptedDoor(options, await certificateFor(options))
      : undefined;
  }

  get shown(): Shown {
    return this.#shown;
  }

  /** How Fastify makes its server. */
  readonly factory: NonNullable<FastifyServerOptions['serverFactory']> = (handler) => {
    const server = createEncrypted(this.#context(), handler);
    this.#servers.push(server);
    return server;
  };

  /** Shows what is there now: connections that are open stay as they are. */
  async look(): Promise<void> {
    try {
      const now = await certificateFor(this.#options);
      if (now.certificate === this.#shown.certificate && now.key === this.#shown.key) return;
      this.#shown = now;
      for (const server of this.#servers) server.setSecureContext(this.#context());
      this.#options.log.info({}, 'the API shows a new certificate');
    } catch (error) {
      this.#options.log.error({}, `the certificate of the API was not renewed: ${messageOf(error)}`);
    }
  }

  #context() {
    return { key: this.#shown.key, cert: this.#shown.certificate, minVersion: 'TLSv1.2' as const };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/**
 * A second, plain door on a free port of loopback, for the programs of this box: they need to trust nothing then, and
 * find it in the data folder.
 */
export async function localDoor(app: FastifyInstance): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createPlain((request, reply) => app.routing(request, reply));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
