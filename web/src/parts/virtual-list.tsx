import { type ReactNode, useEffect, useRef, useState } from 'react';

/** Rows above and below those in sight, so that scrolling meets no blank. */
const AROUND = 6;

/**
 * A table of which only the rows in sight are there: a hundred thousand cost what thirty cost.
 * @param rowHeight in pixels, the same for every row
 * @param onEnd the last rows come into sight
 */
export function VirtualList<T>({
  items,
  rowHeight,
  keyOf,
  row,
  head,
  label,
  onSeen,
  onEnd,
}: {
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly keyOf: (item: T, index: number) => string;
  readonly row: (item: T, index: number) => ReactNode;
  readonly head: ReactNode;
  readonly label: string;
  readonly onSeen?: (items: readonly T[], first: number) => void;
  readonly onEnd?: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [{ top, height }, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const look = () => setView({ top: current.scrollTop, height: current.clientHeight });
    const sized = new ResizeObserver(look);
    sized.observe(current);
    current.addEventListener('scroll', look, { passive: true });
    return () => {
      sized.disconnect();
      current.removeEventListener('scroll', look);
    };
  }, []);
  const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
  const end = Math.min(items.length, Math.ceil((top + height) / rowHeight) + AROUND);
  const seen = items.slice(first, end);
  const seenKey = seen.map((item, i) => keyOf(item, first + i)).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: told by what is seen, not by its identity
  useEffect(() => onSeen?.(seen, first), [seenKey]);
  const isAtEnd = end === items.length && items.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each end
  useEffect(() => {
    if (isAtEnd) onEnd?.();
  }, [isAtEnd, items.length]);
  return (
    <div
      ref={box}
      className="list"
      role="table"
      aria-label={label}
      aria-rowcount={items.length + 1}
      tabIndex={0}
    >
      <div className="list-head" role="rowgroup">
        {head}
      </div>
      <div role="rowgroup" className="list-body" style={{ height: items.length * rowHeight }}>
        {seen.map((item, i) => (
          <div
            key={keyOf(item, first + i)}
            role="row"
            aria-rowindex={first + i + 2}
            className="list-row"
            style={{ transform: `translateY(${(first + i) * rowHeight}px)`, height: rowHeight }}
          >
            {row(item, first + i)}
          </div>
        ))}
      </div>
    </div>
  );
}
