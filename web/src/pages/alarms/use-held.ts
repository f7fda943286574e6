import { type PointerEvent, useEffect, useRef, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { heldLines, type Line } from './lines.ts';

/** So long after the last key, or the last movement of the pointer, the list counts as left: a mouse that was put down hides nothing. */
const KEYS_MS = 8000;
const POINTER_MS = 20_000;

/**
 * Keeps lines where they are while somebody points at the list or goes through it by keys: a row that moves under the
 * pointer is a wrong alarm acknowledged.
 * @param asked what is listed, in what order: another one is shown at once
 */
export function useHeld(lines: readonly Line[], everywhere: ReadonlyMap<string, AlarmStatus>, asked: string) {
  const [isHeld, setHeld] = useState(false);
  const timer = useRef<number>(undefined);
  const held = useRef<{ asked: string; lines: readonly Line[] }>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const release = () => {
    clearTimeout(timer.current);
    held.current = undefined;
    setHeld(false);
  };
  const holdFor = (ms: number) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(release, ms);
    setHeld(true);
  };
  if (!isHeld || held.current?.asked !== asked) held.current = { asked, lines };
  const shown = isHeld ? heldLines(held.current.lines, lines, everywhere) : { lines, fresh: [] };
  return {
    ...shown,
    /** Takes in what has come meanwhile. */
    release,
    keyed: () => holdFor(KEYS_MS),
    watch: {
      onPointerEnter: () => holdFor(POINTER_MS),
      onPointerMove: () => holdFor(POINTER_MS),
      // A finger leaves with every touch, and is about to touch again.
      onPointerLeave: ({ pointerType }: PointerEvent) =>
        pointerType === 'mouse' ? release() : holdFor(KEYS_MS),
    },
  };
}
