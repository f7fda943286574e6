import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay in front of a server, whose connections can be cut as a pulled cable or a firewall does. */
export class Line implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #to: { port: number };

  private constructor(server: Server, sockets: Set<Socket>, to: { port: number }) {
    this.#server = server;
    this.#sockets = sockets;
    this.#to = to;
  }

  static async to(port: number): Promise<Line> {
    const sockets = new Set<Socket>();
    const to = { port };
    const server = createServer((near) => {
      const far = connect(to.port, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.setNoDelay(true);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Line(server, sockets, to);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where connections lead from now on. */
  lead(port: number): void {
    this.#to.port = port;
  }

  /** Nobody is told goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Carries nothing any more, and says nothing either. */
  stall(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
