import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { publishBytes } from '#codec/mqtt/publish.ts';
import { Fault } from '#kernel/fault.ts';
import type { Entry, Receipt, Sink, SinkDef, SinkDeps } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import { openSession, type Session } from '#wire/mqtt/session.ts';
import { Config } from './config.ts';
import { Flight } from './flight.ts';
import { payloadOf } from './payload.ts';
import { Tally } from './tally.ts';
import { Outlets } from './topic.ts';

/**
 * PUBACK reasons by which a broker says that it will never take this message (MQTT 5.0, 3.4.2.1): implementation specific ("not
 * willing to accept it"), not authorized, topic name invalid, packet too large, payload format invalid. Others, such as
 * quota exceeded (0x97), may pass. A PUBACK of MQTT 3.1.1 has no reason: such a broker drops in silence or hangs up.
 */
const NEVER = new Set([0x83, 0x87, 0x90, 0x95, 0x99]);

/** Sent without a pause; then decisions get their turn: this is their thread. */
const BURST = 64;

/** Delivers every row as a message of its own, QoS 1: at least once, in order, confirmed by the broker. */
export const mqttSink: SinkDef<typeof Config> = {
  kind: 'mqtt',
  config: Config,
  delivers: 'at-least-once',
  async open(config, deps, signal) {
    const lost = Promise.withResolvers<Fault>();
    const events = {
      chunk() {},
      message() {}, // nothing is subscribed
      oversized() {},
      chunkDone() {},
      lost(fault: Fault) {
        lost.resolve(fault);
      },
    };
    const options = {
      connection: config,
      clientId: config.clientId ?? `holdfast-${hostname()}-${deps.id}-sink`,
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: 1,
      maxPacketBytes: 65_536,
      password: await readSecret('password', config.passwordEnv, config.passwordFile),
    };
    const session = await openSession(options, events, deps.clock, signal);
    const flight = new Flight(Math.min(config.inFlight, session.window));
    void lost.promise.then((fault) => flight.fail(fault));
    return new MqttSink(config, deps, session, flight, lost.promise);
  },
};

class MqttSink implements Sink {
  readonly lost: Promise<Fault>;
  readonly #config: Config;
  readonly #deps: SinkDeps;
  readonly #session: Session;
  readonly #flight: Flight;
  readonly #outlets: Outlets;
  #sent = 0;
  readonly #failed = (fault: Fault): void => this.#flight.fail(fault);

  constructor(config: Config, deps: SinkDeps, session: Session, flight: Flight, lost: Promise<Fault>) {
    this.lost = lost;
    this.#config = config;
    this.#deps = deps;
    this.#session = session;
    this.#flight = flight;
    this.#outlets = new Outlets(config, deps);
  }

  /** After a fault the session is of no use any more: what was confirmed before it is told, the next call throws it. */
  async deliver(entries: readonly Entry[], signal: AbortSignal): Promise<Receipt> {
    const tally = new Tally(entries);
    const { clock } = this.#deps;
    const { confirmTimeoutMs } = this.#config;
    try {
      for (let i = 0; i < entries.length; i++) await this.#sendRows(entries, i, tally, signal);
      await this.#flight.end(confirmTimeoutMs, clock, signal);
    } catch (error) {
      const fault = Fault.from(error, 'mqtt.sink', this.#config.url);
      this.#flight.fail(fault);
      const receipt = tally.receipt();
      if (!receipt) throw fault;
      return receipt;
    }
    const receipt = tally.receipt();
    if (receipt) return receipt;
    throw new Fault('mqtt.sink', `${this.#config.url}: a delivery ended with rows open`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async #sendRows(entries: readonly Entry[], i: number, tally: Tally, signal: AbortSignal): Promise<void> {
    const batch = (entries[i] as Entry).batch;
    for (let row = 0; row < batch.rows; row++) {
      const outlet = this.#outlets.of(batch.tag[row] as number);
      if (outlet === null) {
        tally.leftOut(i);
        continue;
      }
      if (outlet.problem !== undefined) {
        tally.rejected(i, row, outlet.problem);
        continue;
      }
      const payload = Buffer.from(payloadOf(batch, row, outlet.tag.type));
      const message = { topic: outlet.topic, payload, qos: 1, retain: this.#config.retain } as const;
      const bytes = publishBytes(message);
      if (bytes > this.#session.mostBytes) {
        tally.rejected(i, row, `${bytes} bytes, above the ${this.#session.mostBytes} that the broker takes`);
        continue;
      }
      while (this.#flight.isFull(bytes)) {
        await this.#flight.room(this.#config.confirmTimeoutMs, this.#deps.clock, signal);
      }
      if (++this.#sent % BURST === 0) await setImmediate();
      if (this.#flight.fault) throw this.#flight.fault;
      this.#flight.left(bytes);
      this.#session.publishConfirmed(message, {
        confirmed: (code) => this.#answered(code, tally, i, row, bytes),
        failed: this.#failed,
      });
    }
  }

  #answered(code: number, tally: Tally, entry: number, row: number, bytes: number): void {
    if (code < 0x80) tally.confirmed(entry);
    else if (NEVER.has(code)) tally.rejected(entry, row, reasonName(code));
    else this.#flight.fail(notNow(this.#config.url, code));
    this.#flight.landed(bytes);
  }
}

const notNow = (url: string, code: number): Fault =>
  new Fault('mqtt.not-taken', `${url} did not take a message: ${reasonName(code)}`, {
    hint: 'It is sent again; look at the quotas and the log of the broker.',
  });
