import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ServerTCP } from 'modbus-serial';
import { encodeMbap } from '#codec/modbus/mbap.ts';
import { encodeRtu } from '#codec/modbus/rtu.ts';
import { type Batch, type Value, wideAt } from '#kernel/batch.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { Command } from '#kernel/command.ts';
import type { Gap } from '#kernel/gap.ts';
import { type TagInfo, TagTable } from '#kernel/tag-table.ts';
import type { Deps, Source } from '#plugin/api.ts';
import { Address } from '#sources/modbus/address.ts';
import { Config } from '#sources/modbus/config.ts';
import { modbus } from '#sources/modbus/modbus.ts';
import { trustsNothing } from '#test/trust.ts';

/* What the tests of Modbus share: real servers, well-behaved and not, and a source opened against them. */

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

type Vector = ConstructorParameters<typeof ServerTCP>[0];

/** An error that the server answers with this exception. */
export const exception = (code: number): Error =>
  Object.assign(new Error('refused'), { modbusErrorCode: code });

/** The server of the library modbus-serial. It knows no function 22. */
export async function libraryServer(vector: Vector, port?: number) {
  const chosen = port ?? (await freePort());
  const server = new ServerTCP(vector, { host: '127.0.0.1', port: chosen });
  server.on('socketError', () => {});
  await once(server, 'initialized');
  return {
    port: chosen,
    /** Connections open now. */
    get connections() {
      return server.socks.size;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  };
}

export interface Asked {
  readonly frame: Buffer;
  readonly socket: Socket;
  readonly transaction: number;
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  readonly count: number;
}

/** A TCP server that answers each request frame as the test says: late, wrong, or not at all. */
export async function rawServer(onAsked: (asked: Asked) => void, framing: 'tcp' | 'rtu' = 'tcp', port = 0) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    // Our client sends each request in one write, and over loopback it arrives as one piece.
    socket.on('data', (frame: Buffer) => onAsked(parse(frame, socket, framing)));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

function parse(frame: Buffer, socket: Socket, framing: 'tcp' | 'rtu'): Asked {
  const at = framing === 'tcp' ? 6 : 0;
  return {
    frame,
    socket,
    transaction: framing === 'tcp' ? frame.readUInt16BE(0) : 0,
    unit: frame.readUInt8(at),
    code: frame.readUInt8(at + 1),
    address: frame.readUInt16BE(at + 2),
    count: frame.length >= at + 6 ? frame.readUInt16BE(at + 4) : 0,
  };
}

/** A sound answer: every register holds its own address, every write is echoed. */
export function pduFor({ code, address, count, frame }: Asked, framing: 'tcp' | 'rtu' = 'tcp'): Buffer {
  if (code > 4) return framing === 'tcp' ? frame.subarray(7, 12) : frame.subarray(1, 6);
  const pdu = Buffer.alloc(2 + 2 * count);
  pdu.set([code, 2 * count]);
  for (let i = 0; i < count; i++) pdu.writeUInt16BE((address + i) & 0xffff, 2 + 2 * i);
  return pdu;
}

/** Answers over Modbus TCP, soundly unless told otherwise. */
export const answer = (asked: Asked, pdu: Uint8Array = pduFor(asked)) =>
  asked.socket.write(encodeMbap(asked.transaction, asked.unit, pdu));
export const answerRtu = (asked: Asked, pdu: Uint8Array = pduFor(asked, 'rtu')) =>
  asked.socket.write(encodeRtu(asked.unit, pdu));

/** A tag on a holding register. */
export const point = (unit: number, holding: number) => ({ at: { unit, holding } });
/** Time-outs and pauses that a test can wait for. */
export const QUICK = { timeoutMs: 60, probeMs: 40, probeMaxMs: 80 };

export interface TagAt extends Partial<Omit<TagInfo, 'path'>> {
  readonly at: Record<string, unknown>;
}

export interface Row {
  readonly path: string;
  readonly value: number | Value;
  readonly quality: number;
  readonly timeUs: number;
}

/** Opens the source with points by path, and keeps what it says. */
export async function openModbus(
  config: Record<string, unknown>,
  tagsAt: Record<string, TagAt>,
  mode: Deps['mode'] = 'live',
  clock: Clock = systemClock(),
) {
  const tags = new TagTable();
  const points = Object.entries(tagsAt).map(([path, { at, ...info }]) => ({
    tag: tags.declare({ path, type: 'number', access: 'readWrite', ...info }),
    address: Address.parse(at),
  }));
  const events: { name: string; subject: string; detail?: unknown }[] = [];
  const requests: { ms: number | undefined; outcome: string }[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const deps: Deps = {
    id: 'device',
    clock,
    log,
    points,
    tags,
    mode,
    trust: trustsNothing,
    inbox: () => {
      throw new Error('Modbus is polled: it needs no inbox');
    },
    load: { request: (ms, outcome) => void requests.push({ ms, outcome }), caps: () => {} },
    event: (event) => void events.push(event),
  };
  const parsed = Config.parse({ host: '127.0.0.1', everyMs: 20, requestsPerS: 1000, ...config });
  const source = await modbus.open(parsed, deps, AbortSignal.timeout(5000));
  return new Opened(source, tags, clock, events, requests);
}

/** An open source, its rows gathered by path. */
export class Opened implements AsyncDisposable {
  readonly source: Source;
  readonly events: readonly { name: string; subject: string; detail?: unknown }[];
  readonly requests: readonly { ms: number | undefined; outcome: string }[];
  readonly rows: Row[] = [];
  readonly gaps: Gap[] = [];
  readonly #tags: TagTable;
  readonly #clock: Clock;
  #command = 0;

  constructor(
    source: Source,
    tags: TagTable,
    clock: Clock,
    events: Opened['events'],
    requests: Opened['requests'],
  ) {
    this.source = source;
    this.#tags = tags;
    this.#clock = clock;
    this.events = events;
    this.requests = requests;
  }

  /** Reads until the condition holds. @throws after the deadline, or what `read` throws */
  async until(holds: () => unknown, withinMs = 5000): Promise<void> {
    const deadline = AbortSignal.timeout(withinMs);
    while (!holds()) {
      const { batch, gaps } = await this.source.read(deadline);
      this.#gather(batch);
      this.gaps.push(...(gaps ?? []));
    }
  }

  /** Newest row of a path. */
  last(path: string): Row | undefined {
    return this.rows.findLast((row) => row.path === path);
  }

  write(path: string, raw: number | Value, ttlMs = 5000, signal = AbortSignal.timeout(10_000)) {
    const command: Command = {
      id: ++this.#command,
      tag: this.#tags.number(path),
      value: raw,
      raw,
      by: { kind: 'operator', name: 'test' },
      why: 'test',
      deadlineUs: this.#clock.steadyUs() + ttlMs * 1000,
    };
    if (!this.source.write) throw new Error('the source takes no writes');
    return this.source.write(command, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
  }

  #gather(batch: Batch): void {
    for (let i = 0; i < batch.rows; i++) {
      this.rows.push({
        path: this.#tags.get(batch.tag[i] as number).path,
        value: wideAt(batch, i) ?? (batch.value[i] as number),
        quality: batch.quality[i] as number,
        timeUs: batch.timeUs[i] as number,
      });
    }
  }
}
