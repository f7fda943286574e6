import type { Json } from '#contract/client.ts';
import { siteNowMs } from '../../data/clock.ts';
import { connection } from '../../data/connection.ts';
import type { Origin } from './ask.ts';
import { composed, isFineEnough, withPiece } from './compose.ts';
import type { Past } from './past.ts';
import type { Line, Piece } from './piece.ts';
import { includes, lengthOf, type Span } from './span.ts';
import { Tail } from './tail.ts';

/** How much more than what is seen is asked for on either side, so that panning finds it there. */
const MARGIN = 0.5;
/** Gestures go on: only what they come to is asked for. */
const PATIENCE_MS = 80;
/** While somebody holds the picture; what lies beyond all that is there is asked for in such a pause. */
const HELD_PATIENCE_MS = 300;
/** The newest samples may not have reached the past yet. */
const UNSETTLED_S = 3;
/** While it is live, the past replaces what the stream told: that leaves out what came too fast. */
const RENEW_MS = 10_000;
/** An answer about so much more than what is seen by now is not waited for. */
const MOST_COARSE = 4;
/** What was refused may be granted later. */
const RETRY_MS = 10_000;
const RENEW_MS_PER_S = 2;
/** At the live end a calculation, which no stream tells of, may be so much behind; as a share of what is seen. */
const BEHIND = 0.01;

export interface Loaded {
  readonly lines: ReadonlyMap<string, Line>;
  readonly isAsking: boolean;
  readonly error: Error | undefined;
}

export const NOTHING_LOADED: Loaded = { lines: new Map(), isAsking: false, error: undefined };

/**
 * Keeps what the site answered about some lines, asks for what a picture lacks, and gives up questions that nobody needs
 * any more. What is there is shown at once, and refined.
 */
export class Loader implements Disposable {
  readonly #past: Pick<Past, 'ask'>;
  readonly #tell: (loaded: Loaded) => void;
  readonly #pieces = new Map<string, readonly Piece[]>();
  readonly #tails = new Map<string, Tail>();
  readonly #failed = new Map<string, { readonly error: Error; readonly atMs: number }>();
  #origins: readonly Origin[] = [];
  #view: Span | undefined;
  #pixels = 1000;
  #isLive = false;
  #asked:
    | {
        readonly span: Span;
        readonly reachesNow: boolean;
        readonly keys: ReadonlySet<string>;
        readonly stop: AbortController;
      }
    | undefined;
  #timer: number | undefined;
  #renewedAt = performance.now();
  #lines = new Map<string, Line>();
  readonly #unwatch: () => void;

  constructor(past: Pick<Past, 'ask'>, tell: (loaded: Loaded) => void) {
    this.#past = past;
    this.#tell = tell;
    this.#unwatch = connection.watch(() => {
      // What came meanwhile was told to nobody.
      if (connection.value.state === 'up') this.renew();
      else this.#tails.clear();
    });
  }

  /** Which lines are wanted; those that were there already stay as they are. */
  show(origins: readonly Origin[]): void {
    this.#origins = origins;
    const keys = new Set(origins.map(({ key }) => key));
    for (const known of [this.#pieces, this.#tails, this.#failed, this.#lines])
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    this.#told();
    this.#check(0);
  }

  /** What is seen now. @param pixels width of the picture @param isHeld it is on its way, however long it waits */
  look(view: Span, pixels: number, isLive: boolean, isHeld = false): void {
    this.#view = view;
    this.#pixels = Math.max(pixels, 100);
    this.#isLive = isLive;
    if (!isLive) this.#failed.clear();
    const isOld = performance.now() - this.#renewedAt > Math.max(RENEW_MS, lengthOf(view) * RENEW_MS_PER_S);
    if (isLive && isOld) this.renew();
    else this.#check(isHeld ? HELD_PATIENCE_MS : PATIENCE_MS);
  }

  /** A value that the stream told. */
  append(key: string, time: number, value: Json, quality: number): void {
    const tail = this.#tails.get(key) ?? new Tail();
    this.#tails.set(key, tail);
    tail.add(time, value, quality);
  }

  /** What was known last holds until now: the stream tells of changes alone. */
  goOn(): void {
    for (const key of this.#tails.keys()) this.#compose(key);
    this.#told();
  }

  /** Asks anew for what is seen, whatever is there. */
  renew(): void {
    this.#renewedAt = performance.now();
    this.#failed.clear();
    this.#ask(this.#origins);
  }

  [Symbol.dispose](): void {
    this.#unwatch();
    clearTimeout(this.#timer);
    this.#asked?.stop.abort();
  }

  #check(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#lacking().length === 0) return;
    this.#timer = window.setTimeout(() => {
      const lacking = this.#lacking();
      if (lacking.length > 0) this.#ask(lacking);
    }, waitMs);
  }

  /** Lines that do not show what is seen as finely as they could, and are not being asked for. */
  #lacking(): readonly Origin[] {
    const seenNow = this.#view;
    if (!seenNow) return [];
    const behindS = this.#isLive ? Math.max(UNSETTLED_S, lengthOf(seenNow) * BEHIND) : 0;
    const settled = siteNowMs() / 1000 - UNSETTLED_S - behindS;
    const view = { from: seenNow.from, to: Math.min(seenNow.to, settled) };
    if (view.to <= view.from) return [];
    const lacking = this.#origins.filter(({ key, earlierS = 0 }) => {
      if (performance.now() - (this.#failed.get(key)?.atMs ?? Number.NEGATIVE_INFINITY) < RETRY_MS)
        return false;
      const seen = earlierS > 0 ? seenNow : view;
      const tail = this.#isLive ? this.#tails.get(key)?.piece() : undefined;
      const pieces = this.#pieces.get(key) ?? [];
      return !isFineEnough(tail ? [...pieces, { ...tail, stepS: 0 }] : pieces, seen, this.#pixels);
    });
    return this.#isComing(view, lacking) ? [] : lacking;
  }

  /** What reaches to now is waited for, however long it takes: a live picture would never get an answer otherwise. */
  #isComing(view: Span, origins: readonly Origin[]): boolean {
    const { span, reachesNow, keys } = this.#asked ?? {};
    if (!span || !keys) return false;
    return (
      includes(reachesNow ? { ...span, to: Number.POSITIVE_INFINITY } : span, view) &&
      lengthOf(span) < MOST_COARSE * lengthOf(view) &&
      origins.every(({ key }) => keys.has(key))
    );
  }

  #ask(origins: readonly Origin[]): void {
    const view = this.#view;
    if (origins.length === 0 || !view) return;
    this.#asked?.stop.abort();
    const stop = new AbortController();
    const length = lengthOf(view);
    const nowS = siteNowMs() / 1000;
    const span = {
      from: Math.max(0, view.from - MARGIN * length),
      to: Math.max(view.from + length / 2, Math.min(nowS, view.to + MARGIN * length)),
    };
    const points = (this.#pixels * lengthOf(span)) / length;
    const asked = { span, reachesNow: span.to === nowS, keys: new Set(origins.map(({ key }) => key)), stop };
    this.#asked = asked;
    this.#told();
    const give = (key: string, piece: Piece) => {
      if (stop.signal.aborted) return;
      // What is asked of the last seconds is shown, but asked for once more.
      const to = Math.max(piece.from, Math.min(piece.to, nowS - UNSETTLED_S));
      this.#pieces.set(key, withPiece(this.#pieces.get(key) ?? [], piece.to > to ? { ...piece, to } : piece));
      this.#tails.get(key)?.dropBefore(to);
      this.#compose(key);
      this.#told();
    };
    void this.#run(origins, asked.span, points, stop.signal, give).finally(() => {
      if (this.#asked !== asked) return;
      this.#asked = undefined;
      this.#told();
      this.#check(PATIENCE_MS);
    });
  }

  /** Each by itself: a calculation that is refused takes no other line with it. */
  async #run(
    origins: readonly Origin[],
    span: Span,
    points: number,
    signal: AbortSignal,
    give: (key: string, piece: Piece) => void,
  ): Promise<void> {
    const tags = origins.filter(({ tag }) => tag !== undefined);
    const groups = [tags, ...origins.filter(({ calc }) => calc !== undefined).map((one) => [one])];
    await Promise.all(
      groups.map(async (group) => {
        try {
          await this.#past.ask(group, span, points, signal, give);
          for (const { key } of group) this.#failed.delete(key);
        } catch (error) {
          if (!signal.aborted)
            for (const { key } of group)
              this.#failed.set(key, { error: error as Error, atMs: performance.now() });
        }
      }),
    );
  }

  #compose(key: string): void {
    const tail = this.#isLive ? this.#tails.get(key)?.piece() : undefined;
    const pieces = this.#pieces.get(key) ?? [];
    this.#lines.set(key, composed(tail ? [...pieces, tail] : pieces));
  }

  #told(): void {
    const [failed] = this.#failed.values();
    this.#tell({ lines: new Map(this.#lines), isAsking: this.#asked !== undefined, error: failed?.error });
  }
}
