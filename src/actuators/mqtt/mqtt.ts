import { hostname } from 'node:os';
import * as z from 'zod';
import type { Json } from '#kernel/event.ts';
import { type Fault, messageOf } from '#kernel/fault.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps } from '#plugin/api.ts';
import { notSent } from '#plugin/not-sent.ts';
import { readSecret } from '#plugin/secret.ts';
import { expiryS } from '#wire/mqtt/command.ts';
import { connectionFields } from '#wire/mqtt/config.ts';
import { confirmation } from '#wire/mqtt/confirmation.ts';
import { openSession, type Session, type SessionEvents } from '#wire/mqtt/session.ts';
import { Fields, Head, type Message, Messages } from './message.ts';

const Config = z.strictObject({
  ...connectionFields,
  confirmTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(5000)
    .describe("Wait for the broker's confirmation of a QoS 1 message; after it the result is unknown."),
});
type Config = z.output<typeof Config>;

const DONE: ActionResult = { state: 'done' };

/** Publishes messages. Done means: the broker confirmed it (QoS 1), or it left this process (QoS 0). */
export const mqttActuator: ActuatorDef<typeof Config> = {
  kind: 'mqtt',
  config: Config,
  action: Fields,
  notice: {
    fields: Head,
    render: ({ subject, text, detail }, fields) => ({
      ...(fields as z.output<typeof Head>),
      payload: { subject, text, ...detail },
    }),
  },
  async open(config, deps, signal) {
    const publisher = new Publisher(config, deps);
    await publisher.connected(signal); // an unreachable broker should show at once, not at the first alarm
    return publisher;
  },
};

class Publisher implements Actuator {
  readonly #config: Config;
  readonly #deps: Deps;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  readonly #messages = new Messages();

  constructor(config: Config, deps: Deps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** @throws Fault `actuator.not-sent` when there is no session: the action may be given again */
  act(action: Action, signal: AbortSignal): ActionResult | Promise<ActionResult> {
    const message = this.#messages.of(action.config as { readonly [field: string]: Json });
    if ('reason' in message) return { state: 'failed', reason: message.reason };
    if (this.#session) return this.#publish(this.#session, message, action.deadlineUs, signal);
    return this.connected(signal).then(
      (session) => this.#publish(session, message, action.deadlineUs, signal),
      (cause) => {
        throw notSent(cause);
      },
    );
  }

  #publish(
    session: Session,
    { topic, payload, qos, retain }: Message,
    deadlineUs: number,
    signal: AbortSignal,
  ): ActionResult | Promise<ActionResult> {
    const nowUs = this.#deps.clock.steadyUs();
    if (nowUs >= deadlineUs) return { state: 'failed', reason: 'too late' };
    let answer: Promise<number> | undefined;
    try {
      answer = session.publish({
        topic,
        payload,
        qos,
        retain,
        expiryS: expiryS(deadlineUs, nowUs),
      });
    } catch (error) {
      return { state: 'failed', reason: messageOf(error) };
    }
    return answer ? this.#confirmed(answer, signal) : DONE;
  }

  async #confirmed(answer: Promise<number>, signal: AbortSignal): Promise<ActionResult> {
    const { confirmTimeoutMs } = this.#config;
    // That nobody listens just now is no failure of a message, as against a write to a device.
    const result = await confirmation(answer, confirmTimeoutMs, this.#deps.clock, signal, true);
    if (result.state === 'done') return result;
    return { state: result.state === 'unknown' ? 'unknown' : 'failed', reason: result.reason };
  }

  /** The session, opened again where it was lost; callers at the same time share the attempt. */
  connected(signal: AbortSignal): Promise<Session> {
    if (this.#session) return Promise.resolve(this.#session);
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const { clock, id } = this.#deps;
    const events: SessionEvents = {
      chunk() {},
      message() {}, // nothing is subscribed
      oversized() {},
      chunkDone() {},
      lost: (fault: Fault) => {
        this.#session = undefined;
        this.#deps.log.warn({ actuator: id, code: fault.code }, fault.message);
      },
    };
    const options = {
      connection: this.#config,
      clientId: this.#config.clientId ?? `holdfast-${hostname()}-${id}-out`,
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: 1,
      maxPacketBytes: 65_536,
      password: await readSecret('password', this.#config.passwordEnv, this.#config.passwordFile),
    };
    this.#session = await openSession(options, events, clock, signal);
    return this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
  }
}
