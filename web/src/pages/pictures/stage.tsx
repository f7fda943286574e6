import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { useNow } from './asked.ts';
import { Drawing } from './drawing/drawing.ts';
import { Handling } from './drawing/handling.ts';
import { Marks } from './drawing/marks.ts';
import { drawingSheet } from './drawing/sheet.ts';
import type { Bindings } from './drawing/shown.ts';

/** What else may be done to a drawing that is shown. */
export interface StageHandle {
  zoom(factor: number): void;
  fit(): void;
  /** Moves the keyboard to an element. */
  focus(id: string): void;
}

interface Props {
  readonly svg: string;
  readonly bindings: Bindings;
  readonly label: string;
  readonly handle?: RefObject<StageHandle | null>;
  /** Absent: to look at only. */
  readonly onChoose?: ((id: string) => void) | undefined;
  /** Pointing means any element that has an id, bound or not. */
  readonly pointsAtAll?: boolean;
  readonly chosen?: string | undefined;
  readonly pointed?: string | undefined;
  readonly onPoint?: (id: string | undefined) => void;
}

interface Shown {
  readonly drawing: Drawing;
  readonly marks: Marks;
  readonly handling: Handling | undefined;
}

/** A drawing in a shadow root, with what its elements show now. */
export function Stage({ svg, bindings, label, handle, chosen, pointed, ...rest }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<Shown>();
  const [error, setError] = useState<Error>();
  const given = useRef(rest);
  const now = useNow(bindings);
  const newest = useRef(now);
  const kept = useRef<Handling>(undefined);
  useEffect(() => {
    given.current = rest;
    newest.current = now;
  });
  const isLive = rest.onChoose !== undefined;
  const { pointsAtAll = false } = rest;
  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [drawingSheet()];
    let drawing: Drawing;
    try {
      drawing = new Drawing(svg, bindings);
    } catch (failure) {
      setError(failure as Error);
      return;
    }
    setError(undefined);
    const choose = (id: string) => given.current.onChoose?.(id);
    const ids = inOrder(drawing, bindings);
    const marks = new Marks(drawing, ids, label, isLive ? choose : undefined);
    root.replaceChildren(drawing.svg, marks.svg);
    drawing.begin();
    drawing.show(newest.current.shown);
    marks.show(newest.current.marks);
    marks.outline(pointsAtAll);
    const handling = isLive
      ? new Handling(place, drawing, marks, {
          pointsAtAll,
          view: kept.current?.drawingOf === svg ? kept.current.view : undefined,
          onChoose: choose,
          onPoint: (id) => given.current.onPoint?.(id),
        })
      : undefined;
    if (handling) {
      handling.drawingOf = svg;
      kept.current = handling;
    }
    setMade({ drawing, marks, handling });
    return () => handling?.[Symbol.dispose]();
  }, [svg, bindings, label, isLive, pointsAtAll]);
  useEffect(() => {
    made?.drawing.show(now.shown);
    made?.marks.show(now.marks);
  }, [made, now]);
  useEffect(() => made?.marks.choose(chosen), [made, chosen]);
  useEffect(() => made?.marks.point(pointed), [made, pointed]);
  useImperativeHandle(
    handle,
    () => ({
      zoom: (factor) => made?.handling?.zoom(factor),
      fit: () => made?.handling?.fit(),
      focus: (id) => made?.marks.focus(id),
    }),
    [made],
  );
  return (
    <>
      <div ref={host} className="picture-drawing" />
      {error && (
        <p role="alert" className="refusal">
          {error.message}
        </p>
      )}
    </>
  );
}

/** As one reads: the keyboard goes through elements in the order in which they are drawn. */
function inOrder(drawing: Drawing, bindings: Bindings): readonly string[] {
  return [...drawing.elements.keys()].filter((id) => Object.hasOwn(bindings, id));
}
