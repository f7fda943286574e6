import { lengthOf, moved, type Span, zoomed } from './span.ts';

export interface Hands {
  readonly view: () => Span;
  /** The wheel scrolls the page around it, and zooms with Ctrl. */
  readonly isInPage: boolean;
  readonly onPan: (view: Span) => void;
  readonly onZoom: (view: Span) => void;
  /** Somebody holds it, with a finger or a button, and has not come to rest however long he waits. */
  readonly onHold: (isHeld: boolean) => void;
  /** Somebody chose a stretch of what he sees. */
  readonly onChoose: (view: Span) => void;
  /** Somebody points at a place, in pixels from the left; undefined where he left. */
  readonly onPoint: (x: number | undefined) => void;
  /** A stretch is being chosen; undefined at its end. */
  readonly onSelect: (range: readonly [number, number] | undefined) => void;
}

const WHEEL_POWER = 0.0015;
const LEAST_SELECT = 5;
const LINE_PIXELS = 16;

/**
 * Wheel and two fingers zoom, one finger or the mouse pan; with Shift the mouse chooses a stretch to zoom to. Up and down
 * of one finger stays with the page.
 */
export function listen(place: HTMLElement, hands: Hands, signal: AbortSignal): void {
  const fingers = new Map<number, number>();
  let selectFrom: number | undefined;
  let box = place.getBoundingClientRect();
  /** Where it lies is asked when a gesture begins: to ask with each move has the browser lay out the page each time. */
  const look = () => {
    box = place.getBoundingClientRect();
  };
  const xOf = (event: MouseEvent) => event.clientX - box.left;
  const timeAt = (x: number) => {
    const view = hands.view();
    return view.from + (x / box.width) * lengthOf(view);
  };

  const wheel = (event: WheelEvent) => {
    if (hands.isInPage && !event.ctrlKey) return;
    event.preventDefault();
    look();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    const view = hands.view();
    const aside = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (Math.abs(aside) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      hands.onPan(moved(view, (aside * unit * lengthOf(view)) / box.width));
      return;
    }
    const power = event.ctrlKey ? 8 * WHEEL_POWER : WHEEL_POWER; // a trackpad's pinch comes in small steps
    hands.onZoom(zoomed(view, timeAt(xOf(event)), Math.exp(event.deltaY * unit * power)));
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    look();
    const x = xOf(event);
    if (event.pointerType === 'mouse' && event.shiftKey) selectFrom = x;
    fingers.set(event.pointerId, x);
    hands.onHold(true);
    try {
      place.setPointerCapture(event.pointerId);
    } catch {
      // It was lifted already.
    }
  };

  const move = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) look();
    const x = xOf(event);
    if (before === undefined) {
      hands.onPoint(x);
      return;
    }
    // Whoever drags looks at the lines: what they are at a time is told again afterwards.
    hands.onPoint(undefined);
    if (selectFrom !== undefined) {
      hands.onSelect([Math.min(selectFrom, x), Math.max(selectFrom, x)]);
      return;
    }
    fingers.set(event.pointerId, x);
    const view = hands.view();
    const others = [...fingers].filter(([id]) => id !== event.pointerId);
    const [other] = others;
    if (!other) {
      hands.onPan(moved(view, ((before - x) * lengthOf(view)) / box.width));
      return;
    }
    const [, still] = other;
    const apart = Math.max(1, Math.abs(x - still));
    hands.onZoom(zoomed(view, timeAt(still), Math.abs(before - still) / apart || 1));
  };

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    hands.onHold(fingers.size > 0);
    if (selectFrom === undefined) return;
    const [left, right] = [Math.min(selectFrom, xOf(event)), Math.max(selectFrom, xOf(event))];
    selectFrom = undefined;
    hands.onSelect(undefined);
    if (event.type === 'pointerup' && right - left >= LEAST_SELECT)
      hands.onChoose({ from: timeAt(left), to: timeAt(right) });
  };

  place.addEventListener('wheel', wheel, { passive: false, signal });
  place.addEventListener('pointerdown', down, { signal });
  place.addEventListener('pointermove', move, { signal });
  place.addEventListener('pointerup', up, { signal });
  place.addEventListener('pointercancel', up, { signal });
  place.addEventListener('pointerleave', () => hands.onPoint(undefined), { signal });
}
