import { useEffect, useId, useRef, useState } from 'react';
import type { TagValue } from '#contract/client.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { isDrawn } from '../../parts/trend/curve.ts';
import { unitText } from '../../parts/unit.ts';
import { useFound } from '../tags/found.ts';

const SHOWN = 100;

/** Finds tags among all of the site, by their path or what they are described as, and adds them one after the other. */
export function Picker({
  taken,
  isFull,
  onPick,
}: {
  readonly taken: ReadonlySet<string>;
  /** No more can be told apart. */
  readonly isFull: boolean;
  readonly onPick: (tag: TagValue) => void;
}) {
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = (event: Event) => {
      if (!event.composedPath().includes(box.current as EventTarget)) setOpen(false);
    };
    addEventListener('pointerdown', elsewhere);
    return () => removeEventListener('pointerdown', elsewhere);
  }, [isOpen]);
  const id = useId();
  return (
    <div ref={box} className="picker">
      <input
        type="search"
        className="ix-form-control"
        placeholder={isFull ? 'No more lines fit' : 'Add a tag …'}
        aria-label="Add a tag"
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-autocomplete="list"
        disabled={isFull}
        value={text}
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setOpen(false);
          if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
          event.preventDefault();
          box.current?.querySelector<HTMLElement>('[role="option"]')?.focus();
        }}
      />
      {isOpen && !isFull && (
        <List
          id={id}
          text={text}
          taken={taken}
          onPick={onPick}
          onLeave={() => {
            box.current?.querySelector('input')?.focus();
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}

function List({
  id,
  text,
  taken,
  onPick,
  onLeave,
}: {
  readonly id: string;
  readonly text: string;
  readonly taken: ReadonlySet<string>;
  readonly onPick: (tag: TagValue) => void;
  readonly onLeave: () => void;
}) {
  const { tags, isAsking, error, hasMore } = useFound('', text);
  const drawn = tags.filter(isDrawn);
  const keys = (event: React.KeyboardEvent<HTMLElement>) => {
    const at = event.target as HTMLElement;
    const next = { ArrowDown: at.nextElementSibling, ArrowUp: at.previousElementSibling }[event.key];
    if (next instanceof HTMLElement) next.focus();
    else if (event.key === 'Escape' || event.key === 'ArrowUp') onLeave();
    else return;
    event.preventDefault();
  };
  return (
    <div className="picker-list">
      {error && <Refusal error={error} />}
      {drawn.length === 0 && !error && (
        <p className="quiet">{isAsking ? 'Asking …' : 'No tag has this in its path or its description.'}</p>
      )}
      <div id={id} role="listbox" aria-label="Tags that fit" onKeyDown={keys}>
        {drawn.slice(0, SHOWN).map((tag) => (
          <button
            key={tag.path}
            type="button"
            role="option"
            aria-selected={taken.has(tag.path)}
            onClick={() => onPick(tag)}
          >
            <span>{tag.path}</span>
            <span className="quiet">
              {tag.type === 'number' || tag.type === 'int64' ? unitText(tag.unit) : tag.type}
              {taken.has(tag.path) && ' ✓'}
            </span>
          </button>
        ))}
      </div>
      {(hasMore || drawn.length > SHOWN) && <p className="quiet">There are more: type more of it.</p>}
    </div>
  );
}
