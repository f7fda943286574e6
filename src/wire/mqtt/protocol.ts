import { generate, type Packet, writeToStream } from 'mqtt-packet';
import { FrameReader } from '#codec/mqtt/frames.ts';
import {
  type OutgoingPublish,
  PUBACK,
  PUBACK_BYTES,
  PUBLISH,
  PublishView,
  publishBytes,
  type Version,
  writePuback,
  writePublish,
} from '#codec/mqtt/publish.ts';
import { Fault } from '#kernel/fault.ts';
import { malformed, parseControl } from './control.ts';
import type { Outbox } from './outbox.ts';
import { refusal } from './reasons.ts';

export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface Hello {
  readonly version: Version;
  readonly clientId: string;
  /** False: the broker keeps subscriptions and QoS 1 messages while we are away. */
  readonly cleanStart: boolean;
  /** How long it keeps them, s; MQTT 5 only (3.1.1 knows no end). */
  readonly sessionExpiryS: number;
  readonly keepAliveS: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly will?: Will | undefined;
  /** Most unconfirmed QoS 1 messages that the broker may have under way to us; MQTT 5 only. */
  readonly receiveMaximum: number;
  readonly maxPacketBytes: number;
  /** The broker, as faults name it. */
  readonly where: string;
}

/** What the broker answered to our CONNECT. */
export interface Welcome {
  readonly sessionPresent: boolean;
  /** 0: none. The broker's wish comes first (MQTT 5.0, 3.2.2.3.14). */
  readonly keepAliveS: number;
  /** Most unconfirmed messages that we may have under way. */
  readonly receiveMaximum: number;
  readonly retainAvailable: boolean;
  readonly maximumQoS: number;
  readonly maximumPacketBytes: number;
}

export interface Receiver {
  /** The broker accepted us; messages may follow at once. */
  welcomed?(welcome: Welcome): void;
  /** A message; the view holds until the call returns. */
  message(view: PublishView): void;
  /** A message above `maxPacketBytes`: topic and packet id are there, the payload is not. */
  oversized(view: PublishView, size: number): void;
}

/** Told once, while bytes of the broker are being read or when the session ends; must not throw. */
export interface PublishAnswer {
  /** @param code reason of the PUBACK, from 0x80 on a refusal */
  confirmed(code: number): void;
  /** It is not known whether the message arrived. */
  failed(fault: Fault): void;
}

interface Waiting {
  readonly awaits: 'suback' | 'unsuback';
  resolve(codes: readonly number[]): void;
  reject(fault: Fault): void;
}

const CONNACK = 0x20;

/** Unconfirmed messages of ours at most, whatever the broker would allow: memory stays bounded. */
const MOST_UNDER_WAY = 1024;

/** An MQTT client's side of one connection: bytes in, bytes out, no socket and no clock. */
export class Protocol {
  readonly #hello: Hello;
  readonly #out: Outbox;
  readonly #receiver: Receiver;
  readonly #frames: FrameReader;
  readonly #view = new PublishView();
  readonly #waiting = new Map<number, Waiting>();
  /** Messages of ours without an answer yet. */
  readonly #published = new Map<number, PublishAnswer>();
  readonly #welcome = Promise.withResolvers<Welcome>();
  /** Probes without an answer yet; a peer that answers none is given up soon. */
  readonly #pinged: (() => void)[] = [];
  #welcomed: Welcome | undefined;
  #begun = false;
  #lastId = 0;
  #fault: Fault | undefined;

  constructor(hello: Hello, out: Outbox, receiver: Receiver) {
    this.#hello = hello;
    this.#out = out;
    this.#receiver = receiver;
    this.#welcome.promise.catch(() => {}); // it may fail before anybody waits for it
    this.#frames = new FrameReader(
      {
        packet: (head, bytes, start, end) => this.#packet(head, bytes, start, end),
        oversized: (head, bytes, start, end, size) => this.#oversized(head, bytes, start, end, size),
      },
      hello.maxPacketBytes,
    );
  }

  /** Most unconfirmed messages that may be under way to the broker. */
  get window(): number {
    return Math.min(MOST_UNDER_WAY, this.#welcomed?.receiveMaximum ?? 0);
  }

  /** Larger packets the broker does not take; Infinity where it named no limit (MQTT 3.1.1 never does). */
  get mostBytes(): number {
    return this.#welcomed?.maximumPacketBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Sends CONNECT. @throws Fault `mqtt.refused`, `mqtt.version-refused`, `mqtt.malformed`, or that of `fail` */
  connect(): Promise<Welcome> {
    const { version, clientId, cleanStart, keepAliveS, username, password, will } = this.#hello;
    this.#control({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clientId,
      clean: cleanStart,
      keepalive: keepAliveS,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
      ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
      // No maximum packet size is announced: the broker would drop larger messages without a word (3.1.2.11.4),
      // while here they are counted.
      ...(version === 5 && {
        properties: {
          sessionExpiryInterval: this.#hello.sessionExpiryS,
          receiveMaximum: this.#hello.receiveMaximum,
          topicAliasMaximum: 0,
        },
      }),
    });
    return this.#welcome.promise;
  }

  /** @throws Fault `mqtt.malformed`, `mqtt.protocol`, `mqtt.disconnected`: the connection is of no use any more */
  receive(chunk: Uint8Array): void {
    // Told at once: what is no broker may never send as many bytes as its first ones seem to announce.
    if (!this.#begun && chunk[0] !== CONNACK) throw malformed('the first byte is no answer to CONNECT');
    this.#begun = true;
    this.#frames.push(chunk);
  }

  /** Granted QoS for each filter, or a reason from 0x80 on. */
  subscribe(filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]): Promise<readonly number[]> {
    const messageId = this.#newId();
    const subscriptions = filters.map(({ topic, qos }) => ({ topic, qos, nl: false, rap: false, rh: 0 }));
    this.#control({ cmd: 'subscribe', messageId, subscriptions });
    return this.#wait(messageId, 'suback');
  }

  unsubscribe(topics: readonly string[]): Promise<readonly number[]> {
    const messageId = this.#newId();
    this.#control({ cmd: 'unsubscribe', messageId, unsubscriptions: [...topics] });
    return this.#wait(messageId, 'unsuback');
  }

  /**
   * Sends a message.
   * @returns nothing at QoS 0; at QoS 1 the reason code of the PUBACK
   * @throws Fault `mqtt.window-full`, `mqtt.not-allowed`, or what `fail` was called with: nothing was sent. A rejection
   *   says that it is not known whether the message arrived
   */
  publish(message: OutgoingPublish): Promise<number> | undefined {
    if (message.qos === 0) {
      this.#checkSendable(message);
      this.#publish(message, 0);
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.publishConfirmed(message, { confirmed: resolve, failed: reject });
    return promise;
  }

  /**
   * As {@link publish} at QoS 1, without a promise, which costs more than the message itself.
   * @throws as `publish`; the answer is not called then
   */
  publishConfirmed(message: OutgoingPublish, answer: PublishAnswer): void {
    this.#checkSendable(message);
    const open = this.#published.size;
    if (open >= this.window)
      throw new Fault('mqtt.window-full', `${this.#hello.where} confirms too slowly: ${open} open`);
    const id = this.#newId();
    this.#publish(message, id);
    this.#published.set(id, answer);
  }

  /** Confirms received messages, in the order given, in one write. */
  acknowledge(packetIds: readonly number[]): void {
    if (this.#fault) return; // the broker will send them again
    const start = this.#out.reserve(packetIds.length * PUBACK_BYTES);
    let at = this.#out.start;
    for (const id of packetIds) at = writePuback(start, at, id);
    this.#out.commit(at);
  }

  /** @param answered called with the answer, behind all that the broker sent before it */
  ping(answered: () => void = () => {}): void {
    this.#pinged.push(answered);
    this.#control({ cmd: 'pingreq' });
  }

  /** Says goodbye; with MQTT 5 the session is kept as agreed in CONNECT, and the will is not sent. */
  disconnect(): void {
    if (!this.#fault && this.#welcomed) this.#control({ cmd: 'disconnect', reasonCode: 0 });
  }

  /** The connection is gone: whoever waits is told. */
  fail(fault: Fault): void {
    if (this.#fault) return;
    this.#fault = fault;
    this.#welcome.reject(fault);
    for (const waiting of this.#waiting.values()) waiting.reject(fault);
    this.#waiting.clear();
    const published = [...this.#published.values()];
    this.#published.clear();
    for (const answer of published) answer.failed(fault);
  }

  #packet(head: number, bytes: Uint8Array, start: number, end: number): void {
    const type = head & 0xf0;
    if (type === PUBLISH) {
      this.#message(head, bytes, start, end);
    } else if (head === PUBACK && end - start >= 2) {
      const code = end - start > 2 && this.#hello.version === 5 ? (bytes[start + 2] as number) : 0;
      const id = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
      const answer = this.#published.get(id);
      // A late PUBACK of a session before ours names nobody: no reason to end this one.
      if (!answer) return;
      this.#published.delete(id);
      answer.confirmed(code);
    } else {
      this.#answered(parseControl(head, bytes.subarray(start, end), this.#hello.version));
    }
  }

  #message(head: number, bytes: Uint8Array, start: number, end: number): void {
    const problem = this.#view.read(head, bytes, start, end, this.#hello.version);
    if (problem) throw malformed(`a message with ${problem}`);
    this.#expectMessage();
    this.#receiver.message(this.#view);
  }

  #oversized(head: number, bytes: Uint8Array, start: number, end: number, size: number): void {
    if ((head & 0xf0) !== PUBLISH) throw malformed(`a control packet of ${size} bytes`);
    const problem = this.#view.read(head, bytes, start, end, this.#hello.version, false);
    if (problem) throw malformed(`a message with ${problem}`);
    this.#expectMessage();
    this.#receiver.oversized(this.#view, size);
  }

  #expectMessage(): void {
    if (!this.#welcomed) throw protocolError('a message came before the answer to CONNECT');
    if (this.#view.qos === 2) throw protocolError('a message came with QoS 2, which was never subscribed');
  }

  #answered(packet: Packet): void {
    if (packet.cmd !== 'connack' && !this.#welcomed) {
      throw protocolError(`${packet.cmd} came before the answer to CONNECT`);
    }
    switch (packet.cmd) {
      case 'connack':
        this.#connack(packet);
        return;
      case 'suback':
        this.#answer('suback', packet.messageId, packet.granted as readonly number[]);
        return;
      case 'unsuback':
        this.#answer('unsuback', packet.messageId, packet.granted ?? []);
        return;
      case 'pingresp':
        this.#pinged.shift()?.();
        return;
      case 'disconnect':
        throw refusal(
          'disconnect',
          packet.reasonCode ?? 0,
          this.#hello.where,
          packet.properties?.reasonString,
        );
      default:
        throw protocolError(`${packet.cmd} is nothing that a broker sends to us`);
    }
  }

  #connack(packet: Packet & { cmd: 'connack' }): void {
    if (this.#welcomed) throw protocolError('CONNACK came twice');
    const { where, keepAliveS } = this.#hello;
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    const properties = packet.properties;
    if (code !== 0) throw refusal('connack', code, where, properties?.reasonString);
    this.#welcomed = {
      sessionPresent: packet.sessionPresent,
      keepAliveS: properties?.serverKeepAlive ?? keepAliveS,
      receiveMaximum: properties?.receiveMaximum ?? 65_535,
      retainAvailable: properties?.retainAvailable ?? true,
      maximumQoS: properties?.maximumQoS ?? 2,
      maximumPacketBytes: properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    };
    this.#receiver.welcomed?.(this.#welcomed);
    this.#welcome.resolve(this.#welcomed);
  }

  #answer(awaits: Waiting['awaits'], id: number | undefined, codes: readonly number[]): void {
    const waiting = this.#waiting.get(id ?? 0);
    if (!waiting || waiting.awaits !== awaits) return;
    this.#waiting.delete(id ?? 0);
    waiting.resolve(codes);
  }

  #wait(id: number, awaits: Waiting['awaits']): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      if (this.#fault) reject(this.#fault);
      else this.#waiting.set(id, { awaits, resolve, reject });
    });
  }

  /** Also what the broker said in its welcome that it will not take: it would end the session (MQTT 5.0, 3.2.2.3). */
  #checkSendable(message: OutgoingPublish): void {
    if (this.#fault) throw this.#fault;
    const welcome = this.#welcomed;
    if (!welcome) return;
    if (message.retain && !welcome.retainAvailable)
      throw notAllowed('retained messages', 'Set retain: false.');
    if (message.qos > welcome.maximumQoS) throw notAllowed('messages of QoS 1', 'Set qos: 0.');
    if (publishBytes(message) > welcome.maximumPacketBytes) {
      throw notAllowed(`messages above ${welcome.maximumPacketBytes} bytes`, 'Send less in one message.');
    }
  }

  #publish(message: OutgoingPublish, packetId: number): void {
    const bytes = this.#out.reserve(publishBytes(message));
    this.#out.commit(writePublish(bytes, this.#out.start, message, packetId, this.#hello.version));
  }

  #control(packet: Packet): void {
    // Otherwise the first packet makes a buffer for each 16-bit number: 7 MB for identifiers that we write ourselves.
    writeToStream.cacheNumbers = false;
    this.#out.append(generate(packet, { protocolVersion: this.#hello.version }));
  }

  #newId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#waiting.has(this.#lastId) || this.#published.has(this.#lastId));
    return this.#lastId;
  }
}

const protocolError = (what: string): Fault =>
  new Fault('mqtt.protocol', what, { hint: 'Is this an MQTT broker? Look at its log.' });

const notAllowed = (what: string, hint: string): Fault =>
  new Fault('mqtt.not-allowed', `the broker takes no ${what}`, { retry: 'never', hint });
