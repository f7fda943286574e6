import type { Expression } from '#decide/expressions/expression.ts';
import { Present } from '#decide/present.ts';
import { type SampleFunction, SampleWindow } from '#decide/windows/sample-window.ts';
import { StateWindow } from '#decide/windows/state-window.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import { at } from '#kernel/batch.ts';
import { isBad } from '#kernel/quality.ts';

/** A window and the tags behind it. A state window also has the condition that it watches. */
export type WindowEntry =
  | (Defined & { readonly kind: 'sample'; readonly window: SampleWindow; readonly tag: number })
  | (Defined & { readonly kind: 'state'; readonly window: StateWindow; readonly condition: Expression });
interface Defined {
  /** What it looks at, for how long: the same for the same window of another compilation. */
  readonly definition: string;
}

/** Shortest time between two looks at a window that moves by time alone. */
const REFRESH_MIN_US = 100_000;

/** What expressions read: present values and windows. Asked for while compiling; each is kept once for all. */
export class Inputs {
  readonly present = new Present();
  readonly windows: WindowEntry[] = [];
  readonly #byDefinition = new Map<string, number>();
  /** Sample windows by tag number. */
  readonly #samplesOf = new Map<number, SampleWindow[]>();

  /** Place of the window of this tag and length, which serves all functions on it. */
  sampleWindow(tag: number, lengthUs: number): number {
    return this.#once(`${tag} ${lengthUs}`, (definition) => {
      const window = new SampleWindow(lengthUs);
      this.#samplesOf.set(tag, [...(this.#samplesOf.get(tag) ?? []), window]);
      this.present.want(tag);
      return { kind: 'sample', definition, window, tag };
    });
  }

  stateWindow(condition: Expression, lengthUs: number): number {
    return this.#once(`${condition.key} ${lengthUs}`, (definition) => ({
      kind: 'state',
      definition,
      window: new StateWindow(lengthUs),
      condition,
    }));
  }

  /** Takes a row of a wanted tag. @param atUs steady time of the row */
  take(place: number, batch: Batch, row: number, atUs: number): void {
    this.present.take(place, batch, row);
    this.#intoWindows(at(batch.tag, row), at(batch.value, row), at(batch.quality, row), atUs);
  }

  /** Takes a value that was derived. @param atUs steady time of the row */
  put(
    tag: number,
    place: number,
    timeUs: number,
    row: { readonly value: number; readonly wide: Value | undefined; readonly quality: number },
    atUs: number,
  ): void {
    this.#intoWindows(tag, row.value, row.quality, atUs);
    this.present.put(place, timeUs, row);
  }

  #intoWindows(tag: number, value: number, quality: number, atUs: number): void {
    const windows = this.#samplesOf.get(tag);
    if (windows === undefined) return;
    for (const window of windows) window.add(atUs, value, isBad(quality));
  }

  /** NaN when unknown. */
  windowValue(place: number, fn: SampleFunction | 'time_in_state', nowUs: number): number {
    const entry = this.windows[place] as WindowEntry;
    if (entry.kind === 'state') return entry.window.value(nowUs);
    return entry.window.value(fn as SampleFunction, nowUs);
  }

  /** Looks at the condition of a state window. */
  updateState(place: number, nowUs: number): void {
    const entry = this.windows[place] as WindowEntry;
    if (entry.kind !== 'state') return;
    const state = entry.condition.evaluate(this, nowUs);
    entry.window.update(nowUs, typeof state === 'boolean' ? state : undefined);
  }

  /**
   * When to look at a window again though no row came; Infinity when time alone changes nothing. Looks lie at least
   * 1/64 of the window's length and 100 ms apart.
   */
  nextLookUs(place: number, nowUs: number): number {
    const entry = this.windows[place] as WindowEntry;
    const soonestUs = nowUs + Math.max(REFRESH_MIN_US, Math.ceil(entry.window.lengthUs / 64));
    if (entry.kind === 'sample') return Math.max(soonestUs, entry.window.nextChangeUs());
    entry.window.pass(nowUs);
    return entry.window.moving ? soonestUs : Number.POSITIVE_INFINITY;
  }

  /** Numbers of the tags that a window rests on. */
  tagsOf(place: number): readonly number[] {
    const entry = this.windows[place] as WindowEntry;
    return entry.kind === 'sample' ? [entry.tag] : entry.condition.tags;
  }

  definition(place: number): string {
    return (this.windows[place] as WindowEntry).definition;
  }

  /**
   * Takes over the present values that an earlier one keeps up to date, and the content of windows that are the same;
   * the windows there are of no use afterwards.
   * @param keeps whether the earlier one's value of the tag is its newest, and means the same here
   * @param fresh tags that begin anew: so do windows that rest on them
   * @returns places of the windows taken over, here and there
   */
  adopt(
    earlier: Inputs,
    keeps: (tag: number) => boolean,
    fresh: ReadonlySet<number>,
  ): readonly (readonly [place: number, before: number])[] {
    this.present.adopt(earlier.present, keeps);
    const same: [number, number][] = [];
    for (const [place, entry] of this.windows.entries()) {
      const before = earlier.#byDefinition.get(entry.definition);
      if (before === undefined || this.tagsOf(place).some((tag) => fresh.has(tag))) continue;
      const from = earlier.windows[before] as WindowEntry;
      if (entry.kind === 'sample' && from.kind === 'sample') entry.window.adopt(from.window);
      else if (entry.kind === 'state' && from.kind === 'state') entry.window.adopt(from.window);
      else continue;
      same.push([place, before]);
    }
    return same;
  }

  #once(definition: string, make: (definition: string) => WindowEntry): number {
    const known = this.#byDefinition.get(definition);
    if (known !== undefined) return known;
    this.windows.push(make(definition));
    this.#byDefinition.set(definition, this.windows.length - 1);
    return this.windows.length - 1;
  }
}
