import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy as offices have one: CONNECT, with a name and a password. */
export class OfficeProxy implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly seen: Buffer[] = [];
  readonly #server: Server;
  readonly #through = new Set<Duplex>();

  private constructor() {
    const known = `Basic ${Buffer.from('operator:se:cret').toString('base64')}`;
    this.#server = createServer((_request, response) => response.writeHead(400).end());
    this.#server.on('connect', ({ url = '', headers }, client: Duplex) => {
      client.on('error', () => {});
      this.#through.add(client);
      if (headers['proxy-authorization'] !== known) {
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      this.asked.push(url);
      // Whatever the name, it is here: names of tests are known to nobody else.
      const onward = connect(Number(url.split(':').at(-1)), '127.0.0.1', () =>
        client.write('HTTP/1.1 200 OK\r\n\r\n'),
      );
      onward.on('error', () => client.destroy());
      // One that goes without an end takes the other along: pipes pass on ends alone.
      client.once('close', () => onward.destroy());
      onward.once('close', () => client.destroy());
      client.on('data', (chunk) => this.seen.push(chunk));
      client.pipe(onward).pipe(client);
    });
  }

  static async start(): Promise<OfficeProxy> {
    const proxy = new OfficeProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  url(name: string, password: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${name}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Those that were turned into tunnels it does not count as its own, and waits for all the same.
    for (const client of this.#through) client.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
