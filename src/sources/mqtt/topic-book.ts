import { isDeepStrictEqual } from 'node:util';
import { type TopicFilter, topicFilter, topicProblem } from '#codec/mqtt/filter.ts';
import { TopicTable } from '#codec/mqtt/topics.ts';
import { Fault } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { EventRate } from '#plugin/event-rate.ts';
import type { Address, Config, Discover } from './config.ts';
import { type Reading, TopicReader } from './topic-reader.ts';

/** Topics remembered as being of no interest, so that they cost one look-up each time and not a search. */
const MOST_IGNORED = 1000;

/** Messages dropped for a conflict of tags are told that often, as a number. */
const TELL_DROPPED_US = 3600e6;

interface Discovery extends Discover {
  readonly filter: TopicFilter;
  made: number;
}

/** A tag that the wildcard of this place in the list made. */
interface FoundReading extends Reading {
  readonly entry: number;
}

const discoveriesOf = ({ discover }: Config): Discovery[] =>
  discover.map((d) => ({ ...d, filter: topicFilter(d.topic), made: 0 }));

/** Topic → reader: those of the points, and those that wildcards found since. */
export class TopicBook {
  readonly #deps: Deps;
  #topics = new TopicTable();
  #readers: TopicReader[] = [];
  #discoveries: readonly Discovery[] = [];
  #config: Config;
  /** Of tags that wildcards made in this session, and the topics that they came from. */
  readonly #paths = new Set<string>();
  readonly #found = new Map<string, readonly FoundReading[]>();
  readonly #talkers: EventRate;
  readonly #conflicts: EventRate;
  readonly #refused: EventRate;
  readonly #ignored: TopicReader;
  readonly #conflicting: TopicReader;
  readonly #onStale: (topic: string) => void;
  #ignoredTopics = 0;
  #droppedMessages = 0;
  #droppedSinceUs = 0;

  /** @param onStale told of topics that nothing in the site file asks for: the broker remembers an earlier one */
  constructor(config: Config, deps: Deps, onStale: (topic: string) => void) {
    this.#deps = deps;
    this.#config = config;
    this.#onStale = onStale;
    this.#talkers = new EventRate(deps, { kind: 'security', name: 'security.new-talker' });
    this.#conflicts = new EventRate(deps, { kind: 'security', name: 'security.tag-conflict' });
    this.#refused = new EventRate(deps, { kind: 'system', name: 'mqtt.topic-ignored' });
    this.#ignored = this.#newReader([]);
    this.#conflicting = this.#newReader([]);
    this.#conflicting.isRefused = true;
    this.#discoveries = discoveriesOf(config);
    this.#putPoints(deps.points, () => false);
  }

  /**
   * Other points, or other wildcards. What the same wildcards found stays, as far as the tags are still free: the site
   * file may name them now.
   */
  take(config: Config, points: readonly Point[]): void {
    const [topics, readers] = [this.#topics, this.#readers];
    const spoke = (topic: string): boolean => {
      const bytes = Buffer.from(topic);
      return readers[topics.find(bytes, 0, bytes.length)]?.hasSpoken ?? false;
    };
    const found = isDeepStrictEqual(config.discover, this.#config.discover) ? [...this.#found] : [];
    this.#config = config;
    this.#topics = new TopicTable();
    this.#readers = [];
    this.#ignoredTopics = 0;
    this.#found.clear();
    this.#paths.clear();
    this.#discoveries = discoveriesOf(config);
    const named = this.#putPoints(points, spoke);
    for (const [topic, readings] of found) {
      if (!named.has(topic)) this.#keepFound(topic, readings, spoke(topic));
    }
  }

  #putPoints(points: readonly Point[], spoke: (topic: string) => boolean): ReadonlySet<string> {
    const byTopic = Map.groupBy(readPoints(points), (point) => point.address.topic as string);
    for (const [topic, some] of byTopic) {
      const reader = this.#newReader(some.map(({ tag, address }) => ({ ...address, tag })));
      reader.hasSpoken = spoke(topic);
      this.#put(topic, reader);
    }
    return new Set(byTopic.keys());
  }

  /** Tags that are somebody else's by now are left out; with the next message that is told. */
  #keepFound(topic: string, readings: readonly FoundReading[], hasSpoken: boolean): void {
    const kept = readings.flatMap((reading) => {
      const entry = this.#discoveries[reading.entry] as Discovery;
      const tag = this.#declare(entry, reading.tag.path, []);
      if (!tag) return [];
      entry.made++;
      this.#paths.add(tag.path);
      return [{ ...reading, tag }];
    });
    if (kept.length < readings.length) return;
    const reader = this.#newReader(kept);
    reader.hasSpoken = hasSpoken;
    this.#found.set(topic, kept);
    this.#put(topic, reader);
  }

  /** The reader of a topic; one that gives no rows where the site does not want it. */
  find(bytes: Uint8Array, start: number, end: number): TopicReader {
    const number = this.#topics.find(bytes, start, end);
    if (number >= 0) return this.#readers[number] as TopicReader;
    return this.#discover(Buffer.from(bytes.subarray(start, end)).toString());
  }

  /** A message of a topic whose tags are somebody else's was dropped: counted, and told now and then. */
  dropped(): void {
    const nowUs = this.#deps.clock.steadyUs();
    if (this.#droppedMessages++ === 0) this.#droppedSinceUs = nowUs;
    if (nowUs - this.#droppedSinceUs >= TELL_DROPPED_US) this.tellDropped();
  }

  tellDropped(): void {
    const messages = this.#droppedMessages;
    this.#droppedMessages = 0;
    if (messages === 0) return;
    const { id } = this.#deps;
    this.#deps.event({
      kind: 'security',
      name: 'security.messages-dropped',
      subject: id,
      detail: { messages },
    });
  }

  #put(topic: string, reader: TopicReader): TopicReader {
    this.#readers[this.#topics.add(topic)] = reader;
    return reader;
  }

  #newReader(readings: readonly Reading[]): TopicReader {
    const onMissing = (tag: number) => {
      const path = readings.find((reading) => reading.tag.number === tag)?.tag.path ?? '';
      this.#deps.log.warn(
        { tag: path },
        'the first message of this topic has nothing at the path of the tag',
      );
    };
    return new TopicReader(readings, onMissing, (tag) => this.#deps.tags.newestUs?.(tag) ?? 0);
  }

  #discover(topic: string): TopicReader {
    const readings: FoundReading[] = [];
    const reasons: (string | Fault)[] = [];
    // A topic name that is no topic name would be a tag that nobody can address.
    for (const [i, entry] of (topicProblem(topic, false) ? [] : this.#discoveries).entries()) {
      const found = entry.filter.match(topic);
      if (!found) continue;
      const reading = this.#newTag(entry, found, reasons);
      if (reading) readings.push({ ...reading, entry: i });
    }
    const conflict = reasons.find((reason) => reason instanceof Fault);
    if (conflict) this.#conflicts.tell(topic, { reason: conflict.message });
    if (readings.length > 0) {
      const tags = readings.map((reading) => reading.tag.path);
      this.#talkers.tell(topic, { tags });
      this.#found.set(topic, readings);
      return this.#put(topic, this.#newReader(readings));
    }
    if (!conflict) {
      const reason = reasons[0] ?? 'left over from an earlier subscription';
      this.#refused.tell(topic, { reason: String(reason) });
    }
    const reader = conflict ? this.#conflicting : this.#ignored;
    if (this.#ignoredTopics++ >= MOST_IGNORED) return reader;
    if (reasons.length === 0) this.#onStale(topic);
    return this.#put(topic, reader);
  }

  #newTag(entry: Discovery, found: readonly string[], reasons: (string | Fault)[]): Reading | undefined {
    const path = tagPath(entry.tag, found);
    if (this.#paths.has(path)) {
      // Two devices in one tag would look like one that jumps.
      reasons.push(`another topic already is ${path}`);
      return undefined;
    }
    if (entry.made >= entry.limit) {
      reasons.push(`discover '${entry.topic}' made its ${entry.limit} tags`);
      return undefined;
    }
    const tag = this.#declare(entry, path, reasons);
    if (!tag) return undefined;
    entry.made++;
    this.#paths.add(path);
    return { tag, path: entry.path, timePath: entry.timePath, timeUnit: entry.timeUnit };
  }

  /** @throws what declaring throws, but for a path of somebody else: that becomes a reason */
  #declare(entry: Discovery, path: string, reasons: (string | Fault)[]): Tag | undefined {
    const unit = entry.unit === undefined ? {} : { unit: entry.unit };
    try {
      const staleAfterMs = entry.staleAfterMs ?? this.#config.staleAfterMs;
      return this.#deps.tags.declare({ path, type: entry.type, access: 'read', ...unit }, staleAfterMs);
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'tag.owned')) throw error;
      reasons.push(error);
      return undefined;
    }
  }
}

/** Points that are read, as against those that are only written. */
export const readPoints = (points: readonly Point[]): readonly Point<Address>[] =>
  (points as readonly Point<Address>[]).filter(
    (p) => p.tag.access !== 'write' && p.address.topic !== undefined,
  );

/**
 * The path of a tag from what the wildcards matched, brought into the rules of the namespace: lower-case letters,
 * digits, _ and -, a letter first.
 */
export function tagPath(template: string, found: readonly string[]): string {
  const path = template
    .replace(/\$(\d+)/g, (_, number) => found[Number(number) - 1] ?? '')
    .toLowerCase()
    .split('/')
    .map((segment) => segment.replace(/[^a-z0-9_-]/g, '_') || '_')
    .join('/');
  return /^[a-z]/.test(path) ? path : `t${path}`;
}
