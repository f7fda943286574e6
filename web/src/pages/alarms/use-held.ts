import { type PointerEvent, useEffect, useRef, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { heldLines, type Line } from './lines.ts';

/** So long after the last key the list counts as left. */
const KEYS_MS = 8000;

/**
 * Keeps lines where they are while somebody points at the list or goes through it by keys: a row that moves under the
 * pointer is a wrong alarm acknowledged.
 * @param asked what is listed, in what order: another one is shown at once
 */
export function useHeld(lines: readonly Line[], everywhere: ReadonlyMap<string, AlarmStatus>, asked: string) {
  const [isPointed, setPointed] = useState(false);
  const [keyedAt, setKeyedAt] = useState<number>();
  const held = useRef<{ asked: string; lines: readonly Line[] }>(undefined);
  useEffect(() => {
    if (keyedAt === undefined) return;
    const timer = setTimeout(() => setKeyedAt(undefined), KEYS_MS);
    return () => clearTimeout(timer);
  }, [keyedAt]);
  const isHeld = isPointed || keyedAt !== undefined;
  if (!isHeld || held.current?.asked !== asked) held.current = { asked, lines };
  const shown = isHeld ? heldLines(held.current.lines, lines, everywhere) : { lines, fresh: [] };
  return {
    ...shown,
    /** Takes in what has come meanwhile. */
    release: () => {
      held.current = undefined;
      setKeyedAt(undefined);
      setPointed(false);
    },
    keyed: () => setKeyedAt(performance.now()),
    watch: {
      onPointerEnter: () => setPointed(true),
      onPointerMove: () => setPointed(true),
      onPointerLeave: ({ pointerType }: PointerEvent) => {
        // A finger leaves with every touch, and has pointed at nothing since.
        if (pointerType === 'mouse') setPointed(false);
        else setKeyedAt(performance.now());
        setPointed(false);
      },
    },
  };
}
