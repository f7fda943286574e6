import { hostname } from 'node:os';
import { topicProblem } from '#codec/mqtt/filter.ts';
import type { PublishView } from '#codec/mqtt/publish.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Found } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import { openSession, type SessionEvents } from '#wire/mqtt/session.ts';
import type { Config } from './config.ts';

const LISTEN_MS = 10_000;
/** Messages of a topic that are looked into: later ones may have fields that the first had not. */
const LOOKS = 5;
/** Topics and values beyond these are another way to fill our memory. */
const MOST_TOPICS = 50_000;
const MOST_VALUES = 200;
const MOST_DEPTH = 6;
const MOST_WAITING = 10_000;

/**
 * The topics that speak while we listen, each with the values that its payload holds. A session of its own, at QoS 0 and
 * forgotten by the broker at once: what the site receives and confirms is not touched.
 * @param from a filter; absent: those of `discover`, or all topics
 * @throws Fault `mqtt.browse` for what is no filter; those of the session
 */
export async function* browse(
  config: Config,
  deps: Deps,
  from: string | undefined,
  signal: AbortSignal,
  forMs = LISTEN_MS,
): AsyncIterable<Found> {
  const filters = filtersOf(config, from);
  const heard = new Heard();
  const session = await openSession(
    {
      connection: config,
      clientId: `${config.clientId ?? `holdfast-${hostname()}-${deps.id}`}-browse`,
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: config.receiveMaximum,
      maxPacketBytes: config.maxPacketBytes,
      password: await readSecret('password', config.passwordEnv, config.passwordFile),
    },
    heard,
    deps.clock,
    signal,
  );
  const over = new AbortController();
  try {
    const codes = await session.subscribe(filters.map((topic) => ({ topic, qos: 0 })));
    const refused = filters.filter((_, i) => (codes[i] ?? 0x80) >= 0x80);
    if (refused.length === filters.length) throw refusedAll(refused, codes[0] ?? 0x80);
    const ends = AbortSignal.any([signal, over.signal]);
    deps.clock.sleep(forMs, ends).then(
      () => heard.end(),
      () => heard.end(),
    );
    yield* heard.all(signal);
  } finally {
    over.abort();
    await session[Symbol.asyncDispose]();
  }
}

function filtersOf(config: Config, from: string | undefined): string[] {
  if (from === undefined) {
    const own = [...new Set(config.discover.map(({ topic }) => topic))];
    return own.length > 0 ? own : ['#'];
  }
  const problem = topicProblem(from, true);
  if (problem === undefined) return [from];
  throw new Fault('mqtt.browse', `${from} is no filter: ${problem}`, {
    retry: 'never',
    hint: 'Write a topic, with + for one level and # at the end for all below: plant/+/env/#.',
  });
}

const refusedAll = (topics: readonly string[], code: number): Fault =>
  new Fault('mqtt.subscription-refused', `the broker refused ${topics.join(', ')}: ${reasonName(code)}`, {
    hint: "Allow this user to read the topics in the broker's access list, or name others with --from.",
  });

/** What messages told that was not known before, until the one who asked takes it. */
class Heard implements SessionEvents {
  readonly #seen = new Map<string, { looks: number; readonly paths: Set<string> }>();
  #waiting: Found[] = [];
  #wake = Promise.withResolvers<void>();
  #over = false;
  #fault: Fault | undefined;

  chunk(): void {}
  chunkDone(): void {}
  oversized(): void {}

  lost(fault: Fault): void {
    this.#fault = fault;
    this.end();
  }

  end(): void {
    this.#over = true;
    this.#wake.resolve();
  }

  message(view: PublishView): void {
    if (this.#waiting.length > MOST_WAITING) return;
    const { topic } = view;
    let known = this.#seen.get(topic);
    if (!known) {
      if (this.#seen.size >= MOST_TOPICS) return;
      known = { looks: 0, paths: new Set() };
      this.#seen.set(topic, known);
    }
    if (known.looks++ >= LOOKS) return;
    for (const found of foundIn(topic, view.bytes.subarray(view.payloadStart, view.payloadEnd))) {
      const { path } = found.address as { readonly path?: string };
      if (known.paths.has(path ?? '')) continue;
      known.paths.add(path ?? '');
      this.#waiting.push(found);
    }
    this.#wake.resolve();
  }

  async *all(signal: AbortSignal): AsyncIterable<Found> {
    const wake = () => this.#wake.resolve();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        signal.throwIfAborted();
        yield* this.#waiting.splice(0);
        if (this.#over && this.#waiting.length === 0) break;
      }
      if (this.#fault) throw this.#fault;
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}

/** The values of one payload: of a JSON document each leaf, of anything else the whole. Bytes that are no text: none. */
export function* foundIn(topic: string, payload: Uint8Array): Iterable<Found> {
  const text = textOf(payload);
  if (text === undefined) return;
  const place = topic.split('/').filter((level) => level !== '');
  const document = jsonOf(text);
  if (typeof document === 'object' && document !== null) {
    let values = 0;
    for (const { path, names, value } of leaves(document, '', [], 0)) {
      if (values++ >= MOST_VALUES) return;
      const name = names.at(-1) ?? '';
      const at = { name, place: [...place, ...names.slice(0, -1)], address: { topic, path } };
      yield { ...at, type: typeOf(value), value: plain(value) };
    }
    return;
  }
  // A JSON string would be read with its quotes: it is text like any other.
  const value = typeof document === 'string' ? text : (document ?? text);
  const at = { name: place.at(-1) ?? topic, place: place.slice(0, -1), address: { topic } };
  yield { ...at, type: typeOf(value), value: plain(value) };
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what tells bytes from text
    return /[\0-\x08\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Leaf {
  readonly path: string;
  readonly names: readonly string[];
  readonly value: unknown;
}

function* leaves(value: unknown, path: string, names: readonly string[], depth: number): Iterable<Leaf> {
  const isTree = typeof value === 'object' && value !== null;
  if (value === null || (isTree && depth >= MOST_DEPTH)) return;
  if (!isTree) {
    yield { path, names, value };
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : stepOf(key, path);
    yield* leaves(
      inner,
      path + step,
      [...names, Array.isArray(value) ? `${names.at(-1) ?? 'item'} ${key}` : key],
      depth + 1,
    );
  }
}

/** As `parsePath` reads it. */
const stepOf = (key: string, path: string): string =>
  /^[^.[\]"\s]+$/.test(key) ? (path === '' ? key : `.${key}`) : `[${JSON.stringify(key)}]`;

const typeOf = (value: unknown): NonNullable<Found['type']> =>
  typeof value === 'boolean' ? 'boolean' : typeof value === 'number' ? 'number' : 'text';

const plain = (value: unknown): number | string =>
  typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? value : String(value);
