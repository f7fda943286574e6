import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HEAD_BYTES = 8;

/** Somebody in between, who lets pass what both sides say, knows where chunks begin, and says things himself. */
export class Meddler implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #near: Socket | undefined;
  /** Chunks of the newest connection that the server has sent, but for the answer to the Hello. */
  answered = 0;
  /** Chunks that its client has sent, but for the Hello. */
  asked = 0;
  /** Channels that its client has opened or renewed. */
  opened = 0;
  /** From now on nothing passes. */
  swallows = false;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      this.#near = near;
      this.answered = -1;
      this.asked = -1;
      this.opened = 0;
      const far = connect(port, '127.0.0.1');
      this.#join(near, far, (kind) => {
        if (near !== this.#near) return;
        this.asked++;
        if (kind === 'OPNF') this.opened++;
      });
      this.#join(far, near, () => {
        if (near === this.#near) this.answered++;
      });
    });
  }

  static async before(port: number): Promise<Meddler> {
    const meddler = new Meddler(port);
    await once(meddler.#server.listen(0, '127.0.0.1'), 'listening');
    return meddler;
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/test`;
  }

  /** To the client, as if the server had said it. */
  say(...chunks: readonly Buffer[]): void {
    this.#near?.write(Buffer.concat(chunks));
  }

  #join(from: Socket, to: Socket, passed: (kind: string) => void): void {
    let rest = Buffer.alloc(0);
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      if (this.swallows) return;
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= HEAD_BYTES && rest.length >= rest.readUInt32LE(4)) {
        passed(rest.toString('latin1', 0, 4));
        rest = rest.subarray(rest.readUInt32LE(4));
      }
      to.write(bytes);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** One chunk (OPC UA Part 6, 6.7.2.2). @param kind such as `MSGF` */
export function chunk(kind: string, body: Uint8Array, bytes = HEAD_BYTES + body.length): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(kind, 0, 'latin1');
  head.writeUInt32LE(bytes, 4);
  return Buffer.concat([head, body]);
}
