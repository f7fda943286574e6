import { readFile } from 'node:fs/promises';
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  headers,
  type NatsConnection,
  type NodeConnectionOptions,
  nanos,
} from '@nats-io/transport-node';
import type { NatsSettings } from '#contract/hub-file.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type Position, positionOf, positionText } from './position.ts';

const POSITION = 'Holdfast-Position';
const COUNT = 'Holdfast-Count';
const ACK_MS = 5000;
const CONNECT_MS = 10_000;
/** Of a message that are not its text: subject and headers. */
const HEAD_BYTES = 1024;
/** Larger messages delay each other, and what consumers hold at once. */
const MOST_BYTES = 512 * 1024;

/* Codes of the server (nats-server, errors.json). */
const WRONG_LAST_SEQUENCE = 10_071;
const NO_MESSAGE = 10_037;
const NO_STREAM = 10_059;

/** The last message of a subject. */
export interface Last {
  readonly seq: number;
  readonly position: Position;
  /** Samples in all messages of the subject up to it. */
  readonly count: number;
  readonly text: string;
}

/** A session with the servers, and the one stream in them. */
export class StreamLink implements AsyncDisposable {
  readonly #nats: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #stream: string;

  private constructor(nats: NatsConnection, manager: JetStreamManager, stream: string) {
    this.#nats = nats;
    this.#manager = manager;
    this.#client = jetstream(nats, { timeout: ACK_MS });
    this.#stream = stream;
  }

  /** Makes the stream where there is none. @throws Fault `stream.unreachable`, `stream.refused` */
  static async open(settings: NatsSettings): Promise<StreamLink> {
    const nats = await connect(await optionsOf(settings)).catch((error) => {
      throw new Fault('stream.unreachable', `${settings.servers.join(', ')}: ${messageOf(error)}`, {
        hint: 'does the NATS server run, and may the hub sign in there?',
        cause: error,
      });
    });
    try {
      const manager = await jetstreamManager(nats, { checkAPI: false, timeout: ACK_MS });
      await makeStream(manager, nats, settings);
      return new StreamLink(nats, manager, settings.stream);
    } catch (error) {
      await nats.close();
      throw Fault.from(error, 'stream.refused', `the stream ${settings.stream}`);
    }
  }

  /** Of the text of one message. */
  get mostBytes(): number {
    return Math.min(MOST_BYTES, (this.#nats.info?.max_payload ?? MOST_BYTES) - HEAD_BYTES);
  }

  /**
   * Adds a message, if the last one of its subject is the one that is expected (0: there is none).
   * @returns its number; undefined where another one is the last
   * @throws whatever leaves it unknown whether it was added
   */
  async publish(
    subject: string,
    text: string,
    { position, count, after }: Pick<Last, 'position' | 'count'> & { readonly after: number },
  ): Promise<number | undefined> {
    const head = headers();
    head.set(POSITION, positionText(position));
    head.set(COUNT, String(count));
    try {
      const { seq } = await this.#client.publish(subject, text, {
        headers: head,
        timeout: ACK_MS,
        // An attempt that was not heard of may have done it: that shows in the number, and is looked into there.
        retries: 1,
        expect: { streamName: this.#stream, lastSubjectSequence: after },
      });
      return seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return undefined;
      throw error;
    }
  }

  /** As the leader of the stream has it, which is who judges what is added. */
  async lastOf(subject: string): Promise<Last | undefined> {
    try {
      const found = await this.#manager.streams.getMessage(this.#stream, { last_by_subj: subject });
      if (!found) return undefined;
      const position = positionOf(found.header.get(POSITION));
      const count = Number(found.header.get(COUNT));
      if (position) return { seq: found.seq, position, count, text: found.string() };
      throw new Fault('stream.foreign', `somebody else writes to ${subject}: a message has no ${POSITION}`, {
        hint: 'give the hub subjects of its own, and nobody else the right to publish there',
      });
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nats.close();
  }
}

async function makeStream(
  manager: JetStreamManager,
  nats: NatsConnection,
  { stream, subject, replicas, keepDays }: NatsSettings,
): Promise<void> {
  const found = await manager.streams.info(stream).catch((error) => {
    if (error instanceof JetStreamApiError && error.code === NO_STREAM) return undefined;
    throw error;
  });
  if (found) return;
  await manager.streams.add({
    name: stream,
    subjects: [`${subject}.>`],
    storage: 'file',
    num_replicas: replicas,
    ...(keepDays !== undefined && { max_age: nanos(keepDays * 86_400_000) }),
    // Where somebody limits it later: what is full takes nothing more, and the hub waits.
    discard: 'new',
    ...(isAtLeast(nats, 2, 10) && { compression: 's2' }),
  });
}

function isAtLeast(nats: NatsConnection, major: number, minor: number): boolean {
  const [a = 0, b = 0] = (nats.info?.version ?? '').split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

async function optionsOf(settings: NatsSettings): Promise<NodeConnectionOptions> {
  const { servers, credentialsFile, user, passwordFile, tokenFile, tls } = settings;
  const secret = async (path: string) => (await readFile(path, 'utf8')).trim();
  return {
    servers: [...servers],
    name: 'holdfast hub',
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    ...(credentialsFile && { authenticator: credsAuthenticator(await readFile(credentialsFile)) }),
    ...(user && { user }),
    ...(passwordFile && { pass: await secret(passwordFile) }),
    ...(tokenFile && { token: await secret(tokenFile) }),
    ...(tls && { tls }),
  };
}
