import { once } from 'node:events';
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a question on the way; undefined: it goes through. */
export type Mishap = 'cut' | 'silent' | 503 | undefined;

/** Something between a browser and a site that does not always let through what it should. */
export class Gateway implements AsyncDisposable {
  readonly #server: Server;
  readonly #port: number;
  /** Asked of each path as it comes. */
  mishap: (path: string) => Mishap = () => undefined;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((request, reply) => this.#pass(request, reply));
  }

  static async before(port: number): Promise<Gateway> {
    const gateway = new Gateway(port);
    await once(gateway.#server.listen(0, '127.0.0.1'), 'listening');
    return gateway;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #pass(request: IncomingMessage, reply: ServerResponse): void {
    const { url = '/', method, headers } = request;
    const mishap = this.mishap(url);
    if (mishap === 'silent') return;
    if (mishap === 'cut') return void request.socket.destroy();
    if (mishap === 503)
      return void reply.writeHead(503, { 'content-type': 'text/html' }).end('<h1>busy</h1>');
    const onwards = ask({ host: '127.0.0.1', port: this.#port, path: url, method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    onwards.on('error', () => request.socket.destroy());
    request.pipe(onwards);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
