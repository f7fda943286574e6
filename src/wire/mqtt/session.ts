import type { Socket } from 'node:net';
import type { OutgoingPublish, PublishView, Version } from '#codec/mqtt/publish.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Connection } from './config.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import { type Hello, Protocol, type PublishAnswer, type Welcome } from './protocol.ts';
import { openSocket } from './socket.ts';

export interface SessionOptions extends Omit<Hello, 'where' | 'version' | 'keepAliveS' | 'username'> {
  readonly connection: Connection;
}

export interface SessionEvents {
  /** The broker accepted us; messages may follow at once. */
  welcomed?(welcome: Welcome): void;
  /** Bytes came in; messages of theirs follow at once. */
  chunk(): void;
  message(view: PublishView): void;
  oversized(view: PublishView, size: number): void;
  /** All messages of the chunk were given. */
  chunkDone(bytes: number): void;
  /** Once, unless the session was disposed. Nothing comes after it. */
  lost(fault: Fault): void;
}

/** Unsent bytes above which messages of ours are refused: a broker that does not read must not eat our memory. */
const MOST_UNSENT_BYTES = 8 * 1024 * 1024;

/**
 * A connected and accepted MQTT session. MQTT 5 falls back to 3.1.1 where the broker refuses it or hangs up.
 * @throws Fault, see `openSocket` and `Protocol`; `mqtt.timeout`; the signal's reason when aborted
 */
export async function openSession(
  options: SessionOptions,
  events: SessionEvents,
  clock: Clock,
  signal: AbortSignal,
): Promise<Session> {
  const { version } = options.connection;
  try {
    return await attempt(options, version, events, clock, signal);
  } catch (error) {
    const old = error instanceof Fault && ['mqtt.version-refused', 'mqtt.hung-up'].includes(error.code);
    if (version === 4 || !old || signal.aborted) throw error;
    return attempt(options, 4, events, clock, signal);
  }
}

async function attempt(
  options: SessionOptions,
  version: Version,
  events: SessionEvents,
  clock: Clock,
  signal: AbortSignal,
): Promise<Session> {
  const { url, connectTimeoutMs } = options.connection;
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(
      new Fault('mqtt.timeout', `${url} did not answer within ${connectTimeoutMs} ms`, {
        hint: 'Is this an MQTT broker, and TLS where the url says mqtts?',
      }),
    );
  }, connectTimeoutMs);
  try {
    const either = AbortSignal.any([signal, timeout.signal]);
    const socket = await openSocket(options.connection, either);
    return await Session.start(socket, { ...options, version }, events, clock, either);
  } finally {
    clearTimeout(timer);
  }
}

export class Session implements AsyncDisposable {
  readonly version: Version;
  readonly #socket: Socket;
  readonly #protocol: Protocol;
  readonly #outbox: Outbox;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #where: string;
  readonly #ended = new AbortController();
  readonly #gone = Promise.withResolvers<void>();
  #keepAlive: KeepAlive;
  #welcome: Welcome | undefined;
  #fault: Fault | undefined;

  /** @param socket connected; owned by the session from here on */
  static async start(
    socket: Socket,
    options: SessionOptions & { readonly version: Version },
    events: SessionEvents,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Session> {
    const session = new Session(socket, options, events, clock);
    const onAbort = () => session.#end(signal.reason);
    signal.addEventListener('abort', onAbort);
    try {
      if (signal.aborted) throw signal.reason;
      session.#welcome = await session.#protocol.connect();
      if (session.#fault) throw session.#fault; // it ended in the very chunk that welcomed us
      session.#watch(session.#welcome.keepAliveS);
      return session;
    } catch (error) {
      session.#end(Fault.from(error, 'mqtt.aborted', session.#where));
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private constructor(
    socket: Socket,
    options: SessionOptions & { readonly version: Version },
    events: SessionEvents,
    clock: Clock,
  ) {
    const { url, keepAliveS, username } = options.connection;
    this.version = options.version;
    this.#where = url;
    this.#socket = socket;
    this.#events = events;
    this.#clock = clock;
    this.#keepAlive = new KeepAlive(keepAliveS, clock.steadyUs());
    this.#outbox = new Outbox((bytes) => {
      this.#keepAlive.sent(clock.steadyUs());
      socket.write(bytes);
    });
    this.#protocol = new Protocol({ ...options, where: url, keepAliveS, username }, this.#outbox, events);
    socket.on('data', (chunk) => this.#receive(chunk as Buffer));
    const ended = (why?: string) => (this.#welcome ? lost(url, why) : hungUp(url, why));
    socket.on('error', ({ message }) => this.#end(ended(message)));
    socket.on('close', () => {
      this.#end(ended());
      this.#gone.resolve();
    });
  }

  get sessionPresent(): boolean {
    return this.#welcome?.sessionPresent ?? false;
  }

  /** Most unconfirmed messages that may be under way to the broker. */
  get window(): number {
    return this.#protocol.window;
  }

  /** Larger packets the broker does not take. */
  get mostBytes(): number {
    return this.#protocol.mostBytes;
  }

  /** Granted QoS for each filter, or a reason from 0x80 on. */
  subscribe(filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]): Promise<readonly number[]> {
    return this.#protocol.subscribe(filters);
  }

  unsubscribe(topics: readonly string[]): Promise<readonly number[]> {
    return this.#protocol.unsubscribe(topics);
  }

  /**
   * @returns nothing at QoS 0; at QoS 1 the reason code of the PUBACK, from 0x80 on a refusal
   * @throws Fault `mqtt.congested`, `mqtt.window-full`, `mqtt.not-allowed`: nothing was sent. A rejection: not known whether it arrived
   */
  publish(message: OutgoingPublish): Promise<number> | undefined {
    this.#checkReading();
    return this.#protocol.publish(message);
  }

  /** As `publish` at QoS 1, for many messages: see {@link Protocol.publishConfirmed}. */
  publishConfirmed(message: OutgoingPublish, answer: PublishAnswer): void {
    this.#checkReading();
    this.#protocol.publishConfirmed(message, answer);
  }

  #checkReading(): void {
    if (this.#socket.writableLength > MOST_UNSENT_BYTES) {
      throw new Fault(
        'mqtt.congested',
        `${this.#where} does not read: ${this.#socket.writableLength} bytes wait`,
      );
    }
  }

  acknowledge(packetIds: readonly number[]): void {
    this.#protocol.acknowledge(packetIds);
  }

  /** Probes the broker. @param answered called between `chunk` and `chunkDone`, behind all that came before it */
  ping(answered: () => void): void {
    if (!this.#ended.signal.aborted) this.#protocol.ping(answered);
  }

  /** No more chunks from the socket: TCP holds the broker back. The session stays alive. */
  pause(): void {
    this.#socket.pause();
    this.#keepAlive.paused(true, this.#clock.steadyUs());
  }

  resume(): void {
    this.#keepAlive.paused(false, this.#clock.steadyUs());
    this.#socket.resume();
  }

  /** Leaves orderly: a DISCONNECT, then the end of the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#protocol.disconnect();
    this.#outbox.flush();
    this.#ended.abort();
    this.#protocol.fail(new Fault('mqtt.closed', `the session with ${this.#where} was closed`));
    this.#socket.resume(); // a paused socket never sees the end of its peer
    this.#socket.end();
    const giveUp = setTimeout(() => this.#socket.destroy(), 500);
    await this.#gone.promise;
    clearTimeout(giveUp);
  }

  #receive(chunk: Buffer): void {
    if (this.#ended.signal.aborted) return;
    this.#keepAlive.received(this.#clock.steadyUs());
    try {
      this.#events.chunk();
      this.#protocol.receive(chunk);
    } catch (error) {
      // What came before the damage was whole and is handed on.
      this.#events.chunkDone(chunk.length);
      this.#end(Fault.from(error, 'mqtt.receive', this.#where));
      return;
    }
    this.#events.chunkDone(chunk.length);
    this.#outbox.flush();
  }

  #end(fault: Fault): void {
    if (this.#ended.signal.aborted) return;
    this.#fault = fault;
    this.#ended.abort();
    this.#protocol.fail(fault);
    this.#socket.destroy();
    if (this.#welcome) this.#events.lost(fault);
  }

  async #watch(keepAliveS: number): Promise<void> {
    if (keepAliveS === 0) return;
    this.#keepAlive = new KeepAlive(keepAliveS, this.#clock.steadyUs());
    try {
      for (;;) {
        await this.#clock.sleep(this.#keepAlive.tickMs, this.#ended.signal);
        const due = this.#keepAlive.tick(this.#clock.steadyUs());
        if (due === 'ping') this.#protocol.ping();
        if (due === 'dead') this.#end(silent(this.#where, keepAliveS));
      }
    } catch {
      // The session ended.
    }
  }
}

const because = (why?: string): string => (why === undefined ? '' : `: ${why}`);

const lost = (where: string, why?: string): Fault =>
  new Fault('mqtt.lost', `${where} closed the connection${because(why)}`, {
    hint: 'Look at the log of the broker; another client with the same clientId also ends this one.',
  });

const hungUp = (where: string, why?: string): Fault =>
  new Fault('mqtt.hung-up', `${where} closed the connection instead of answering${because(why)}`, {
    hint: 'Is this the port of an MQTT broker, and TLS where the url says mqtts?',
  });

const silent = (where: string, keepAliveS: number): Fault =>
  new Fault('mqtt.silent', `${where} sent nothing for ${keepAliveS * 1.5} s, not even an answer to a probe`, {
    hint: 'Is the network to the broker up?',
  });
