import { hostname } from 'node:os';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Source, SourceDef } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { openSession, type Session } from '#wire/mqtt/session.ts';
import { endpointOf } from '#wire/mqtt/socket.ts';
import { browse } from './browse.ts';
import { Address, Config, check } from './config.ts';
import { Intake } from './intake.ts';
import { subscribeAll } from './subscribe.ts';
import { writePoint } from './write.ts';

/** MQTT 3.1.1 and 5: topics become samples; QoS 1 messages are confirmed once their rows are on disk. */
export const mqtt: SourceDef<typeof Config, typeof Address> = {
  kind: 'mqtt',
  config: Config,
  address: Address,
  check,
  secondSession: true, // under a client id of its own
  endpoints: ({ url }) => [endpointOf(url)],
  async open(config, deps, signal) {
    deps.load.caps({ connections: 1 });
    const intake = new Intake(config, deps);
    const session = await openSession(await sessionOptions(config, deps), intake, deps.clock, signal);
    try {
      intake.start(session);
      const subscribing = subscribeAll(session, config, deps).then((done) => intake.subscribed(done));
      subscribing.catch((error) => intake.inbox.fail(Fault.from(error, 'mqtt.subscribe', config.url)));
      // What the broker kept may be more than the inbox holds, and its answer comes behind it: reading must begin.
      await orGone(Promise.race([subscribing, intake.filled]), config.connectTimeoutMs, signal);
      return source(config, deps, session, intake);
    } catch (error) {
      intake.close();
      await session[Symbol.asyncDispose]();
      throw error;
    }
  },
};

async function sessionOptions(config: Config, deps: Deps) {
  // A shadow is a second client beside the live one and leaves nothing behind at the broker.
  const shadow = deps.mode === 'shadow';
  const clientId = config.clientId ?? `holdfast-${hostname()}-${deps.id}`;
  return {
    connection: config,
    clientId: shadow ? `${clientId}-shadow` : clientId,
    cleanStart: shadow,
    sessionExpiryS: shadow ? 0 : config.sessionExpiryS,
    receiveMaximum: config.receiveMaximum,
    maxPacketBytes: config.maxPacketBytes,
    password: await readSecret('password', config.passwordEnv, config.passwordFile),
  };
}

function source(config: Config, deps: Deps, session: Session, intake: Intake): Source<Config> {
  let present = { config, deps };
  return {
    get resumed() {
      return session.sessionPresent && intake.allKept;
    },
    read: (signal) => intake.inbox.take(signal),
    browse: (from, signal, forMs) => browse(config, deps, from, signal, forMs),
    ...(deps.mode === 'live' && {
      write: (command: Command, signal: AbortSignal): Promise<WriteResult> =>
        writePoint(command, session, present.config, present.deps, signal),
    }),
    async reconfigure(next, points) {
      present = { config: next, deps: { ...deps, points } };
      return await intake.change(next, points);
    },
    async [Symbol.asyncDispose]() {
      intake.close();
      await session[Symbol.asyncDispose]();
    },
  };
}

/** A broker that lives but never answers a SUBSCRIBE must not hold up opening for good. */
function orGone<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const late = new Fault('mqtt.timeout', `the broker did not answer SUBSCRIBE within ${timeoutMs} ms`);
      reject(timeout.aborted ? late : signal.reason);
    };
    if (either.aborted) onAbort();
    either.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => either.removeEventListener('abort', onAbort));
  });
}
