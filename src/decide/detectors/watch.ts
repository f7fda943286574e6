import type { AlertView, Reading, SnapshotPart } from '#decide/api.ts';
import type { PlannedDetector } from '#decide/detectors/plan.ts';
import type { DetectorView } from '#decide/detectors/saying.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import type { LearnedFile } from '#decide/detectors/spec.ts';
import { type Signals, type TellFigure, Watcher } from '#decide/detectors/watcher.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import { isOutdated } from '#decide/parts.ts';
import { LostAlerts } from '#decide/rules/lost-alerts.ts';
import type { ConditionSink } from '#decide/sink.ts';
import { Timers } from '#decide/timers.ts';
import type { Value } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { isBad, isStandIn, Quality } from '#kernel/quality.ts';

interface Surroundings {
  readonly outcome: OutcomeBuilder;
  readonly tell: TellFigure;
  /** State of an earlier run, by id. */
  readonly kept: { readonly [id: string]: Json };
  /** The alarm of a detector that was promoted. */
  alarmOf(planned: PlannedDetector): ConditionSink | undefined;
}

/** Signals that a step looks at though its batch has fewer rows: what is due beyond that waits for the next step. */
const LEAST_LOOKED = 64;
/** Detectors change with every moment; what is kept of them is written at this pace, all of them together. */
const KEEP_EVERY_US = 60e6;
const KEPT_BYTES_PER_S = 500;

/**
 * All detectors of a site. Each looks with the first batch that is decided after its moment is due, so that a quiet site
 * stays quiet; their moments are spread over their periods by their ids, and a step looks at no more signals than its
 * batch has rows, or {@link LEAST_LOOKED}: what a step costs does not depend on how many detectors there are.
 *
 * What a restart goes on with is taken of one detector after the other, at moments that depend on nothing but the
 * journal, so that a replay finds the same.
 */
export class Watch {
  readonly #watchers: readonly Watcher[];
  readonly #byId = new Map<string, number>();
  readonly #places: Int32Array[] = [];
  /** Place of a tag in `#signals`; −1 for tags that no detector looks at. */
  readonly #placeOf: Int32Array;
  readonly #signals: Signals;
  readonly #due = new Timers();
  /** Where in its period each has its place. */
  readonly #phaseUs: Float64Array;
  readonly #keepUs: Float64Array;
  readonly #bytes: Float64Array;
  #allBytes = 0;
  #hasKept = false;
  #isScheduled = false;
  #left = 0;
  #timeUs = 0;
  readonly #changed = new Set<Watcher>();
  readonly #lost = new LostAlerts('detector');

  /** @param tags that may have rows */
  constructor(planned: readonly PlannedDetector[], tags: number, around: Surroundings) {
    const { outcome, tell, kept } = around;
    this.#placeOf = new Int32Array(planned.length > 0 ? tags : 0).fill(-1);
    let places = 0;
    this.#watchers = planned.map((one, i) => {
      this.#places.push(
        Int32Array.from(one.inputs, ({ number }) => {
          if ((this.#placeOf[number] as number) < 0) this.#placeOf[number] = places++;
          return this.#placeOf[number] as number;
        }),
      );
      this.#byId.set(one.spec.id, i);
      this.#due.add((atUs) => this.#look(i, atUs));
      const watcher = new Watcher(one, { outcome, tell, alarm: around.alarmOf(one) });
      const before = kept[one.spec.id];
      watcher.restore(objectOf(before));
      if (isOutdated(watcher, before)) this.#changed.add(watcher);
      return watcher;
    });
    this.#lost.find(kept, this.#watchers);
    this.#signals = {
      present: new Float64Array(places).fill(Number.NaN),
      texts: new Array(places),
      heard: new Uint8Array(places),
    };
    this.#phaseUs = Float64Array.from(planned, ({ spec: { id, everyMs } }) => placeIn(id) * everyMs * 1000);
    this.#keepUs = new Float64Array(planned.length);
    this.#bytes = new Float64Array(planned.length);
  }

  get any(): boolean {
    return this.#watchers.length > 0;
  }

  /** Wall clock of the present step; never less than before. */
  get timeUs(): number {
    return this.#timeUs;
  }

  /** Whether there is something in {@link takeChanged}. */
  get hasChanged(): boolean {
    return this.#changed.size > 0 || this.#lost.isChanged;
  }

  /** Whether there is something that the next step, or a tick, has to end. */
  get isDue(): boolean {
    return this.#lost.any;
  }

  /** Detectors with a condition to rest, which is told to them. */
  *resting(): Iterable<Watcher> {
    for (const watcher of this.#watchers) if (watcher.planned.restWhen) yield watcher;
  }

  /**
   * A value is the last good one of its tag; what is bad, or stands in for a value, is none.
   * @param wide the value where that is no double
   */
  row(tag: number, value: number, quality: number, wide: Value | undefined): void {
    if (tag >= this.#placeOf.length) return;
    const place = this.#placeOf[tag] as number;
    if (place < 0) return;
    const { present, texts, heard } = this.#signals;
    const isNone = isBad(quality) || isStandIn(quality);
    present[place] = isNone ? Number.NaN : value;
    if (wide !== undefined || texts[place] !== undefined)
      texts[place] = isNone || typeof wide !== 'string' ? undefined : wide;
    if (quality !== Quality.badWaitingForInitialData) heard[place] = 1;
  }

  /**
   * Behind the rows of a batch: whatever is due.
   * @param rows of the batch @param timeUs its arrival, wall clock
   */
  step(rows: number, atUs: number, timeUs: number): void {
    if (!this.#isScheduled) this.#schedule(atUs);
    this.#timeUs = Math.max(this.#timeUs, timeUs);
    this.#left = Math.max(LEAST_LOOKED, rows);
    this.#hasKept = false;
    while (this.#left > 0 && this.#due.runOne(atUs));
  }

  /** Ends alerts of detectors that the site file has no more. */
  endLost(outcome: OutcomeBuilder, atUs: number): void {
    this.#lost.end(outcome, atUs);
  }

  /** @param id of the only one that is wanted */
  views(id?: string): DetectorView[] {
    if (id === undefined) return this.#watchers.map((watcher) => watcher.view());
    const watcher = this.#watchers[this.#byId.get(id) ?? -1];
    return watcher ? [watcher.view()] : [];
  }

  /** Findings that stand, in the order of detectors. */
  alerts(): AlertView[] {
    return this.#watchers.flatMap(({ spec, standing, truth }) =>
      standing && !spec.shadow ? [{ rule: spec.id, ...standing, condition: truth ?? 'unknown' }] : [],
    );
  }

  /** Goes on with another learned file. @returns false where there is no such detector */
  learn(id: string, file: LearnedFile): boolean {
    const watcher = this.#watchers[this.#byId.get(id) ?? -1];
    if (!watcher) return false;
    watcher.learn(file);
    watcher.capture();
    this.#changed.add(watcher);
    return true;
  }

  *reads(): Iterable<Reading> {
    for (const { spec, planned } of this.#watchers) {
      const tags = planned.inputs.map(({ number }) => number);
      yield { kind: 'detector', id: spec.id, tags };
      yield { kind: 'tag', tag: planned.figure.number, tags };
      if (spec.alarm) yield { kind: 'alarm', id: spec.id, tags };
    }
  }

  snapshot(): { readonly [id: string]: Json } {
    const kept = this.#watchers.filter(({ isAsNew }) => !isAsNew);
    return this.#lost.over(Object.fromEntries(kept.map((one) => [one.spec.id, one.snapshot()])));
  }

  takeChanged(): readonly SnapshotPart[] {
    if (!this.hasChanged) return [];
    const parts = this.#lost.takeChanged(this.#changed, this.#watchers);
    this.#changed.clear();
    return parts;
  }

  ids(): readonly string[] {
    return this.#watchers.map(({ spec }) => spec.id);
  }

  /**
   * Goes on with what an earlier one knows, after its last step.
   * @param sameRest whether a detector's condition to rest is as it was
   * @returns ids of the detectors that are as if nothing had happened
   */
  adopt(
    earlier: Watch,
    atUs: number,
    fresh: ReadonlySet<number>,
    sameRest: (id: string) => boolean,
  ): string[] {
    for (let tag = 0; tag < Math.min(this.#placeOf.length, earlier.#placeOf.length); tag++) {
      const [place, before] = [this.#placeOf[tag] as number, earlier.#placeOf[tag] as number];
      if (place < 0 || before < 0 || fresh.has(tag)) continue;
      this.#signals.present[place] = earlier.#signals.present[before] as number;
      this.#signals.texts[place] = earlier.#signals.texts[before];
      this.#signals.heard[place] = earlier.#signals.heard[before] as number;
    }
    this.#timeUs = earlier.#timeUs;
    this.#isScheduled = earlier.#isScheduled;
    const goOn = this.#watchers.flatMap((watcher, i) => {
      const before = earlier.#byId.get(watcher.spec.id);
      const was = before === undefined ? undefined : earlier.#watchers[before];
      this.#changed.add(watcher);
      if (before === undefined || !was || was.spec.everyMs !== watcher.spec.everyMs) this.#setNext(i, atUs);
      else this.#due.adopt(i, earlier.#due, before);
      this.#keepUs[i] = atUs + KEEP_EVERY_US;
      if (!was) return [];
      const isSame = watcher.adopt(was, sameRest(watcher.spec.id), !fresh.has(watcher.planned.figure.number));
      if (!watcher.planned.inputs.some(({ number }) => fresh.has(number)))
        return isSame ? [watcher.spec.id] : [];
      watcher.forget();
      return [];
    });
    this.#lost.find(earlier.snapshot(), this.#watchers);
    return goOn;
  }

  #look(i: number, atUs: number): void {
    const watcher = this.#watchers[i] as Watcher;
    const places = this.#places[i] as Int32Array;
    this.#left -= places.length;
    this.#setNext(i, atUs);
    const isNews = watcher.look(this.#signals, places, atUs, this.#timeUs);
    if (isNews || (!this.#hasKept && (this.#keepUs[i] as number) <= atUs && watcher.detector))
      this.#keep(i, atUs);
  }

  #keep(i: number, atUs: number): void {
    const watcher = this.#watchers[i] as Watcher;
    const bytes = watcher.capture();
    this.#allBytes += bytes - (this.#bytes[i] as number);
    this.#bytes[i] = bytes;
    this.#keepUs[i] = atUs + Math.max(KEEP_EVERY_US, (this.#allBytes / KEPT_BYTES_PER_S) * 1e6);
    this.#changed.add(watcher);
    this.#hasKept = true;
  }

  #schedule(atUs: number): void {
    this.#isScheduled = true;
    for (const i of this.#watchers.keys()) {
      this.#setNext(i, atUs);
      this.#keepUs[i] = atUs + KEEP_EVERY_US;
    }
  }

  /** The first moment after this one, at the detector's own place in its period. */
  #setNext(i: number, atUs: number): void {
    const everyUs = (this.#watchers[i] as Watcher).spec.everyMs * 1000;
    const phase = this.#phaseUs[i] as number;
    this.#due.set(i, (Math.floor((atUs - phase) / everyUs) + 1) * everyUs + phase);
  }
}

/** Where in its period a name has its place, 0 to 1: FNV-1a, then mixed, since names that are much alike must lie apart. */
function placeIn(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
