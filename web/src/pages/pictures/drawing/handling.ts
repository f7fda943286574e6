import { type Box, moved, zoomed } from './box.ts';
import type { Drawing } from './drawing.ts';
import type { Marks } from './marks.ts';

const STEP = 1.25;
/** Moved by less, in pixels: a press and no drag. */
const STILL = 5;
/** Text of a drawing below this share of its size cannot be read: a narrow window shows a part of it then. */
const LEAST_SCALE = 0.55;

interface Options {
  readonly pointsAtAll: boolean;
  /** What was looked at before the drawing was made anew. */
  readonly view: Box | undefined;
  readonly onChoose: (id: string) => void;
  readonly onPoint: (id: string | undefined) => void;
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Pointer, fingers, wheel and keys over a drawing: what part of it is shown, and what is pointed at. */
export class Handling implements Disposable {
  readonly #host: HTMLElement;
  readonly #drawing: Drawing;
  readonly #marks: Marks;
  readonly #options: Options;
  readonly #end = new AbortController();
  readonly #sizes: ResizeObserver;
  readonly #fingers = new Map<number, Spot>();
  #view: Box | undefined;
  #whole: Box;
  #isDragged = false;
  #start: Spot = { x: 0, y: 0 };
  /** Text of the drawing, to know whether another one is shown. */
  drawingOf = '';

  constructor(host: HTMLElement, drawing: Drawing, marks: Marks, options: Options) {
    this.#host = host;
    this.#drawing = drawing;
    this.#marks = marks;
    this.#options = options;
    this.#view = options.view;
    this.#whole = drawing.fit();
    const { signal } = this.#end;
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      act: (event: HTMLElementEventMap[Name]) => void,
    ) => host.addEventListener(name, act, { signal, passive: false });
    on('wheel', (event) => this.#wheel(event));
    on('pointerdown', (event) => this.#down(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#up(event));
    on('pointercancel', (event) => void this.#fingers.delete(event.pointerId));
    on('pointerleave', () => this.#options.onPoint(undefined));
    on('keydown', (event) => this.#key(event));
    this.#sizes = new ResizeObserver(() => this.#resized());
    this.#sizes.observe(host);
  }

  /** The part that somebody chose to look at; undefined where all of it is shown. */
  get view(): Box | undefined {
    return this.#view;
  }

  zoom(factor: number): void {
    const { x, y, width, height } = this.#shown;
    this.#set(zoomed(this.#shown, this.#whole, factor, { x: x + width / 2, y: y + height / 2 }));
  }

  fit(): void {
    this.#view = undefined;
    this.#whole = this.#drawing.fit();
    this.#look(this.#whole);
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    this.#sizes.disconnect();
  }

  get #shown(): Box {
    return this.#view ?? this.#whole;
  }

  #resized(): void {
    this.#whole = this.#drawing.fit();
    const { whole } = this.#drawing;
    const { width, height } = this.#host.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    if (!this.#view && width / this.#whole.width < LEAST_SCALE) {
      // As high as the window, from its left end on: the flow is read from there.
      const [high, shape] = [whole.height, width / height];
      this.#view = { x: whole.x, y: whole.y, width: high * shape, height: high };
    }
    this.#look(this.#shown);
  }

  #set(view: Box): void {
    this.#view = view.width < this.#whole.width * 0.999 ? view : undefined;
    this.#look(this.#shown);
  }

  #look(view: Box): void {
    this.#drawing.look(view);
    this.#marks.look(view);
  }

  #wheel(event: WheelEvent): void {
    // With the page under it a wheel scrolls; Ctrl, and a pinch of a touchpad, enlarge as everywhere.
    if (!event.ctrlKey && !document.fullscreenElement && !this.#view) return;
    event.preventDefault();
    const at = this.#drawing.pointAt(event.clientX, event.clientY);
    this.#set(zoomed(this.#shown, this.#whole, event.deltaY < 0 ? STEP : 1 / STEP, at));
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#fingers.size > 1) return;
    this.#isDragged = false;
    this.#start = { x: event.clientX, y: event.clientY };
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (!before) {
      const id = this.#at(event);
      this.#host.classList.toggle('points', id !== undefined);
      this.#options.onPoint(id);
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    const [other] = [...this.#fingers].filter(([id]) => id !== event.pointerId);
    this.#fingers.set(event.pointerId, now);
    if (Math.hypot(now.x - this.#start.x, now.y - this.#start.y) > STILL) this.#isDragged = true;
    if (!this.#isDragged) return;
    this.#host.setPointerCapture(event.pointerId);
    if (other) this.#pinch(before, now, other[1]);
    else this.#drag(before, now);
  }

  #drag(before: Spot, now: Spot): void {
    const from = this.#drawing.pointAt(before.x, before.y);
    const to = this.#drawing.pointAt(now.x, now.y);
    this.#set(moved(this.#shown, this.#whole, from.x - to.x, from.y - to.y));
  }

  #pinch(before: Spot, now: Spot, other: Spot): void {
    const length = (a: Spot) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    const middle = this.#drawing.pointAt((now.x + other.x) / 2, (now.y + other.y) / 2);
    this.#set(zoomed(this.#shown, this.#whole, length(now) / length(before), middle));
  }

  #up(event: PointerEvent): void {
    if (!this.#fingers.delete(event.pointerId) || this.#isDragged) return;
    const id = this.#at(event);
    if (id !== undefined) this.#options.onChoose(id);
  }

  /** What is under the pointer: the innermost element with an id, or else the smallest bound one around it. */
  #at(event: PointerEvent): string | undefined {
    const [first] = event.composedPath();
    let element = first instanceof Element ? first : null;
    for (; element && element !== this.#drawing.svg; element = element.parentElement) {
      const isMeant = this.#options.pointsAtAll
        ? this.#drawing.elements.has(element.id)
        : this.#marks.has(element.id);
      if (isMeant) return element.id;
    }
    return this.#marks.at(this.#drawing.pointAt(event.clientX, event.clientY));
  }

  #key(event: KeyboardEvent): void {
    const { x, y, width, height } = this.#shown;
    const middle = { x: x + width / 2, y: y + height / 2 };
    const keys: { readonly [key: string]: () => void } = {
      '+': () => this.#set(zoomed(this.#shown, this.#whole, STEP, middle)),
      '-': () => this.#set(zoomed(this.#shown, this.#whole, 1 / STEP, middle)),
      '0': () => this.fit(),
      ArrowLeft: () => this.#set(moved(this.#shown, this.#whole, -width / 8, 0)),
      ArrowRight: () => this.#set(moved(this.#shown, this.#whole, width / 8, 0)),
      ArrowUp: () => this.#set(moved(this.#shown, this.#whole, 0, -height / 8)),
      ArrowDown: () => this.#set(moved(this.#shown, this.#whole, 0, height / 8)),
    };
    const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
