import { type Ref, useEffect, useImperativeHandle, useMemo, useRef } from 'react';
import { siteNowMs } from '../../data/clock.ts';
import { connection } from '../../data/connection.ts';
import type { Origin } from './ask.ts';
import type { Curve } from './curve.ts';
import { type Loaded, Loader } from './loader.ts';
import type { Mark } from './marks.ts';
import type { Past } from './past.ts';
import { Plot, type Pointed, type Wanted } from './plot.ts';
import { isLive, lengthOf, moved, notBeyond, type Span, spanAt, type When, zoomed } from './span.ts';
import { codeOf } from './tail.ts';
import type { Zone } from './zone.ts';

/** What is on the canvas, for who wants to keep it as a picture. */
export interface ChartHandle {
  readonly canvas: () => HTMLCanvasElement | undefined;
  readonly view: () => Span;
}

export interface ChartProps {
  /** Read once: another one is another picture. */
  readonly past: Past;
  readonly origins: readonly Origin[];
  /** One for each origin. */
  readonly curves: readonly Curve[];
  readonly when: When;
  /** Somebody moved or zoomed, and has come to rest. */
  readonly onWhen: (when: When) => void;
  readonly zone: Zone;
  readonly height: number;
  /** In words, for who does not see it. */
  readonly label: string;
  readonly marks?: readonly Mark[];
  readonly emphasis?: string | undefined;
  /** One thing of a page among others: the wheel scrolls the page, and zooms with Ctrl. */
  readonly isInPage?: boolean;
  readonly onLoaded?: (loaded: Loaded) => void;
  readonly onPoint?: (pointed: Pointed | undefined) => void;
  readonly handle?: Ref<ChartHandle>;
}

const REST_MS = 200;
/** A hand that holds the picture may wait, and a busy machine may tell of its moves late. */
const HELD_REST_MS = 800;
const FASTEST_TICK_MS = 250;
const SLOWEST_TICK_MS = 5000;
const nowS = (): number => siteNowMs() / 1000;

/**
 * Tags over time. The wheel and two fingers zoom, dragging pans, and so do the keys; while it is live it goes on by itself.
 * Lines break where nothing is known.
 */
export function Chart(props: ChartProps) {
  return <Picture key={props.zone.name} {...props} />;
}

function Picture(props: ChartProps) {
  const { past, origins, curves, when, onWhen, zone, height, label, marks, emphasis, handle } = props;
  const { isInPage = false, onLoaded, onPoint } = props;
  const place = useRef<HTMLDivElement>(null);
  const parts = useRef<Parts>(undefined);
  const told = useRef({ onWhen, onLoaded, onPoint });
  told.current = { onWhen, onLoaded, onPoint };

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what it shows follows below
  useEffect(() => {
    if (!place.current) return;
    const made = new Parts(place.current, past, { zone, height, isInPage }, when, {
      onWhen: (one) => told.current.onWhen(one),
      onLoaded: (loaded) => told.current.onLoaded?.(loaded),
      onPoint: (pointed) => told.current.onPoint?.(pointed),
    });
    parts.current = made;
    return () => made[Symbol.dispose]();
  }, []);

  useEffect(() => parts.current?.plot.show(curves, height), [curves, height]);
  useEffect(() => parts.current?.loader.show(origins), [origins]);
  useEffect(() => parts.current?.go(when), [when]);
  useEffect(() => parts.current?.plot.mark(marks ?? []), [marks]);
  useEffect(() => parts.current?.plot.emphasise(emphasis), [emphasis]);
  useAppended(past, origins, isLive(when), parts);
  useImperativeHandle(handle, () => ({
    canvas: () => parts.current?.plot.canvas,
    view: () => parts.current?.view ?? spanAt(when, nowS()),
  }));
  return (
    <div
      ref={place}
      className="chart"
      role="application"
      aria-roledescription="chart"
      aria-label={label}
      tabIndex={0}
      onKeyDown={(event) => {
        if (parts.current?.press(event.key, event.shiftKey)) event.preventDefault();
      }}
    />
  );
}

/** What is told now goes behind what the past has. */
function useAppended(
  past: Past,
  origins: readonly Origin[],
  live: boolean,
  parts: { readonly current: Parts | undefined },
): void {
  const paths = useMemo(
    () =>
      live
        ? [...new Set(origins.flatMap(({ tag, earlierS }) => (earlierS === undefined && tag ? tag : [])))]
        : [],
    [origins, live],
  );
  const values = past.useNewest(paths);
  useEffect(() => {
    for (const { key, tag, earlierS } of origins) {
      const value = tag === undefined || earlierS !== undefined ? undefined : values.get(tag);
      if (value && value.timeUs > 0)
        parts.current?.loader.append(key, value.timeUs / 1e6, value.value, codeOf(value.quality));
    }
  }, [values, origins, parts]);
}

type Kind = Pick<Wanted, 'zone' | 'height' | 'isInPage'>;

interface Told {
  readonly onWhen: (when: When) => void;
  readonly onLoaded: (loaded: Loaded) => void;
  readonly onPoint: (pointed: Pointed | undefined) => void;
}

/** The picture, what it is drawn from, and what is seen of it. Gestures move it without asking anybody. */
class Parts implements Disposable {
  readonly plot: Plot;
  readonly loader: Loader;
  readonly #told: Told;
  #when: When;
  view: Span;
  #frame: number | undefined;
  #rest: number | undefined;
  #isHeld = false;
  #tick: number | undefined;

  constructor(place: HTMLElement, past: Past, kind: Kind, when: When, told: Told) {
    this.#told = told;
    this.#when = when;
    this.view = spanAt(when, nowS());
    this.plot = new Plot(place, {
      ...kind,
      view: () => this.view,
      hands: {
        onPan: (view) => this.#pan(view),
        onZoom: (view) => this.#zoom(view),
        onHold: (isHeld) => this.#hold(isHeld),
        onChoose: (view) => this.#set(notBeyond(view, nowS())),
      },
      onPoint: told.onPoint,
    });
    this.loader = new Loader(past, (loaded) => {
      this.plot.draw(loaded.lines);
      told.onLoaded(loaded);
    });
    this.#look();
    this.#goOn();
  }

  /** What is wanted from outside; what it told itself comes back, too. */
  go(when: When): void {
    if (when === this.#when) return;
    this.#when = when;
    this.#look();
    this.#goOn();
  }

  /** @returns whether the key means something here */
  press(key: string, isFine: boolean): boolean {
    const length = lengthOf(this.view);
    const step = length * (isFine ? 0.02 : 0.2);
    const middle = this.view.from + length / 2;
    const acts: { readonly [key: string]: () => void } = {
      ArrowLeft: () => this.#pan(moved(this.view, -step)),
      ArrowRight: () => this.#pan(moved(this.view, step)),
      '+': () => this.#zoom(zoomed(this.view, middle, 0.5)),
      '-': () => this.#zoom(zoomed(this.view, middle, 2)),
      End: () => this.#set({ lastS: length }),
    };
    const act = acts[key];
    act?.();
    return act !== undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#tick);
    clearTimeout(this.#rest);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.loader[Symbol.dispose]();
    this.plot[Symbol.dispose]();
  }

  #pan(view: Span): void {
    const now = nowS();
    // Dragged at its live end, it does not leave it.
    if (isLive(this.#when) && view.to >= now) return;
    this.#set(notBeyond(view, now));
  }

  #zoom(view: Span): void {
    this.#set(isLive(this.#when) ? { lastS: lengthOf(view) } : notBeyond(view, nowS()));
  }

  /** Painted with the next frame; told once it has come to rest. */
  #set(when: When): void {
    this.#when = when;
    this.view = spanAt(when, nowS());
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#look(true);
    });
    this.#restSoon();
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (this.#rest !== undefined) this.#restSoon();
  }

  /** Whoever comes to rest wants finer values, and all that the page tells of them: none of that while he moves. */
  #restSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(
      () => {
        this.#rest = undefined;
        this.#look(false);
        this.#told.onWhen(this.#when);
        this.#goOn();
      },
      this.#isHeld ? HELD_REST_MS : REST_MS,
    );
  }

  /** @param isMoving as `Plot.look` */
  #look(isMoving?: boolean): void {
    this.view = spanAt(this.#when, nowS());
    this.plot.look(isMoving);
    this.loader.look(this.view, this.plot.pixels, isLive(this.#when), this.#isHeld);
  }

  /** A live picture moves by a pixel at a time. */
  #goOn(): void {
    clearTimeout(this.#tick);
    if (!isLive(this.#when)) return;
    const pixelMs = (this.#when.lastS * 1000) / Math.max(100, this.plot.pixels);
    this.#tick = window.setTimeout(
      () => {
        if (connection.value.state === 'up' && !document.hidden) {
          this.#look();
          this.loader.goOn();
        }
        this.#goOn();
      },
      Math.min(SLOWEST_TICK_MS, Math.max(FASTEST_TICK_MS, pixelMs)),
    );
  }
}
