import { hostname } from 'node:os';
import { parsePath } from '#codec/json/path.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Point, Source } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { Asking } from '#wire/opcua/asking.ts';
import { openSession, type Session, type SessionOptions } from '#wire/opcua/session.ts';
import { within } from '#wire/opcua/within.ts';
import type { Address } from './address.ts';
import { browse } from './browse.ts';
import { memoryOf } from './condition-memory.ts';
import { Conditions } from './conditions.ts';
import type { Config } from './config.ts';
import { MethodCalls } from './methods.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Longest wait for the end of the conditions. */
const CLOSE_MS = 1000;

/** Opens the session and its subscription. @throws Fault, having left nothing behind at the server */
export async function openSource(config: Config, deps: Deps, signal: AbortSignal): Promise<Source<Config>> {
  const { requestsPerS, outstanding } = config;
  deps.load.caps({ connections: 1, perSecond: requestsPerS, outstanding });
  const session = await openSession(await sessionOptions(config, deps), signal);
  try {
    const reader = await orAborted(Reader.open(config, deps, session, signal), signal);
    reader.start(deps.points as readonly Point<Address>[]);
    const conditions = config.conditions ? watchConditions(config, deps, session, reader) : undefined;
    return new OpcuaSource(config, deps, session, reader, conditions);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function watchConditions(config: Config, deps: Deps, { session, library }: Session, reader: Reader) {
  // Outlives sessions and changes of the site file, as the load of a source does.
  const memory = memoryOf(deps.load);
  const watching = Conditions.watch({ session, library, deps, memory, publishMs: config.publishMs });
  // Without them the source would look well and tell no alarm.
  watching.catch((error) => reader.fail(error));
  return watching;
}

/** Also what `explain` needs to ask the server. */
export async function sessionOptions(config: Config, deps: Deps): Promise<SessionOptions> {
  const { user, serverFingerprints } = config;
  const host = hostname();
  const name = config.clientName ?? `holdfast-${host}-${deps.id}`;
  const applicationUri = `urn:${host}:holdfast`;
  const named = user && 'name' in user ? user : undefined;
  const { uri, ...identity } = await deps.trust.identity({
    protocol: 'opcua',
    commonName: `Holdfast ${host}`,
    uri: applicationUri,
  });
  return {
    connection: config,
    clientName: deps.mode === 'shadow' ? `${name}-shadow` : name,
    applicationUri: uri ?? applicationUri,
    password: await readSecret('password', named?.passwordEnv, named?.passwordFile),
    identity,
    judge: (peer, certificate) => deps.trust.judge(peer, certificate, serverFingerprints),
    clock: deps.clock,
    onRequest: (ms, outcome) => deps.load.request(ms, outcome),
  };
}

class OpcuaSource implements Source<Config> {
  #config: Config;
  readonly #session: Session;
  readonly #reader: Reader;
  readonly #writer: Writer;
  #points: ReadonlyMap<number, Point<Address>>;
  readonly #methods: MethodCalls;
  readonly #conditions: Promise<Conditions> | undefined;
  readonly read: Source['read'];
  readonly write?: NonNullable<Source['write']>;

  constructor(
    config: Config,
    deps: Deps,
    session: Session,
    reader: Reader,
    conditions: Promise<Conditions> | undefined,
  ) {
    this.#config = config;
    this.#conditions = conditions;
    this.#session = session;
    this.#reader = reader;
    this.#writer = new Writer(session.session, session.library, deps.clock, config.requestTimeoutMs);
    this.#methods = new MethodCalls(session.session, session.library, deps.clock, config.requestTimeoutMs);
    this.#points = byTag(deps.points as readonly Point<Address>[]);
    this.read = (signal) => reader.feed.inbox.take(signal);
    if (deps.mode === 'live') this.write = (command, signal) => this.#write(command, signal);
  }

  /** The holes of an absence are ours to fill, and those that stay are told one by one. */
  get resumed(): ReadonlySet<number> {
    return this.#reader.covered;
  }

  browse(from: string | undefined, signal: AbortSignal) {
    const tags = this.#reader.tagsByNode();
    const found = browse(this.#session.session, this.#reader.limits, from, signal, tags);
    return new Asking('browse').walk(found);
  }

  async reconfigure(next: Config, points: readonly Point[]): Promise<boolean> {
    if (sessionPart(next) !== sessionPart(this.#config)) return false;
    const wanted = points as readonly Point<Address>[];
    this.#config = next;
    this.#points = byTag(wanted);
    // What fails half-way is made good by a new session.
    return this.#reader.change(next, wanted).then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader.stop();
    const ended = this.#conditions?.then((conditions) => conditions[Symbol.asyncDispose]());
    // Deleting the session takes its subscriptions along, should the server be slow with this one.
    if (ended) await within(ended, CLOSE_MS, () => new Error('late')).catch(() => {});
    await this.#session[Symbol.asyncDispose]();
  }

  async #write(command: Command, signal: AbortSignal): Promise<WriteResult> {
    const point = this.#points.get(command.tag);
    if (!point) return { state: 'failed', reason: `tag ${command.tag} is none of this source` };
    const { deadlineUs } = command;
    return new Asking('write', { deadlineUs, signal }).run(() =>
      this.#carryOut(point.address, command, signal),
    );
  }

  async #carryOut(address: Address, command: Command, signal: AbortSignal): Promise<WriteResult> {
    const { node, path, field, method } = address;
    if (method !== undefined) return this.#call(address, command, signal);
    const text = node ?? (path as string);
    const target = this.#reader.nodeOf(command.tag) ?? (await this.#find(text, signal));
    if (target === undefined) return { state: 'refused', reason: 'BadNodeIdUnknown' };
    const [index] = field === undefined ? [] : parsePath(field);
    return this.#writer.write(
      { node: target, index: typeof index === 'number' ? index : undefined },
      command,
      signal,
    );
  }

  async #call(
    { method, object, inputs }: Address,
    command: Command,
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const target = await this.#reader.way(method as string, signal).catch(() => undefined);
    const owner = object === undefined ? undefined : await this.#find(object, signal);
    if (target === undefined || (object !== undefined && owner === undefined))
      return { state: 'refused', reason: 'BadNodeIdUnknown' };
    const { node, above } = target;
    return this.#methods.call({ method: node, object: owner, above, inputs }, command, signal);
  }

  async #find(text: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#reader.find(text, signal).catch(() => undefined);
  }
}

const byTag = (points: readonly Point<Address>[]): ReadonlyMap<number, Point<Address>> =>
  new Map(points.map((point) => [point.tag.number, point]));

/** What a session is made of: changing it means another session. */
function sessionPart(config: Config): string {
  const { sampleMs: _, queue: __, verifyEveryMs: ___, retryNodesMs: ____, history: _____, ...rest } = config;
  return JSON.stringify(rest);
}

/** The library's steps know no signal: the session goes, and they with it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason ?? new Fault('opcua.closed', 'opening was given up'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
