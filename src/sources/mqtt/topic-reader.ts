import { parsePath } from '#codec/json/path.ts';
import { JsonPaths, Kind } from '#codec/json/paths.ts';
import type { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';
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
  readonly #plain: readonly Target[];
  readonly #points: readonly JsonPoint[];
  readonly #json: JsonPaths;
  readonly #plainReader = new PlainReader();
  readonly #onMissing: (tag: number) => void;

  /** @param onMissing told once of a tag whose path leads nowhere in the first document that comes */
  constructor(readings: readonly Reading[], onMissing: (tag: number) => void) {
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
  }

  /** @param retained the broker kept it from before: the last known value, not a fresh one */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    retained: boolean,
    receivedUs: number,
    rows: BatchBuilder,
  ): void {
    const quality = retained ? Quality.uncertainLastUsable : Quality.good;
    for (const to of this.#plain) this.#plainReader.add(rows, to, receivedUs, quality, bytes, start, end);
    if (this.#points.length === 0) return;
    if (!this.#json.read(bytes, start, end)) {
      for (const to of this.#points) rows.add(to.tag, receivedUs, Number.NaN, Quality.badDecoding);
      return;
    }
    for (const point of this.#points) this.#addPoint(point, quality, receivedUs, rows);
  }

  #addPoint(point: JsonPoint, quality: number, receivedUs: number, rows: BatchBuilder): void {
    const json = this.#json;
    if (json.kind[point.slot] === Kind.absent) {
      // Devices send what changed: a document without the value is no sample, not a bad one.
      if (!point.seen && !point.told) this.#onMissing(point.tag);
      point.told = true;
      return;
    }
    point.seen = true;
    if (point.timeSlot < 0) {
      addJson(rows, point, receivedUs, quality, json, point.slot);
      return;
    }
    const timeUs = timeAt(json, point.timeSlot, point.timeUnit);
    if (Number.isNaN(timeUs)) addJson(rows, point, receivedUs, Quality.uncertain, json, point.slot);
    else addJson(rows, point, timeUs, Quality.good, json, point.slot);
  }
}
