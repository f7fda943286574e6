import { isDeepStrictEqual } from 'node:util';
import type { AlertTransition } from '#decide/api.ts';
import { certaintyOf, type Detector } from '#decide/detectors/api.ts';
import { type Opened, openDetector } from '#decide/detectors/opening.ts';
import type { PlannedDetector } from '#decide/detectors/plan.ts';
import {
  type DetectorState,
  type DetectorView,
  type FoundBy,
  foundReasons,
  textOf,
} from '#decide/detectors/saying.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import type { DetectorSpec, LearnedFile } from '#decide/detectors/spec.ts';
import type { Waits } from '#decide/detectors/waiting.ts';
import { Worst } from '#decide/detectors/worst.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import { lastedMs, type Standing, standingOf } from '#decide/rules/alert.ts';
import type { ConditionSink, Truth } from '#decide/sink.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';

/** Takes a figure. @param ratio NaN while it is not known */
export type TellFigure = (tag: number, ratio: number, quality: number) => void;

/** Tags that detectors look at, each in its place. */
export interface Signals {
  /** NaN for what is bad, stands in for a value or never came. */
  readonly present: Float64Array;
  /** Of tags that are texts. */
  readonly texts: (string | undefined)[];
  /** 1 from the first row on that says anything, if only that it is bad. */
  readonly heard: Uint8Array;
}

export interface WatcherParts {
  readonly outcome: OutcomeBuilder;
  readonly tell: TellFigure;
  /** Of a detector that was promoted: what it finds is the condition of this alarm. */
  readonly alarm: ConditionSink | undefined;
}

/** Smallest change of a figure that is worth a row; of one beyond 1 this part of it. */
const DEADBAND = 0.02;
/** A figure wavers with the noise of its signals: what is less than a stride is told at this pace. */
const STRIDE = 0.1;
const TELL_EVERY_US = 10e6;
const MOST_RATIO = 1e6;
const RENEWED = 'it begins anew after a rest';

/**
 * One detector at work: what it looks at, when it rests, and who hears of what it finds. While it rests, and while its
 * figure is not known, what it found stands as it is.
 */
export class Watcher implements ConditionSink {
  readonly planned: PlannedDetector;
  readonly #parts: WatcherParts;
  readonly #values: Float64Array;
  /** Which of its signals had ever said anything when it last looked. */
  readonly #heard: Uint8Array;
  /** Of its last signal, where that is one. */
  #text: string | undefined;
  /** It has looked since it began or was told to begin anew. */
  #hasLooked = false;
  #spec: DetectorSpec;
  #opened: Opened;
  /** Of `restWhen`; undefined: not known. */
  #restTruth: Truth;
  #restsUntilUs = Number.NEGATIVE_INFINITY;
  #rests: boolean;
  /** Its condition was true since it last looked: it is not just that nobody knows. */
  #restKnown = false;
  /** A moment went by in such a rest. */
  #rested = false;
  #standing: Standing | undefined;
  /** Of what stands. */
  #worst = new Worst();
  #alarmTruth: Truth | 'untold' = 'untold';
  #toldRatio = Number.NaN;
  #toldQuality = -1;
  #toldUs = Number.NEGATIVE_INFINITY;
  /** What a restart goes on with; undefined while there is nothing. */
  #captured: Json | undefined;

  constructor(planned: PlannedDetector, parts: WatcherParts) {
    this.planned = planned;
    this.#spec = planned.spec;
    this.#parts = parts;
    this.#values = new Float64Array(planned.inputs.length);
    this.#heard = new Uint8Array(planned.inputs.length);
    this.#opened = openDetector(planned.spec);
    this.#rests = planned.restWhen !== undefined;
  }

  get spec(): DetectorSpec {
    return this.#spec;
  }

  get detector(): Detector | undefined {
    return this.#opened.detector;
  }

  /** Whether what it finds is told as an alert. */
  get hasAlert(): boolean {
    return this.detector !== undefined && !this.spec.shadow;
  }

  /** Its condition to rest. */
  decide(truth: Truth, _why: unknown, atUs: number): void {
    if (truth === false && this.#restTruth !== false) this.#restsUntilUs = atUs + this.spec.restForMs * 1000;
    this.#restTruth = truth;
    if (truth === true) this.#restKnown = true;
  }

  /**
   * A moment.
   * @param signals all that are watched; `places` are those of its own
   * @param timeUs wall clock @returns whether something began or ended
   */
  look({ present, texts, heard }: Signals, places: Int32Array, atUs: number, timeUs: number): boolean {
    const { detector } = this;
    if (!detector) return false;
    this.#rests =
      this.planned.restWhen !== undefined && (this.#restTruth !== false || atUs < this.#restsUntilUs);
    if (this.#rests) this.#rested ||= this.#restKnown;
    else {
      if (this.#rested) this.#renew(detector, atUs);
      this.#restKnown = false;
      for (let i = 0; i < places.length; i++) {
        this.#values[i] = present[places[i] as number] as number;
        this.#heard[i] = heard[places[i] as number] as number;
      }
      this.#hasLooked = true;
      // A text is what the last of its tags has.
      this.#text = texts[places[places.length - 1] as number];
      detector.observe(this.#values, timeUs, this.#text);
    }
    const isKnown = !this.#rests && !Number.isNaN(detector.ratio);
    this.#tellFigure(isKnown, detector, atUs);
    this.#tellAlarm(isKnown ? detector.found : undefined, atUs);
    if (!isKnown) return false;
    if (detector.found) this.#worst.take(detector, this.planned.inputs);
    if (detector.found === (this.#standing !== undefined)) return false;
    if (detector.found) this.#begin(detector, atUs);
    else this.#end(detector, atUs);
    return true;
  }

  /** A rest is over. Of a detector for which it changes nothing what stands goes on standing. */
  #renew(detector: Detector, atUs: number): void {
    this.#rested = false;
    detector.renew?.();
    if (!this.#standing || detector.found) return;
    this.#tellAlarm(false, atUs);
    this.#end(detector, atUs, RENEWED);
  }

  /** Goes on with another learned file; what stands does so until it is known not to be found by that. */
  learn(file: LearnedFile): void {
    this.#spec = { ...this.#spec, file };
    this.#open();
  }

  /** Forgets what it saw: its tags mean something else now. */
  forget(): void {
    this.#open();
  }

  #open(): void {
    this.#opened = openDetector(this.#spec);
    this.#hasLooked = false;
  }

  view(): DetectorView {
    const { detector, digest, fault, waiting } = this.#opened;
    const ratio = !detector || this.#rests ? Number.NaN : detector.ratio;
    const whyRest = this.#rests ? undefined : detector?.whyRest?.();
    const isOff = this.#rests || detector?.rests === true;
    const waits = detector && !isOff && Number.isNaN(ratio) ? this.#waits(detector) : undefined;
    return {
      id: this.spec.id,
      state: waits ? 'warming-up' : this.#state(ratio),
      ...(whyRest !== undefined && { whyRest }),
      ...(waits && { waits }),
      ratio,
      certainty: certaintyOf({ ratio }),
      ...(this.#standing && { standing: this.#standing }),
      // Words are made only where somebody asks: most ask for states alone.
      reasons: () => (detector ? foundReasons(detector, this.planned.inputs) : []),
      settings: detector?.learned.settings ?? {},
      waiting,
      ...(fault !== undefined && { fault }),
      ...(this.spec.file && { digest }),
    };
  }

  #state(ratio: number): DetectorState {
    if (!this.detector) return 'not-learned';
    if (this.#rests || this.detector.rests) return 'resting';
    if (Number.isNaN(ratio)) return 'unknown';
    return this.detector.found ? 'found' : 'watching';
  }

  /** What is bad or gone is no warming up, and outweighs what never came. */
  #waits({ lacks: lack }: Detector): Waits | undefined {
    if (!this.#hasLooked) return { for: 'its first moment' };
    const all = this.#values.length - (this.#text === undefined ? 0 : 1);
    const missing = [...this.#values.subarray(0, all).keys()].filter((i) => Number.isNaN(this.#values[i]));
    if (missing.some((i) => this.#heard[i])) return undefined;
    if (missing.length === 0) return lack && { for: 'more', lack };
    return { for: 'values', tags: missing.flatMap((i) => this.planned.inputs[i]?.path ?? []) };
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  /** What it found is known to hold, or not to; undefined while that is not known. */
  get truth(): Truth {
    const { detector } = this;
    return !detector || this.#rests || Number.isNaN(detector.ratio) ? undefined : detector.found;
  }

  /** Keeps how it is now for a restart. @returns how long that is as JSON */
  capture(): number {
    const { detector, digest } = this.#opened;
    if (!detector) {
      this.#captured = undefined;
      return 0;
    }
    const alert = this.#standing && { ...this.#standing, worst: this.#worst.snapshot() };
    this.#captured = {
      digest,
      detector: detector.snapshot(),
      ...(this.#rested && { rested: true }),
      ...(alert && { [this.spec.shadow ? 'would' : 'alert']: alert }),
    };
    return JSON.stringify(this.#captured).length;
  }

  get isAsNew(): boolean {
    return this.#captured === undefined;
  }

  snapshot(): Json {
    return this.#captured ?? null;
  }

  restore(from: { readonly [key: string]: Json | undefined }): void {
    const { detector } = this;
    if (!detector) return;
    const alert = this.spec.shadow ? from.would : from.alert;
    this.#standing = standingOf(alert);
    this.#worst = Worst.of(objectOf(alert).worst);
    this.#rested = from.rested === true;
    if (from.detector !== undefined && from.digest === this.#opened.digest) detector.restore(from.detector);
    else if (this.#standing === undefined) return;
    this.capture();
  }

  /**
   * Goes on where the same detector of an earlier machine is.
   * @param rests whether its condition to rest is the same @param figure whether the tag of its figure is
   * @returns whether it is as if nothing had happened
   */
  adopt(was: Watcher, rests: boolean, figure: boolean): boolean {
    const goesOn = this.#opened.digest === was.#opened.digest && this.spec.kind === was.spec.kind;
    if (rests) {
      this.#restTruth = was.#restTruth;
      this.#restsUntilUs = was.#restsUntilUs;
      this.#rests = was.#rests;
      this.#restKnown = was.#restKnown;
      this.#rested = was.#rested;
    }
    if (figure) {
      this.#toldRatio = was.#toldRatio;
      this.#toldQuality = was.#toldQuality;
      this.#toldUs = was.#toldUs;
    }
    if (!this.detector) return false;
    if (this.spec.shadow === was.spec.shadow) {
      this.#standing = was.#standing;
      this.#worst = was.#worst;
    }
    if (goesOn && was.detector) {
      const isTuned = !isDeepStrictEqual(was.detector.learned.settings, this.detector.learned.settings);
      if (isTuned) this.detector.restore(was.detector.snapshot());
      else {
        this.#opened = { ...this.#opened, detector: was.detector };
        this.#hasLooked = was.#hasLooked;
        this.#values.set(was.#values);
        this.#heard.set(was.#heard);
      }
    }
    this.capture();
    if (!goesOn) return false;
    this.#alarmTruth = was.#alarmTruth;
    return true;
  }

  #tellFigure(isKnown: boolean, detector: Detector, atUs: number): void {
    const ratio = isKnown ? Math.min(detector.ratio, MOST_RATIO) : Number.NaN;
    const rests = this.#rests || detector.rests;
    const quality = isKnown ? Quality.good : rests ? Quality.badOutOfService : Quality.bad;
    const moved = Math.abs(ratio - this.#toldRatio) / Math.max(1, this.#toldRatio);
    const isNews = moved >= STRIDE || (moved >= DEADBAND && atUs - this.#toldUs >= TELL_EVERY_US);
    if (quality === this.#toldQuality && !isNews && ratio > 1 === this.#toldRatio > 1) return;
    this.#toldRatio = ratio;
    this.#toldQuality = quality;
    this.#toldUs = atUs;
    this.#parts.tell(this.planned.figure.number, ratio, quality);
  }

  #tellAlarm(truth: Truth, atUs: number): void {
    const { alarm } = this.#parts;
    if (!alarm || truth === this.#alarmTruth) return;
    this.#alarmTruth = truth;
    alarm.decide(truth, truth === undefined ? 'bad' : undefined, atUs);
  }

  #begin(detector: Detector, atUs: number): void {
    const found = { certainty: certaintyOf(detector), reasons: foundReasons(detector, this.planned.inputs) };
    this.#standing = { text: textOf(found.reasons), sinceUs: atUs };
    this.#parts.outcome.alert(this.#transition('began', this.#standing, found, atUs));
  }

  #end(detector: Detector, atUs: number, said?: string): void {
    const ended = this.#standing as Standing;
    const { certainty, reasons } = this.#worst;
    const atEnd = {
      certainty: certaintyOf(detector),
      text: said ?? textOf(foundReasons(detector, this.planned.inputs)),
    };
    this.#standing = undefined;
    this.#worst = new Worst();
    this.#parts.outcome.alert(this.#transition('ended', ended, { certainty, reasons, atEnd }, atUs));
  }

  #transition(
    to: AlertTransition['to'],
    { text, sinceUs }: Standing,
    found: Omit<FoundBy, 'detector' | 'shadow'>,
    atUs: number,
  ): AlertTransition {
    const { id, kind, shadow } = this.spec;
    return {
      rule: id,
      to,
      cause: 'condition',
      text,
      lastedMs: lastedMs(sinceUs, atUs),
      inputs: [],
      found: { detector: kind, ...found, ...(shadow && { shadow }) },
    };
  }
}
