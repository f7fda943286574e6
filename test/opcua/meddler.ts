import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HEAD_BYTES = 8;
/** In a message without security: number of the request, and the id of its service (OPC UA Part 6, 6.7.2, A.3). */
const REQUEST_AT = 20;
const SERVICE_AT = 26;
export const PUBLISH = 826;
const requestOf = (message: Buffer): number =>
  message.length >= REQUEST_AT + 4 ? message.readUInt32LE(REQUEST_AT) : 0;

/** A message of a client. */
export interface Heard {
  /** Such as `HELF`, `OPNF`, `MSGF`. */
  readonly kind: string;
  /** Id of the service; means something only without security. */
  readonly service: number;
  readonly atMs: number;
}

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
  /** All that its clients have said, whichever connection. */
  readonly heard: Heard[] = [];
  /** Requests without an answer, but those to publish; only without security, and in one chunk each. */
  #waiting = new Set<string>();
  mostWaiting = 0;
  #connections = 0;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      this.#near = near;
      const connection = ++this.#connections;
      this.answered = -1;
      this.asked = -1;
      this.opened = 0;
      const far = connect(port, '127.0.0.1');
      this.#join(near, far, (kind, message) => {
        this.#hear(kind, message, connection);
        if (near !== this.#near) return;
        this.asked++;
        if (kind === 'OPNF') this.opened++;
      });
      this.#join(far, near, (_, message) => {
        this.#waiting.delete(`${connection} ${requestOf(message)}`);
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

  #hear(kind: string, message: Buffer, connection: number): void {
    const service = kind === 'MSGF' ? message.readUInt16LE(SERVICE_AT) : 0;
    this.heard.push({ kind, service, atMs: performance.now() });
    if (service === 0 || service === PUBLISH) return;
    this.#waiting.add(`${connection} ${requestOf(message)}`);
    this.mostWaiting = Math.max(this.mostWaiting, this.#waiting.size);
  }

  #join(from: Socket, to: Socket, passed: (kind: string, message: Buffer) => void): void {
    let rest = Buffer.alloc(0);
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      if (this.swallows) return;
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= HEAD_BYTES && rest.length >= rest.readUInt32LE(4)) {
        passed(rest.toString('latin1', 0, 4), rest.subarray(0, rest.readUInt32LE(4)));
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
