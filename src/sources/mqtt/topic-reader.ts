import { parsePath } from '#codec/json/path.ts';
import { JsonPaths, Kind } from '#codec/json/paths.ts';
import { Quality, worseQuality } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Arrival } from './arrival.ts';
import type { TimeUnit } from './config.ts';
import { addJson, PlainReader, type Target, targetOf } from './convert.ts';
import { timeAt } from './time.ts';

/** How a tag is read from a topic's payload. */
export interface Reading {
  readonly tag: Tag;
  readonly path?: string | undefined;
  readonly timePath?: string | undefined;
  readonly timeUnit: TimeUnit;
}

interface JsonPoint extends Target {
  readonly slot: number;
  readonly timeSlot: number;
  readonly timeUnit: TimeUnit;
  /** Whether the path ever led to something. */
  seen: boolean;
  told: boolean;
}

/** Makes rows of one topic's payloads: each document is read once, whatever the number of tags in it. */
export class TopicReader {
  readonly tags: readonly number[];
  /** Whether a message came that was not retained: a retained one is older than that. */
  hasSpoken = false;
  /** Whether its messages are dropped and counted: the tags that they would make are somebody else's. */
  isRefused = false;
  readonly #plain: readonly Target[];
  readonly #points: readonly JsonPoint[];
  readonly #json: JsonPaths;
  readonly #plainReader = new PlainReader();
  readonly #onMissing: (tag: number) => void;
  readonly #newestUs: (tag: number) => number;

  /**
   * @param onMissing told once of a tag whose path leads nowhere in the first document that comes
   * @param newestUs newest source time stored of a tag; 0 where that is not known
   */
  constructor(
    readings: readonly Reading[],
    onMissing: (tag: number) => void,
    newestUs: (tag: number) => number = () => 0,
  ) {
    // A structure without a path is the whole document.
    const isJson = (r: Reading) => r.path !== undefined || r.tag.type === 'structure';
    this.tags = readings.map((r) => r.tag.number);
    this.#plain = readings.filter((r) => !isJson(r)).map((r) => targetOf(r.tag));
    const withPath = readings.filter(isJson);
    const pathOf = (r: Reading) => parsePath(r.path ?? '');
    const timePathOf = (r: Reading) => (r.timePath === undefined ? undefined : parsePath(r.timePath));
    const json = new JsonPaths(withPath.flatMap((r) => [pathOf(r), timePathOf(r) ?? pathOf(r)]));
    this.#json = json;
    this.#points = withPath.map((r) => {
      const timePath = timePathOf(r);
      return {
        ...targetOf(r.tag),
        slot: json.slotOf(pathOf(r)),
        timeSlot: timePath ? json.slotOf(timePath) : -1,
        timeUnit: r.timeUnit,
        seen: false,
        told: false,
      };
    });
    this.#onMissing = onMissing;
    this.#newestUs = newestUs;
  }

  read(bytes: Uint8Array, start: number, end: number, arrival: Arrival): void {
    const { receivedUs } = arrival;
    const quality = arrival.retained ? Quality.uncertainLastUsable : Quality.good;
    const rows = arrival.rowsFor(Number.NaN);
    for (const to of this.#plain) this.#plainReader.add(rows, to, receivedUs, quality, bytes, start, end);
    if (this.#points.length === 0) return;
    if (!this.#json.read(bytes, start, end)) {
      for (const to of this.#points) rows.add(to.tag, receivedUs, Number.NaN, Quality.badDecoding);
      return;
    }
    for (const point of this.#points) this.#addPoint(point, quality, arrival);
  }

  #addPoint(point: JsonPoint, quality: number, arrival: Arrival): void {
    const json = this.#json;
    if (json.kind[point.slot] === Kind.absent) {
      // Devices send what changed: a document without the value is no sample, not a bad one.
      if (!point.seen && !point.told) this.#onMissing(point.tag);
      point.told = true;
      return;
    }
    point.seen = true;
    const timeUs = point.timeSlot < 0 ? Number.NaN : timeAt(json, point.timeSlot, point.timeUnit);
    if (arrival.isAgain && timeUs <= this.#newestUs(point.tag)) {
      arrival.duplicates++;
      return;
    }
    const rows = arrival.rowsFor(timeUs);
    if (!Number.isNaN(timeUs)) addJson(rows, point, timeUs, quality, json, point.slot);
    else {
      const without = point.timeSlot < 0 ? quality : worseQuality(quality, Quality.uncertain);
      addJson(rows, point, arrival.receivedUs, without, json, point.slot);
    }
  }
}
