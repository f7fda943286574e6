import { createServer, type Socket } from 'node:net';
import { NONE, Reader, Writer } from './light-wire.ts';

/*
 * As much of an OPC UA server as a source needs to read values by their node ids, without security: a process that is
 * there in a twentieth of the time of a whole one, so that it can be killed a hundred times. Every value is its own
 * process id, by which a test knows who sent it. Started by `light-peer.ts`.
 */

const port = Number(process.argv[2]);
const URL = `opc.tcp://127.0.0.1:${port}`;
const NONE_POLICY = 'http://opcfoundation.org/UA/SecurityPolicy#None';
const BAD_NODE = 0x8034_0000;
const BAD_UNSUPPORTED = 0x800b_0000;
const CHANNEL = 7;
/** Ids of requests in the binary encoding (Part 6, A.3). */
const Service = {
  openChannel: 446,
  getEndpoints: 428,
  createSession: 461,
  activateSession: 467,
  closeSession: 473,
  read: 631,
  createItems: 751,
  createSubscription: 787,
  publish: 826,
  deleteSubscriptions: 847,
  fault: 397,
} as const;
const PUBLISH_MS = 20;

let sessions = 0;
let connections = 0;

const server = createServer((socket) => {
  connections++;
  const line = new LightLine(socket);
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 8 && rest.length >= rest.readUInt32LE(4)) {
      const size = rest.readUInt32LE(4);
      line.take(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => line.end());
});

process.on('message', (request: { readonly listen?: boolean }) => {
  const told = () => process.send?.({ sessions, connections });
  if (request.listen) server.listen(port, '127.0.0.1', told);
  else told();
});
process.send?.({ loaded: true });
process.on('disconnect', () => process.exit());

const channelToken = (): Writer => new Writer().u32(0).u32(CHANNEL).u32(1).now().u32(600_000).text();

/** EndpointDescription (Part 4, 7.14): no security, anybody may sign in. */
function endpoint(): Buffer {
  const application = new Writer().text('urn:holdfast:light').text().bytes(2).text('light').u32(0);
  application.text().text().u32(1).text(URL);
  const policy = new Writer().u32(1).text('anonymous').u32(0).text().text().text();
  const whole = new Writer().text(URL).raw(application.buffer).text().u32(1).text(NONE_POLICY);
  return whole
    .raw(policy.buffer)
    .text('http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary')
    .bytes(0).buffer;
}

/** A request that waits for its answer. */
interface Asked {
  readonly request: number;
  readonly handle: number;
}

/** One connection, with its channel, its session and its subscription. */
class LightLine {
  readonly #socket: Socket;
  readonly #publishing: Asked[] = [];
  #handles: number[] = [];
  #sent = 0;
  #notified = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** One chunk (OPC UA Part 6, 6.7.2). */
  take(chunk: Buffer): void {
    const type = chunk.toString('latin1', 0, 3);
    if (type === 'HEL') this.#chunk('ACK', new Writer().u32(0).u32(65_536).u32(65_536).u32(0).u32(0));
    if (type !== 'OPN' && type !== 'MSG') return;
    const from = new Reader(chunk, 12);
    if (type === 'OPN') {
      for (let i = 0; i < 3; i++) from.text();
    } else from.skip(4);
    from.skip(4); // its sequence number
    const request = from.u32();
    const service = from.id();
    from.id();
    from.skip(8);
    const handle = from.u32();
    from.skip(4).text();
    from.skip(4).extension();
    this.#serve(service, { request, handle }, from);
  }

  #serve(service: number, asked: Asked, from: Reader): void {
    if (service === Service.publish) this.#publishing.push(asked);
    else if (service === Service.openChannel) this.#answer(asked, service, channelToken(), 'OPN');
    else this.#answer(asked, service, this.#answers[service]?.(from));
  }

  readonly #answers: { readonly [service: number]: (from: Reader) => Writer } = {
    [Service.getEndpoints]: () => new Writer().u32(1).raw(endpoint()),
    [Service.createSession]: () => {
      sessions++;
      const ids = new Writer().id(1).id(2).double(60_000).text(Buffer.alloc(32, 1)).text();
      return ids.u32(1).raw(endpoint()).u32(NONE).text().text().u32(0);
    },
    [Service.activateSession]: () => new Writer().text(Buffer.alloc(32, 2)).u32(NONE).u32(NONE),
    [Service.closeSession]: () => {
      sessions--;
      return new Writer();
    },
    [Service.read]: (from) => {
      const count = from.skip(12).u32();
      const unknown = new Writer().u32(count);
      for (let i = 0; i < count; i++) unknown.bytes(2).u32(BAD_NODE);
      return unknown.u32(NONE);
    },
    [Service.createSubscription]: () => {
      this.#timer = setInterval(() => this.#publish(), PUBLISH_MS);
      return new Writer().u32(1).double(PUBLISH_MS).u32(1000).u32(10);
    },
    [Service.createItems]: (from) => this.#monitor(from),
    [Service.deleteSubscriptions]: () => new Writer().u32(1).u32(0).u32(NONE),
  };

  #monitor(from: Reader): Writer {
    const count = from.skip(8).u32();
    const results = new Writer().u32(count);
    for (let i = 0; i < count; i++) {
      from.id();
      from.skip(4).text();
      from.skip(2).text();
      const handle = from.skip(4).u32();
      from.skip(8).extension().skip(5);
      this.#handles = [...this.#handles, handle];
      results.u32(0).u32(handle).double(0).u32(1).bytes(0, 0, 0);
    }
    return results.u32(NONE);
  }

  #publish(): void {
    const asked = this.#handles.length > 0 ? this.#publishing.shift() : undefined;
    if (!asked) return;
    const items = new Writer().u32(this.#handles.length);
    for (const handle of this.#handles) items.u32(handle).bytes(0x05, 11).double(process.pid).now();
    const { buffer } = items.u32(NONE);
    const message = new Writer()
      .u32(1)
      .u32(NONE)
      .bytes(0)
      .u32(++this.#notified)
      .now();
    const note = message.u32(1).id(811).bytes(1).u32(buffer.length).raw(buffer);
    this.#answer(asked, Service.publish, note.u32(NONE).u32(NONE));
  }

  /** The id of an answer is three above that of its request. */
  #answer({ request, handle }: Asked, service: number, body: Writer | undefined, type = 'MSG'): void {
    const head = new Writer().u32(CHANNEL);
    if (type === 'OPN') head.text(NONE_POLICY).text().text();
    else head.u32(1);
    head.u32(++this.#sent).u32(request);
    head.id(body ? service + 3 : Service.fault).now();
    head.u32(handle).u32(body ? 0 : BAD_UNSUPPORTED);
    head.bytes(0).u32(NONE).bytes(0, 0, 0);
    this.#chunk(type, body ? head.raw(body.buffer) : head);
  }

  #chunk(type: string, { buffer }: Writer): void {
    const size = new Writer().u32(8 + buffer.length).buffer;
    this.#socket.write(Buffer.concat([Buffer.from(`${type}F`, 'latin1'), size, buffer]));
  }
}
