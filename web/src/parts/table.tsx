import { type ReactNode, useEffect, useRef } from 'react';

export interface TableProps {
  /** What it is a table of, for who does not see it. */
  readonly label: string;
  readonly className?: string;
  /** Head and body, with one row of heads. */
  readonly children: ReactNode;
}

/**
 * A table that keeps to its place: too wide, it scrolls by itself, and on a phone each row is a card whose cells say what
 * column they are of.
 */
export function Table({ label, className = '', children }: TableProps) {
  const table = useRef<HTMLTableElement>(null);
  useEffect(() => {
    const { current } = table;
    if (!current) return;
    nameCells(current);
    const watcher = new MutationObserver(() => nameCells(current));
    watcher.observe(current, { childList: true, subtree: true });
    return () => watcher.disconnect();
  }, []);
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table ref={table} className={`table table-cards ${className}`}>
        {children}
      </table>
    </div>
  );
}

/** Styles alone cannot reach the head of a cell's column. */
function nameCells(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) =>
    head.querySelector('.unseen') ? '' : (head.textContent ?? ''),
  );
  for (const row of [...table.tBodies].flatMap((body) => [...body.rows]))
    for (const cell of row.cells)
      if (cell.tagName === 'TD' && cell.colSpan === 1) cell.dataset.column = heads[cell.cellIndex] ?? '';
}
