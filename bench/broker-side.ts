import { once } from 'node:events';
import * as net from 'node:net';
import { generate } from 'mqtt-packet';
import { FrameReader } from '#codec/mqtt/frames.ts';
import { Latency } from '#kernel/latency.ts';
import { passed } from './edge-process.ts';

/** Messages in one write of the load generator, about one chunk of a socket. */
const IN_BURST = 500;
const BURSTS = 20;
const PUBACK = 4;
/** Bytes that wait in a socket at most. */
const MOST_UNSENT = 4e6;

export interface Load {
  /** Answers so far. */
  answered: number;
  /** From a message's last byte out to the first byte of its answer; only measured at a fixed rate. */
  latency: Latency;
}

/**
 * The broker's side of MQTT 3.1.1, so that no broker is the limit: welcomes, grants, and sends readings to whoever
 * subscribed; what anybody publishes counts as an answer.
 */
export class BrokerSide implements AsyncDisposable {
  readonly load: Load = { answered: 0, latency: new Latency() };
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #started = Promise.withResolvers<net.Socket>();
  #onAnswer: () => void = () => {};

  static async start(): Promise<BrokerSide> {
    const broker = new BrokerSide();
    await once(broker.#server, 'listening');
    return broker;
  }

  private constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket)).listen(0, '127.0.0.1');
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** Resolves with the connection that subscribed. */
  subscribed(): Promise<net.Socket> {
    return this.#started.promise;
  }

  /** Sends one message with JSON. */
  send(socket: net.Socket, topic: string, content: unknown): void {
    socket.write(message(topic, content));
  }

  /** Sends as fast as the other side answers. @param mostOpen messages sent and not yet answered at most */
  flood(socket: net.Socket, mostOpen: number): void {
    const before = this.load.answered;
    const bursts = Array.from({ length: BURSTS }, (_, burst) =>
      Buffer.concat(Array.from({ length: IN_BURST }, (_, i) => reading(burst * IN_BURST + i))),
    );
    let sent = 0;
    const send = () => {
      while (sent - (this.load.answered - before) < mostOpen && socket.writableLength < 1e6) {
        socket.write(bursts[(sent / IN_BURST) % BURSTS] as Buffer);
        sent += IN_BURST;
      }
    };
    this.#onAnswer = send;
    socket.on('drain', send);
    send();
  }

  /** Forgets the answers of the warm-up. */
  measureAnew(): void {
    this.load.latency = new Latency();
  }

  /** Waits until so many answers have come, for as long as what is kept on disk first may need. */
  async answeredAll(messages: number): Promise<void> {
    const untilMs = performance.now() + 5000;
    while (this.load.answered < messages && performance.now() < untilMs) await passed(20);
  }

  /**
   * Sends one message after the other, spread evenly, and measures each answer. Until the signal.
   * @returns how many were sent
   */
  async paced(socket: net.Socket, perSecond: number, signal: AbortSignal): Promise<number> {
    const openMs: number[] = [];
    this.#onAnswer = () => {
      const sentMs = openMs.shift();
      if (sentMs !== undefined) this.load.latency.record(performance.now() - sentMs);
    };
    const startMs = performance.now();
    let sent = 0;
    while (!signal.aborted) {
      const due = ((performance.now() - startMs) / 1000) * perSecond;
      for (; sent < due; sent++) {
        openMs.push(performance.now());
        socket.write(reading(sent));
      }
      await passed(1);
    }
    return sent;
  }

  /**
   * Sends that many samples a second for a while, `fields` of them in one message, a message a sensor in turn. Holds back
   * while the other side does not take them.
   * @param sensors how many there are; each speaks once a second unless said otherwise
   */
  async steady(
    socket: net.Socket,
    perSecond: number,
    fields: number,
    forMs: number,
    sensors = perSecond / fields,
  ): Promise<void> {
    const startMs = performance.now();
    for (let sent = 0; performance.now() - startMs < forMs; ) {
      const due = ((performance.now() - startMs) / 1000) * (perSecond / fields);
      for (; sent < due && socket.writableLength < MOST_UNSENT; sent++)
        socket.write(sensorMessage(sent % sensors, fields));
      await passed(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    const confirmations: Buffer[] = [];
    const reader = new FrameReader(
      {
        packet: (head, bytes, start, end) => {
          const type = head >> 4;
          if (type === 3) this.#answer(head, bytes, start, confirmations);
          else if (type === 1)
            socket.write(generate({ cmd: 'connack', sessionPresent: false, returnCode: 0 }));
          else if (type === 8) this.#grant(socket, bytes, start, end);
          else if (type === 12) socket.write(generate({ cmd: 'pingresp' }));
        },
        oversized() {},
      },
      1e6,
    );
    socket.on('data', (chunk) => {
      reader.push(chunk as Buffer);
      if (confirmations.length > 0) socket.write(Buffer.concat(confirmations.splice(0)));
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
  }

  #answer(head: number, bytes: Uint8Array, start: number, confirmations: Buffer[]): void {
    const qos = (head >> 1) & 3;
    if (qos > 0) {
      // The identifier stands behind the topic and its length.
      const at = start + 2 + (((bytes[start] as number) << 8) | (bytes[start + 1] as number));
      confirmations.push(Buffer.of(PUBACK << 4, 2, bytes[at] as number, bytes[at + 1] as number));
    }
    this.load.answered++;
    this.#onAnswer();
  }

  #grant(socket: net.Socket, bytes: Uint8Array, start: number, end: number): void {
    const messageId = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
    // As many as were asked for: filters stand behind the identifier, each with its length and a QoS.
    const granted: number[] = [];
    for (let at = start + 2; at < end; granted.push(0)) {
      at += 3 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
    }
    socket.write(generate({ cmd: 'suback', messageId, granted }));
    this.#started.resolve(socket);
  }
}

/** Devices of the load, and the limit that their temperatures cross. */
export const DEVICES = 100;
export const LIMIT = 65;

/**
 * A reading as it looks in plants. Each device goes above the limit with one and below it with the next, so that every
 * message is an edge, and is answered.
 */
function reading(n: number): Buffer {
  const above = Math.floor(n / DEVICES) % 2 === 0;
  const value = (above ? 70 : 50) + (n % 977) / 100;
  return message(`plant/line1/device${n % DEVICES}/temperature`, {
    ts: 1_700_000_000_000 + n,
    value,
    unit: 'Cel',
    ok: true,
  });
}

/** Some values with two decimals. */
function sensorMessage(sensor: number, fields: number): Buffer {
  const values = Array.from({ length: fields }, (_, i) => [`v${i}`, Math.round(Math.random() * 1e4) / 100]);
  return message(`sensor/${sensor}`, Object.fromEntries(values));
}

const message = (topic: string, content: unknown): Buffer =>
  generate({
    cmd: 'publish',
    topic,
    payload: JSON.stringify(content),
    qos: 0,
    dup: false,
    retain: false,
  });
